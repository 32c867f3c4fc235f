"""Exact statements by the binomial distribution: about a share of misses, and about a quantile.

"95 % under 800 ms" is a statement about all requests that could be made, of which a run makes
some. The target is
- met when, if more than 5 % missed, so few misses would come up in less than 5 % of runs;
- missed when, if no more than 5 % missed, so many would come up in less than 5 % of runs;
- undecided otherwise: that takes more requests, not another look at the same ones.
The bounds of a share are those of Clopper and Pearson, one-sided at 95 % each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import scipy

from onset.stats.quantiles import ordered

ALPHA = 0.05
"""How often a decision may be wrong, each way."""

CONFIDENCE = 0.95
"""Of a quantile's interval, two-sided."""

MOST_NEEDED = 20_000
"""Requests after which no more are asked for: the share is too near to what is allowed."""


class Decision(StrEnum):
    """What the misses say about a target for their share."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class MissShare:
    """The share of misses in n attempts, with one-sided 95 % bounds on each side.

    decision: against the share allowed. more: fewest attempts that are still needed, if none of
    them misses; None when decided, or when more than MOST_NEEDED would not be enough.
    """

    low: float
    high: float
    decision: Decision
    more: int | None = None


def judge(misses: int, n: int, allowed: float) -> MissShare:
    """Whether at most the share `allowed` (0 < allowed < 1) misses, by `misses` of n attempts.

    Raises ValueError for impossible counts.
    """
    if not 0 <= misses <= n or not 0 < allowed < 1:
        raise ValueError(f"{misses} of {n} attempts cannot have missed {allowed:g}")
    decision = Decision.UNDECIDED
    if scipy.stats.binom.cdf(misses, n, allowed) < ALPHA:
        decision = Decision.MET
    elif scipy.stats.binom.sf(misses - 1, n, allowed) < ALPHA:
        decision = Decision.MISSED
    low, high = bounds(misses, n)
    more = attempts_needed(misses, allowed, n) if decision is Decision.UNDECIDED else None
    return MissShare(low, high, decision, more)


def attempts_needed(misses: int, allowed: float, n: int = 0) -> int | None:
    """Attempts beyond n after which the target is met, if no further one misses.

    From nothing (n = 0), for 5 % allowed: 59 with no miss, 93 with one, 124 with two. None when
    that is beyond MOST_NEEDED.
    """
    totals = np.arange(max(n, misses), MOST_NEEDED + 1)
    enough = totals[scipy.stats.binom.cdf(misses, totals, allowed) < ALPHA]
    return int(enough[0]) - n if enough.size else None


def bounds(misses: int, n: int) -> tuple[float, float]:
    """One-sided 95 % bounds of the share, (0, 1) when there is no attempt."""
    if n == 0:
        return 0.0, 1.0
    low, high = scipy.stats.binomtest(misses, n).proportion_ci(1 - 2 * ALPHA, method="exact")
    return float(low), float(high)


def interval(values: Sequence[float | None], share: float) -> tuple[float, float] | None:
    """Two-sided 95 % confidence interval of a quantile from order statistics.

    None when the sample is too small to have one (n < 6 for the median, n < 72 for the 95th
    percentile) or an end falls on a failure.
    """
    n = len(values)
    # How many values lie below the quantile, 95 % of the time.
    low, high = scipy.stats.binom.interval(CONFIDENCE, n, share)
    if n == 0 or low < 1 or high >= n:
        return None
    ranked = ordered(values)
    least, most = ranked[int(low) - 1], ranked[int(high)]
    return None if math.isinf(most) else (least, most)


@cache
def values_needed(share: float) -> int:
    """Fewest values whose quantile has an interval: 6 for 0.5, 72 for 0.95, 368 for 0.99."""
    # The least value must be below the quantile, and the greatest above it, often enough.
    return math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log(max(share, 1 - share)))


POWER = 0.8
"""How often a difference that is there has to be found (the custom since Cohen 1988)."""


def share_interval(successes: int, n: int) -> tuple[float, float]:
    """Two-sided 95 % interval of a share (Clopper and Pearson 1934); (0, 1) of no attempt.

    Raises ValueError for impossible counts.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} attempts cannot have succeeded")
    if n == 0:
        return 0.0, 1.0
    low, high = scipy.stats.binomtest(successes, n).proportion_ci(CONFIDENCE, method="exact")
    return float(low), float(high)


def answers_needed(share: float, chance: float = 0.5) -> int | None:
    """Answers that tell a listener who is right that often from one who guesses.

    From so many on, the lower end of `share_interval` is above `chance` in POWER of all tests. The
    power is a saw-tooth: the fewest behind its last dip. None beyond MOST_NEEDED.
    """
    n = np.arange(1, MOST_NEEDED + 1)
    most_by_chance = scipy.stats.binom.isf((1 - CONFIDENCE) / 2, n, chance)
    power = scipy.stats.binom.sf(most_by_chance, n, share)
    weak = np.flatnonzero(power < POWER)
    last = int(n[weak[-1]]) if weak.size else 0
    return None if last == MOST_NEEDED else last + 1
