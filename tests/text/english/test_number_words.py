"""Numbers in the words of quantities, years, houses and parts."""

import pytest

from onset.text.english.number_words import decimal, digits, fraction, mixed, pairs, whole, year


@pytest.mark.parametrize(
    ("written", "said"),
    [("405", "four oh five"), ("1211", "twelve eleven"), ("1600", "sixteen hundred"),
     ("2000", "two thousand"), ("500", "five hundred"), ("45", "forty-five"),
     ("12345", "one two three four five")],
)  # fmt: skip
def test_a_house_is_said_in_pairs(written: str, said: str) -> None:
    assert pairs(written) == said


def test_a_long_number_and_one_with_zeros_are_said_digit_by_digit() -> None:
    assert whole("007") == "zero zero seven"
    assert whole("1" * 16) == digits("1" * 16)
    assert decimal("1,000.05") == "one thousand point zero five"


def test_a_year_of_three_digits_is_said_in_two_parts() -> None:
    assert (year(340), year(1905)) == ("three forty", "nineteen oh five")


def test_what_is_no_part_is_said_with_over() -> None:
    assert fraction(3, 4) == "three quarters"
    assert fraction(120, 80) == "one hundred twenty over eighty"
    assert fraction(5, 0) == "five over zero"
    assert mixed(1, 1, 8) == "one and an eighth"
