"""Roman numerals in their context, and letters that are none."""

import pytest

from onset.text.normalize import clean

READ = [
    ("Henry VIII's wives", "Henry the eighth's wives"),
    ("Rocky III", "Rocky three"),
    ("World War I began", "World War one began"),
    ("Mary I think", "Mary I think"),
    ("Malcolm X", "Malcolm X"),
    ("an IV drip", "an IV drip"),
    ("the CD, MIX and DIV", "the CD, MIX and DIV"),
    ("the XIX century", "the nineteenth century"),
    ("Chapters II-IV", "Chapters two to four"),
    ("since MCMXCIV", "since one thousand nine hundred ninety-four"),
]


@pytest.mark.parametrize(("raw", "spoken"), READ)
def test_roman_numerals_are_said_as_a_reader_says_them(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken
