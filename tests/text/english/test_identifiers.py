"""Telephones, cards, codes and addresses, sign by sign."""

import pytest

from onset.text.normalize import clean

READ = [
    ("(555)555-5555", "five five five, five five five, five five five five"),
    ("415-555-2671 x12", "four one five, five five five, two six seven one, extension one two"),
    ("020 7946 0958", "zero two zero, seven nine four six, zero nine five eight"),
    ("111-11-1111", "one one one, one one, one one one one"),
    ("30-60-90", "thirty-sixty-ninety"),
    ("localhost:3000/a", "localhost colon three thousand slash a"),
    ("your PIN is 4821", "your PIN is four eight two one"),
    ("code 200", "code two hundred"),
    ("10.0.0.0/24", "ten dot zero dot zero dot zero slash twenty-four"),
    ("~/a/b and and/or", "tilde slash a slash b and and/or"),
]


@pytest.mark.parametrize(("raw", "spoken"), READ)
def test_identifiers_are_said_as_a_reader_says_them(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken
