"""Order statistics that count failures and admit when they know too little."""

import numpy as np
import pytest

from onset.stats.quantiles import interval, median, needed, quantile, ranked

TWENTY = [float(value) for value in range(1, 21)]
SEVENTY_TWO = [float(value) for value in range(1, 73)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0, 1.0, 2.0], 2.0), ([1.0, 2.0, 3.0, 4.0], 2.5), ([], None), ([5.0], 5.0)],
)
def test_median_of_numbers(values: list[float | None], expected: float | None) -> None:
    assert median(values) == expected


def test_failures_are_infinitely_late() -> None:
    assert median([1.0, 2.0, None]) == 2.0
    assert median([1.0, None, None]) is None
    assert quantile([*TWENTY[:18], None, None], 0.95) is None


def test_p95_of_twenty_is_not_their_maximum() -> None:
    assert quantile(TWENTY, 0.95) == 19.0
    assert quantile(TWENTY, 0.5) == 10.0


def test_a_tail_is_not_given_when_n_is_too_small() -> None:
    assert quantile(TWENTY[:19], 0.95) is None
    assert quantile(TWENTY[:9], 0.9) is None
    assert quantile(SEVENTY_TWO, 0.99) is None
    assert quantile([1.0] * 100, 0.99) == 1.0


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
    assert needed(share) == n
    values = [float(value) for value in range(n)]
    assert interval(values, share) is not None
    assert interval(values[1:], share) is None


def test_equal_values_share_their_ranks() -> None:
    assert ranked(np.array([3.0, 1.0, 3.0, 9.0])).tolist() == [2.5, 1.0, 2.5, 4.0]
