"""Exact decisions about shares and intervals of quantiles, against tables and definitions."""

import math
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.stats.binomial import (
    ALPHA,
    MOST_NEEDED,
    Decision,
    answers_needed,
    attempts_needed,
    bounds,
    interval,
    judge,
    share_interval,
    values_needed,
)

ALLOWED = 0.05

TWENTY = [float(value) for value in range(1, 21)]
SEVENTY_TWO = [float(value) for value in range(1, 73)]


@pytest.mark.parametrize(("misses", "n"), [(0, 59), (1, 93), (2, 124), (5, 208)])
def test_so_many_requests_decide_about_95_percent(misses: int, n: int) -> None:
    assert attempts_needed(misses, ALLOWED) == n
    assert judge(misses, n, ALLOWED).decision is Decision.MET
    assert judge(misses, n - 1, ALLOWED).decision is Decision.UNDECIDED


def test_undecided_says_how_many_more() -> None:
    found = judge(0, 20, ALLOWED)
    assert (found.decision, found.more) == (Decision.UNDECIDED, 39)


def test_too_many_misses_miss_the_target() -> None:
    assert judge(4, 20, ALLOWED).decision is Decision.MISSED
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
    assert attempts_needed(MOST_NEEDED // 10, ALLOWED) is None


@pytest.mark.parametrize(("misses", "n"), [(1, 0), (-1, 3)])
def test_impossible_counts_are_refused(misses: int, n: int) -> None:
    with pytest.raises(ValueError, match="cannot"):
        judge(misses, n, ALLOWED)


def test_bounds_are_those_of_the_tables() -> None:
    # Clopper and Pearson 1934, 90 % two-sided: 3 of 20.
    assert bounds(3, 20) == pytest.approx((0.0422, 0.3437), abs=1e-4)
    assert bounds(0, 59)[1] == pytest.approx(1 - 0.05 ** (1 / 59))
    assert bounds(25, 500) == pytest.approx((0.0349984787, 0.0691360772))


@given(st.integers(1, 150), st.data())
def test_bounds_enclose_the_share_and_agree_with_the_decision(n: int, data: st.DataObject) -> None:
    misses = data.draw(st.integers(0, n))
    found = judge(misses, n, ALLOWED)
    assert found.low <= misses / n <= found.high
    assert (found.decision is Decision.MET) == (found.high < ALLOWED)
    assert (found.decision is Decision.MISSED) == (found.low > ALLOWED + 1e-9)


@pytest.mark.parametrize("n", [20, 59, 100])
def test_a_decision_is_wrong_in_one_run_of_twenty_at_most(n: int) -> None:
    # At exactly the allowed share every decision would be wrong: how often is there one?
    def chance(k: int) -> float:
        return math.comb(n, k) * ALLOWED**k * (1 - ALLOWED) ** (n - k)

    for decision in (Decision.MET, Decision.MISSED):
        wrong = [k for k in range(n + 1) if judge(k, n, ALLOWED).decision is decision]
        assert sum(map(chance, wrong)) <= ALPHA


def test_interval_of_the_median() -> None:
    # Tables of the sign test: n = 20 gives the 6th and 15th values, n = 6 the extremes.
    assert interval(TWENTY, 0.5) == (6.0, 15.0)
    assert interval(TWENTY[:6], 0.5) == (1.0, 6.0)
    assert interval(TWENTY[:5], 0.5) is None


def test_interval_of_p95_needs_72() -> None:
    assert interval(SEVENTY_TWO, 0.95) is not None
    assert interval(SEVENTY_TWO[:71], 0.95) is None


def test_interval_that_ends_on_a_failure() -> None:
    assert interval([*TWENTY[:5], None], 0.5) is None


@pytest.mark.parametrize(("share", "n"), [(0.5, 6), (0.95, 72), (0.99, 368), (0.999, 3688)])
def test_an_interval_needs_so_many(share: float, n: int) -> None:
    assert values_needed(share) == n
    values = [float(value) for value in range(n)]
    assert interval(values, share) is not None
    assert interval(values[1:], share) is None


def test_the_interval_of_a_share_is_that_of_the_tables() -> None:
    # Clopper and Pearson 1934, 95 % two-sided.
    assert share_interval(9, 12) == pytest.approx((0.4281, 0.9451), abs=1e-4)
    assert share_interval(10, 10) == pytest.approx((0.025 ** (1 / 10), 1.0))
    assert share_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 3)])
def test_an_impossible_share_is_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="cannot"):
        share_interval(successes, n)


@given(st.integers(0, 80), st.data())
def test_the_interval_excludes_what_would_be_as_rare(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    low, high = share_interval(successes, n)
    above = sum(math.comb(n, k) for k in range(successes, n + 1)) / 2**n
    below = sum(math.comb(n, k) for k in range(successes + 1)) / 2**n
    assert (low > 0.5) == (above < 0.025)
    assert (high < 0.5) == (below < 0.025)


@pytest.mark.parametrize(("share", "n"), [(0.6, 210), (0.75, 35), (0.9, 12)])
def test_so_many_answers_tell_a_share_from_chance(share: float, n: int) -> None:
    def power(answers: int) -> float:
        told = bisect_right(range(answers), 0.5, key=lambda k: share_interval(k, answers)[0])
        return sum(
            math.comb(answers, k) * share**k * (1 - share) ** (answers - k)
            for k in range(told, answers + 1)
        )

    assert answers_needed(share) == n
    assert power(n - 1) < 0.8 <= min(power(answers) for answers in range(n, n + 12))


def test_a_share_too_near_to_chance_needs_too_many() -> None:
    assert answers_needed(0.501) is None
