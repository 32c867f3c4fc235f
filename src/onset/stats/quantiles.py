"""Quantiles over all attempts, failures included, and none that the sample is too small for.

A failed request counts as infinitely late, so it moves the quantiles instead of vanishing.
"""

import math
from collections.abc import Sequence

TAIL = 0.9
"""Shares from here on are tails, which take 1 / (1 - share) values: 10, 20 and 100."""


def quantile(values: Sequence[float | None], share: float) -> float | None:
    """Nearest-rank quantile over all attempts; None (a failure) sorts last.

    None when there are no values, when the rank falls on a failure, or when the values are too
    few to give a tail.
    """
    if not values or (share >= TAIL and len(values) < round(1 / (1 - share))):
        return None
    value = ordered(values)[nearest_rank(len(values), share)]
    return None if math.isinf(value) else value


def median(values: Sequence[float | None]) -> float | None:
    """Middle of all attempts, the mean of the two middle ones when even; failures sort last."""
    if not values:
        return None
    ranked = ordered(values)
    middle = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
    return None if math.isinf(middle) else middle


def nearest_rank(n: int, share: float) -> int:
    """Index, from 0, of the quantile among n ordered values."""
    return max(0, math.ceil(share * n) - 1)


def ordered(values: Sequence[float | None]) -> list[float]:
    """The values from the smallest to the largest, each failure as infinity."""
    return sorted(math.inf if value is None else value for value in values)
