"""Operators, fractions, designations and formulas, and what looks like them."""

import pytest

from onset.text.normalize import clean

READ = [
    ("x == 5 && y", "x equals five and y"),
    ("i++; j--", "i plus plus; j minus minus"),
    ("1-2=5, 1-2", "one minus two equals five, one to two"),
    ("2 1/2, 1/4TH, 2⅔", "two and a half, one quarter, two and two thirds"),
    ("3/4 time", "three four time"),
    ("1/125th, 1/125", "one hundred twenty-fifth, one over one hundred twenty-five"),
    ("31/31/100", "thirty-one slash thirty-one slash one hundred"),
    ("F-16, C-14", "F-sixteen, carbon fourteen"),
    ("NaCl, NPCs, LaTeX", "N A C L, NPCs, LaTeX"),
    (".1665", "point one six six five"),
    ("0x1F, 1e-5", "zero x one F, one times ten to the power of minus five"),
    ("x ∈ A, !true", "x in A, not true"),
    ("if !true", "if not true"),
    ("10⁻³", "ten to the power of minus three"),
    ("100s of people", "hundreds of people"),
]


@pytest.mark.parametrize(("raw", "spoken"), READ)
def test_signs_are_said_as_a_reader_says_them(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken
