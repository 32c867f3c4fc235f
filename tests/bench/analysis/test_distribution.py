"""Distributions count what is missing, keep outliers, and know which end is bad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.bench.analysis.distribution import spread
from onset.bench.analysis.metrics import Unit


def test_seconds_are_reported_in_milliseconds() -> None:
    found = spread([0.1, 0.2, 0.3])
    assert (found.unit, found.p50, found.least, found.most) == ("ms", 200.0, 100.0, 300.0)
    assert spread([0.5], Unit.RATIO).p50 == 0.5


def test_a_missing_value_is_the_worst() -> None:
    late = spread([0.1, 0.2, None])
    assert (late.n, late.missing, late.p50) == (3, 1, 200.0)
    assert spread([0.1, None, None]).p50 is None
    assert spread([0.9, 0.8, None], Unit.RATIO, more_is_better=True).p50 == 0.8
    assert spread([0.9, None, None], Unit.RATIO, more_is_better=True).p50 is None


def test_the_tail_of_what_is_better_high_is_low() -> None:
    values = [value / 100 for value in range(1, 101)]
    assert spread(values, Unit.RATIO).p95 == 0.95
    assert spread(values, Unit.RATIO, more_is_better=True).p95 == pytest.approx(0.06)


def test_nothing_is_nothing_and_not_zero() -> None:
    found = spread([None, None])
    assert (found.n, found.missing) == (2, 2)
    assert found.p50 is found.mean is found.mad is found.least is found.most is None


def test_outliers_are_labelled_and_kept() -> None:
    values = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 2.5, 9.0]
    found = spread(values, Unit.RATIO, ids=range(100, 110))
    assert (found.mild, found.severe, found.most) == (1, (109,), 9.0)


def test_intervals_need_enough() -> None:
    assert spread([0.1] * 5).p50_interval is None
    assert spread([0.1] * 6).p50_interval == (100.0, 100.0)
    assert spread([0.1] * 71).p95_interval is None
    assert spread([0.1] * 72).p95_interval == (100.0, 100.0)


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=150), st.booleans())
def test_quantiles_are_in_order(values: list[float | None], more: bool) -> None:
    found = spread(values, Unit.RATIO, more_is_better=more)
    told = [q for q in (found.p50, found.p90, found.p95, found.p99) if q is not None]
    assert told == sorted(told, reverse=more)
    assert found.n - found.missing == sum(value is not None for value in values)
