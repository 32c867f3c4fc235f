"""Order statistics that do not claim more than the sample can carry.

A failed request counts as infinitely late, so it moves the quantiles instead of vanishing.
Knows nothing of what the numbers measure.
"""

import math
from collections.abc import Sequence

MINIMUM_FOR_P95 = 20
"""Below this the 95th percentile is the maximum under another name, so it is not given."""

CONFIDENCE = 0.95


def quantile(values: Sequence[float | None], share: float) -> float | None:
    """Nearest-rank quantile over all attempts; None (a failure) sorts last.

    None when there are no values, when the rank falls on a failure, or when fewer than
    MINIMUM_FOR_P95 values would have to give a tail (share >= 0.95).
    """
    if not values or (share >= 0.95 and len(values) < MINIMUM_FOR_P95):
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
    below = [_binomial_cdf(rank, n, share) for rank in range(n)]
    lower = sum(probability <= tail for probability in below)
    upper = sum(probability < 1 - tail for probability in below) + 1
    if lower < 1 or upper > n:
        return None
    ordered = _ordered(values)
    low, high = ordered[lower - 1], ordered[upper - 1]
    return None if math.isinf(high) else (low, high)


def _ordered(values: Sequence[float | None]) -> list[float]:
    return sorted(math.inf if value is None else value for value in values)


def _binomial_cdf(most: int, n: int, share: float) -> float:
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(most + 1))
