"""A paired difference with its interval, by drawing utterances again.

Knows nothing of what is compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 10_000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Two weighted means over the same n utterances, theirs apart, and the 95 % interval of it."""

    n: int
    first: float
    second: float
    difference: float
    low: float
    high: float


def difference(
    first: Sequence[float], second: Sequence[float], weights: Sequence[float], seed: int = 0
) -> PairedDifference | None:
    """sum(first) / sum(weights) less the same of second; None without utterances.

    The interval is the percentile bootstrap over utterances, which stay paired: an utterance that
    is hard for both widens neither (Bisani and Ney 2004, for word error rates).
    """
    if not first:
        return None
    rows = np.array([first, second, weights], float)
    means = rows[:2].sum(1) / rows[2].sum()
    random = np.random.default_rng(seed)
    drawn = [_drawn(rows, random) for _ in range(DRAWS)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    one, two = map(float, means)
    return PairedDifference(len(first), one, two, one - two, float(low), float(high))


def _drawn(
    rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]], random: np.random.Generator
) -> float:
    sums = rows[:, random.integers(0, rows.shape[1], rows.shape[1])].sum(1)
    return float((sums[0] - sums[1]) / sums[2])
