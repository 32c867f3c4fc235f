"""What a count of misses says about the share of misses: exact, by the binomial distribution.

"95 % under 800 ms" is a statement about all requests that could be made; some were. It is
- kept when, if more than 5 % missed, so few misses would come up in less than 5 % of runs;
- broken when, if no more than 5 % missed, so many would come up in less than 5 % of runs;
- undecided otherwise, and then it takes more requests, not another look at the same ones.
The bounds are those of Clopper and Pearson, one-sided at 95 % each.
Knows nothing of what counts as a miss.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

ALPHA = 0.05
"""How often a decision may be wrong, each way."""

MOST_NEEDED = 20_000
"""Requests after which no further one is asked for: the share is too near to what is allowed."""


class Decision(StrEnum):
    """What the misses say of a promise about a share."""

    KEPT = "kept"
    BROKEN = "broken"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class MissShare:
    """The share of misses in n attempts, with one-sided 95 % bounds on each side.

    decision: against the share allowed. more: attempts still needed, at least, if none of them
    misses; None when decided, or when more than MOST_NEEDED would not be enough.
    """

    misses: int
    n: int
    low: float
    high: float
    decision: Decision
    more: int | None = None


def cumulative(n: int, share: float) -> npt.NDArray[np.float64]:
    """P(at most k misses in n), for k = 0 .. n, float64 [n + 1]; 0 < share < 1."""
    factorial = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1)))))
    k = np.arange(n + 1)
    log_ways = factorial[n] - factorial - factorial[::-1]
    terms = np.exp(log_ways + k * math.log(share) + (n - k) * math.log1p(-share))
    sums: npt.NDArray[np.float64] = np.minimum(np.cumsum(terms), 1.0)
    return sums


def judge(misses: int, n: int, allowed: float) -> MissShare:
    """Whether at most the share `allowed` (0 < allowed < 1) misses, by `misses` of n attempts.

    Raises ValueError for counts that cannot be.
    """
    if not 0 <= misses <= n or not 0 < allowed < 1:
        raise ValueError(f"{misses} of {n} attempts cannot have missed {allowed:g}")
    decision = _decide(misses, n, allowed)
    low, high = bounds(misses, n)
    more = needed(misses, allowed, n) if decision is Decision.UNDECIDED else None
    return MissShare(misses, n, low, high, decision, more)


def needed(misses: int, allowed: float, n: int = 0) -> int | None:
    """Attempts beyond n after which the promise is kept, if no further one misses.

    From nothing (n = 0), for 5 % allowed: 59 with no miss, 93 with one, 124 with two. None when
    that is beyond MOST_NEEDED.
    """
    low, high = max(n, misses), MOST_NEEDED
    if not _is_kept(misses, high, allowed):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_kept(misses, middle, allowed) else (middle + 1, high)
    return low - n


def bounds(misses: int, n: int) -> tuple[float, float]:
    """One-sided 95 % bounds of the share, (0, 1) when there is no attempt."""
    low = 0.0 if misses == 0 else _solve(lambda share: _at_least(misses, n, share) >= ALPHA)
    high = 1.0 if misses == n else _solve(lambda share: _at_most(misses, n, share) < ALPHA)
    return low, high


def _decide(misses: int, n: int, allowed: float) -> Decision:
    if _is_kept(misses, n, allowed):
        return Decision.KEPT
    broken = _at_least(misses, n, allowed) < ALPHA
    return Decision.BROKEN if broken else Decision.UNDECIDED


def _is_kept(misses: int, n: int, allowed: float) -> bool:
    return _at_most(misses, n, allowed) < ALPHA


def _at_most(misses: int, n: int, share: float) -> float:
    return float(cumulative(n, share)[misses])


def _at_least(misses: int, n: int, share: float) -> float:
    return 1.0 if misses == 0 else 1.0 - _at_most(misses - 1, n, share)


def _solve(reached: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
