"""Figures as people read them: a dash is never a zero."""

import pytest

from onset.bench.report.formatting import p_value, percent, range_of, shown, three_digits


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "-"), (0.0, "0"), (0.62, "0.620"), (4.0, "4.00"), (213.4, "213"), (11507.0, "11,507")],
)
def test_figures_have_three_digits(value: float | None, told: str) -> None:
    assert three_digits(value) == told


def test_what_is_not_known_is_a_dash() -> None:
    assert [shown(None), percent(None), p_value(None), range_of(1.0, None)] == ["-"] * 4


def test_no_probability_is_shown_as_zero() -> None:
    assert (p_value(1e-9), p_value(0.0312)) == ("< 0.001", "0.031")
