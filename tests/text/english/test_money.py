"""Amounts of money, in signs and codes, and a dollar sign that is none."""

import pytest

from onset.text.normalize import clean

READ = [
    ("$5.50, $.02, $1.00", "five dollars and fifty cents, two cents, one dollar"),
    ("$1.2320", "one point two three two zero dollars"),
    ("a $5bn deal, a $5", "a five billion dollar deal, a five dollars"),
    ("$5-$10, $5-10k", "five dollars to ten dollars, five to ten thousand dollars"),
    ("-$6.9 million", "minus six point nine million dollars"),
    ("CHF 50, 50 EUR", "fifty Swiss francs, fifty euros"),
    ("99¢", "ninety-nine cents"),
    ("$20/mo", "twenty dollars per month"),
    ("the $HOME of x", "the dollar HOME of x"),
    ("in 2024 $5", "in twenty twenty-four five dollars"),
]


@pytest.mark.parametrize(("raw", "spoken"), READ)
def test_money_is_said_as_a_reader_says_it(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken
