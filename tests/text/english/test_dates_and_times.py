"""Dates, weekdays, years, times and durations, and words that look like them."""

import pytest

from onset.text.normalize import clean

READ = [
    ("Jan. 15, 2020", "January fifteenth, twenty twenty"),
    ("sep 11", "September eleventh"),
    ("17 may 2010", "the seventeenth of May twenty ten"),
    ("you may 5 times", "you may five times"),
    ("they march 5 miles", "they march five miles"),
    ("May 1, 1935: it", "May first, nineteen thirty-five: it"),
    ("Jan 3-5", "January third to fifth"),
    ("Jan-Mar", "January to March"),
    ("2012.01.05", "January fifth, twenty twelve"),
    ("2024-05 and 2012-13", "May twenty twenty-four and twenty twelve to twenty thirteen"),
    ("2004/05", "two thousand four, five"),
    ("206/17", "two hundred six over seventeen"),
    ("(1988) and 1500", "(nineteen eighty-eight) and one thousand five hundred"),
    ("1960s-80s", "nineteen sixties to eighties"),
    ("340 A.D. was", "three forty AD was"),
    ("2Q22", "the second quarter of twenty-two"),
    ("Mon-Fri and Sun., Feb. 3", "Monday to Friday and Sunday, February third"),
    ("The cat sat. Sun shone.", "The cat sat. Sun shone."),
    ("at 2.30 a.m.", "at two thirty A.M."),
    ("9am-noon", "nine A.M. to noon"),
    ("10:00:01", "ten hours zero minutes one second"),
    ("3h 20m", "three hours twenty minutes"),
]


@pytest.mark.parametrize(("raw", "spoken"), READ)
def test_dates_and_times_are_said_as_a_reader_says_them(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken
