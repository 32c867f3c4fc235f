"""Order statistics that do not claim more than the sample can carry.

A failed request counts as infinitely late, so it moves the quantiles instead of vanishing.
Knows nothing of what the numbers measure.
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from onset.stats.binomial import cumulative

TAIL = 0.9
"""Shares from here on are tails, which take 1 / (1 - share) values: 10, 20 and 100."""

CONFIDENCE = 0.95


def quantile(values: Sequence[float | None], share: float) -> float | None:
    """Nearest-rank quantile over all attempts; None (a failure) sorts last.

    None when there are no values, when the rank falls on a failure, or when the values are too
    few to give a tail.
    """
    if not values or (share >= TAIL and len(values) < round(1 / (1 - share))):
        return None
    found = _ordered(values)[max(0, math.ceil(share * len(values)) - 1)]
    return None if math.isinf(found) else found


def median(values: Sequence[float | None]) -> float | None:
    """Middle of all attempts, the mean of the two middle ones when even; failures sort last."""
    if not values:
        return None
    ordered = _ordered(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return None if math.isinf(middle) else middle


def interval(values: Sequence[float | None], share: float) -> tuple[float, float] | None:
    """Two-sided 95 % confidence interval of a quantile from order statistics.

    Exact, by the binomial distribution; None when the sample is too small to have one (n < 6 for
    the median, n < 72 for the 95th percentile) or an end falls on a failure.
    """
    n, tail = len(values), (1 - CONFIDENCE) / 2
    if n < 2:
        return None
    below = cumulative(n, share)[:n]
    lower = int((below <= tail).sum())
    upper = int((below < 1 - tail).sum()) + 1
    if lower < 1 or upper > n:
        return None
    ordered = _ordered(values)
    low, high = ordered[lower - 1], ordered[upper - 1]
    return None if math.isinf(high) else (low, high)


@cache
def needed(share: float) -> int:
    """Fewest values of which the quantile has an interval: 6 for 0.5, 72 for 0.95, 368 for 0.99."""
    tail = (1 - CONFIDENCE) / 2
    # The least value must be below the quantile, and the greatest above it, often enough.
    return math.ceil(math.log(tail) / math.log(max(share, 1 - share)))


def ranked(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks from 1 of values [n] -> [n]; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: npt.NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return ranks


def _ordered(values: Sequence[float | None]) -> list[float]:
    return sorted(math.inf if value is None else value for value in values)
