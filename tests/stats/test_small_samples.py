"""Without scipy the same figures as with it."""

import math

import numpy as np
import pytest
import scipy

from onset.stats.small_samples import rank_test, share_interval


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 20), (3, 20), (95, 100), (987, 1000)])
def test_intervals_of_shares_are_those_of_clopper_and_pearson(k: int, n: int) -> None:
    expected = scipy.stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    assert share_interval(k, n) == pytest.approx(tuple(expected), abs=1e-9)


def test_no_attempts_have_no_interval_and_impossible_ones_are_refused() -> None:
    assert share_interval(0, 0) is None
    with pytest.raises(ValueError, match="3 of 2"):
        share_interval(3, 2)


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("decimals", [0, 8])
def test_ranks_are_tested_as_by_mann_and_whitney(shift: float, decimals: int) -> None:
    random = np.random.default_rng(5)
    before = random.normal(0, 1, 60).round(decimals)
    after = random.normal(shift, 1, 20).round(decimals)
    expected = scipy.stats.mannwhitneyu(before, after, method="asymptotic").pvalue
    assert rank_test(before.tolist(), after.tolist()) == pytest.approx(expected, rel=1e-6)


def test_failures_rank_last_and_equal_values_say_nothing() -> None:
    assert rank_test([1.0] * 20, [1.0] * 20) == 1.0
    assert rank_test([1.0] * 20, [math.inf] * 20) < 1e-6
