"""Exact decisions about shares, against tables and against their own definition."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.stats.binomial import ALPHA, MOST_NEEDED, Decision, bounds, cumulative, judge, needed

ALLOWED = 0.05


@pytest.mark.parametrize(("misses", "n"), [(0, 59), (1, 93), (2, 124), (5, 208)])
def test_requests_that_95_percent_takes(misses: int, n: int) -> None:
    assert needed(misses, ALLOWED) == n
    assert judge(misses, n, ALLOWED).decision is Decision.KEPT
    assert judge(misses, n - 1, ALLOWED).decision is Decision.UNDECIDED


def test_undecided_says_how_many_more() -> None:
    found = judge(0, 20, ALLOWED)
    assert (found.decision, found.more) == (Decision.UNDECIDED, 39)


def test_too_many_misses_break_it() -> None:
    assert judge(4, 20, ALLOWED).decision is Decision.BROKEN
    assert judge(20, 20, ALLOWED).more is None


def test_one_of_twenty_decides_nothing() -> None:
    # Its point estimate is exactly what is allowed: a run of twenty cannot tell.
    assert judge(1, 20, ALLOWED).decision is Decision.UNDECIDED


def test_no_attempt_decides_nothing() -> None:
    found = judge(0, 0, ALLOWED)
    assert (found.decision, found.low, found.high, found.more) == (
        Decision.UNDECIDED,
        0.0,
        1.0,
        59,
    )


def test_a_share_too_near_asks_for_no_more() -> None:
    assert needed(MOST_NEEDED // 10, ALLOWED) is None


@pytest.mark.parametrize(("misses", "n"), [(1, 0), (-1, 3)])
def test_impossible_counts_are_refused(misses: int, n: int) -> None:
    with pytest.raises(ValueError, match="cannot"):
        judge(misses, n, ALLOWED)


def test_bounds_are_those_of_the_tables() -> None:
    # Clopper and Pearson 1934, 90 % two-sided: 3 of 20.
    assert bounds(3, 20) == pytest.approx((0.0422, 0.3437), abs=1e-4)
    assert bounds(0, 59)[1] == pytest.approx(1 - 0.05 ** (1 / 59))


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_cumulative_is_the_sum_of_the_terms(n: int, share: float) -> None:
    exact = [
        sum(math.comb(n, j) * share**j * (1 - share) ** (n - j) for j in range(k + 1))
        for k in range(n + 1)
    ]
    assert cumulative(n, share) == pytest.approx(exact, abs=1e-9)


@given(st.integers(1, 150), st.data())
def test_bounds_enclose_the_share_and_agree_with_the_decision(n: int, data: st.DataObject) -> None:
    misses = data.draw(st.integers(0, n))
    found = judge(misses, n, ALLOWED)
    assert found.low <= misses / n <= found.high
    assert (found.decision is Decision.KEPT) == (found.high < ALLOWED)
    assert (found.decision is Decision.BROKEN) == (found.low > ALLOWED + 1e-9)


@pytest.mark.parametrize("n", [20, 59, 100])
def test_a_decision_is_wrong_in_one_run_of_twenty_at_most(n: int) -> None:
    # At exactly the allowed share every decision would be wrong: how often is there one?
    chance = cumulative(n, ALLOWED)
    kept = [k for k in range(n + 1) if judge(k, n, ALLOWED).decision is Decision.KEPT]
    broken = [k for k in range(n + 1) if judge(k, n, ALLOWED).decision is Decision.BROKEN]
    assert (chance[max(kept)] if kept else 0.0) <= ALPHA
    assert 1 - chance[min(broken) - 1] <= ALPHA
