"""The paired difference and its interval."""

import numpy as np

from onset.stats.paired_bootstrap import difference


def test_equal_lists_do_not_differ() -> None:
    found = difference([1, 2, 3], [1, 2, 3], [10, 10, 10])
    assert found is not None
    assert (found.difference, found.low, found.high, found.n) == (0.0, 0.0, 0.0, 3)


def test_a_ratio_of_sums_not_a_mean_of_ratios() -> None:
    found = difference([0, 10], [0, 0], [90, 10])
    assert found is not None and (found.first, found.difference) == (0.1, 0.1)


def test_the_interval_holds_the_truth_and_pairing_narrows_it() -> None:
    random = np.random.default_rng(3)
    hard = random.normal(0, 5, 400)
    first, second = hard + random.normal(0.3, 0.1, 400), hard
    found = difference(first.tolist(), second.tolist(), [1.0] * 400)
    assert found is not None
    assert found.low < 0.3 < found.high and found.high - found.low < 0.05


def test_nothing_is_not_zero() -> None:
    assert difference([], [], []) is None
