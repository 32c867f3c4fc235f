"""Statements about few values without scipy, for a server, which has no room for it.

They agree with scipy's (a test compares them): the interval of a share by Clopper and Pearson, and
the rank test of Mann and Whitney by its normal approximation, with ties.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_HALVINGS = 40
"""Bisections of a bound: 1e-12 of a share."""


@lru_cache(maxsize=64)
def share_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Two-sided interval of a share; None without attempts. Raises ValueError for bad counts."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} attempts cannot have succeeded")
    if n == 0:
        return None
    chance = (1 - confidence) / 2
    low = 0.0 if successes == 0 else _where(lambda p: 1 - _cdf(successes - 1, n, p) > chance)
    high = 1.0 if successes == n else _where(lambda p: _cdf(successes, n, p) < chance)
    return low, high


def ranked(values: Array) -> tuple[Array, npt.NDArray[np.intp]]:
    """The ranks of values [n], from 1 on, equal ones sharing theirs; how many there are of each."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks, counts


def rank_test(before: Sequence[float], after: Sequence[float]) -> float:
    """Two-sided chance of ranks as different as these if nothing changed; infinities rank last.

    The normal approximation holds from about eight values on each side on. 1 if all are equal.
    """
    m, n = len(before), len(after)
    ranks, counts = ranked(np.array([*before, *after], np.float64))
    u = float(ranks[m:].sum()) - n * (n + 1) / 2
    total = m + n
    ties = float((counts.astype(np.float64) ** 3 - counts).sum()) / (total * (total - 1))
    variance = m * n / 12 * (total + 1 - ties)
    if len(counts) < 2 or variance <= 0:
        return 1.0
    z = max(0.0, abs(u - m * n / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def _cdf(k: int, n: int, p: float) -> float:
    """Chance of at most k of n, each with chance p, 0 < p < 1."""
    counts = np.arange(k + 1)
    logs = _log_choices(n)[: k + 1] + counts * math.log(p) + (n - counts) * math.log1p(-p)
    return float(min(1.0, np.exp(logs).sum()))


@lru_cache(maxsize=4)
def _log_choices(n: int) -> Array:
    """Logarithms of n over 0, 1, ... n."""
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    logs: Array = factorials[n] - factorials - factorials[::-1]
    return logs


def _where(holds: Callable[[float], bool]) -> float:
    """The p from which on `holds` does, which rises with p."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
