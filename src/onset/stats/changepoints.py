"""Steps in a series of figures: since when something is slower, and by how much.

A series is cut where the ranks of its two parts differ most; the cut counts when chance makes as
large a difference in fewer than ALPHA of all orders of the values. The ranks make the test one
without assumptions on the noise (Pettitt 1979), except that without a step every order is
equally likely: no outlier is dropped, none decides. Both parts are then cut further. A step of
less than LEAST_EFFECT is not told: machines breathe.
Knows nothing of what the figures are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from onset.stats.quantiles import ranked

ALPHA = 0.001
"""False alarms: share of series without a step in which one look finds one, at most."""

LEAST_EFFECT = 0.05
"""Smallest relative change of the medians that is told."""

LEAST_PART = 5
"""Values on each side of a step, so that a blip of a few runs is none."""

LONGEST = 1000
"""Values looked at, the latest ones."""

_ORDERS = 10_000
_BATCH_CELLS = 2_000_000

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """index: the first value after the step. before, after: medians of the parts it joins."""

    index: int
    before: float
    after: float

    @property
    def ratio(self) -> float:
        """After over before."""
        return self.after / self.before


def steps(values: Sequence[float]) -> list[ChangePoint]:
    """The steps of a series of figures above zero, in order; of its last LONGEST values."""
    skipped = max(0, len(values) - LONGEST)
    series = np.asarray(values[skipped:], np.float64)
    cuts = sorted(_cuts(series, 0, len(series)))
    edges = [0, *cuts, len(series)]
    parts = [series[i:j] for i, j in zip(edges, edges[1:], strict=False)]
    found = [
        ChangePoint(skipped + cut, float(np.median(left)), float(np.median(right)))
        for cut, left, right in zip(cuts, parts, parts[1:], strict=False)
    ]
    return [step for step in found if abs(np.log(step.ratio)) >= np.log(1 + LEAST_EFFECT)]


def simulated(
    random: np.random.Generator,
    runs: int = 96,
    step: float = 1.0,
    at: int = 48,
    noise: float = 0.05,
    memory: float = 0.0,
) -> list[float]:
    """A history around 0.2 s that changes by the factor `step` at run `at`; 96 are eight hours.

    noise: of each run; one in fifty is half as slow again. memory: correlation of the noise with
    the next run's, as on a machine with other work.
    """
    errors = random.normal(0, noise, runs)
    for i in range(1, runs):
        errors[i] = memory * errors[i - 1] + np.sqrt(1 - memory**2) * errors[i]
    spikes = np.where(random.random(runs) < 0.02, 1.5, 1.0)
    level = np.where(np.arange(runs) < at, 0.2, 0.2 * step)
    made: list[float] = (level * spikes * np.exp(errors)).tolist()
    return made


def alarms(make: Callable[[np.random.Generator], Sequence[float]], count: int, seed: int) -> float:
    """Share of `count` series from `make` in which a step is found."""
    random = np.random.default_rng(seed)
    return sum(bool(steps(make(random))) for _ in range(count)) / count


def _cuts(series: Array, begin: int, end: int) -> list[int]:
    if end - begin < 2 * LEAST_PART:
        return []
    ranks = ranked(series[begin:end])
    at, size = _largest(ranks[None])
    if size[0] <= critical(end - begin) * _breath(ranks, int(at[0])):
        return []
    cut = begin + int(at[0])
    return [*_cuts(series, begin, cut), cut, *_cuts(series, cut, end)]


def _breath(ranks: Array, cut: int) -> float:
    """By how much neighbours that are alike widen what chance does, at least 1.

    Of ranks [n] cut at `cut`: the square root of (1 + r) / (1 - r), where r is the correlation of
    each value with the next one after the parts' means are taken out (the effective sample size
    of a first-order autoregression). A busy machine stays busy for a while.
    """
    parts = (ranks[:cut] - ranks[:cut].mean(), ranks[cut:] - ranks[cut:].mean())
    power = sum(float((part**2).sum()) for part in parts)
    common = sum(float((part[1:] * part[:-1]).sum()) for part in parts)
    r = min(max(common / power, 0.0), 0.95) if power else 0.0
    return float(np.sqrt((1 + r) / (1 - r)))


@cache
def critical(n: int) -> float:
    """Difference of ranks that ALPHA of all orders of n different values exceed."""
    random = np.random.default_rng(n)
    batch = max(1, _BATCH_CELLS // n)
    sizes: list[Array] = []
    for start in range(0, _ORDERS, batch):
        rows = min(batch, _ORDERS - start)
        ranks = np.tile(np.arange(1.0, n + 1), (rows, 1))
        sizes.append(_largest(random.permuted(ranks, axis=1))[1])
    return float(np.quantile(np.concatenate(sizes), 1 - ALPHA, method="higher"))


def _largest(ranks: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Ranks [m, n] -> where each row's parts differ most [m], in standard deviations [m]."""
    n = ranks.shape[1]
    first = np.arange(LEAST_PART, n - LEAST_PART + 1)
    sums = np.cumsum(ranks, axis=1)[:, first - 1]
    deviation = np.sqrt(first * (n - first) * (n + 1) / 12)
    sizes = np.abs(sums - first * (n + 1) / 2) / deviation
    best = sizes.argmax(axis=1)
    return first[best], sizes[np.arange(len(sizes)), best]
