"""Change points of a series of figures: since when something is slower, and by how much.

A series is cut where the ranks of its two parts differ most. The cut counts when chance makes as
large a difference in fewer than ALPHA of all orders of the values. A test of ranks assumes
nothing about the noise (Pettitt 1979), except that without a step every order is equally likely:
no outlier is dropped, and none decides. Both parts are then cut further. A step below
LEAST_EFFECT is not reported: no machine is that steady.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from onset.stats.small_samples import ranked

ALPHA = 0.001
"""False alarms: in at most this share of series without a step, one look finds one."""

LEAST_EFFECT = 0.05
"""Smallest relative change of the medians that is reported."""

LEAST_PART = 5
"""Fewest values on each side of a step: a blip of a few runs is no step."""

LONGEST = 1000
"""Of a longer series only so many values are used, the latest ones."""

_ORDERS = 10_000
_BATCH_CELLS = 200_000  # a few MB: a server looks too

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """index: of the first value after the step. before, after: medians of the parts beside it."""

    index: int
    before: float
    after: float

    @property
    def ratio(self) -> float:
        """After over before."""
        return self.after / self.before


def change_points(values: Sequence[float]) -> list[ChangePoint]:
    """The steps of a series of figures above zero, in order; of its last LONGEST values."""
    skipped = max(0, len(values) - LONGEST)
    series = np.asarray(values[skipped:], np.float64)
    cuts = sorted(_cuts(series, 0, len(series)))
    edges = [0, *cuts, len(series)]
    parts = [series[i:j] for i, j in zip(edges, edges[1:], strict=False)]
    steps = [
        ChangePoint(skipped + cut, float(np.median(left)), float(np.median(right)))
        for cut, left, right in zip(cuts, parts, parts[1:], strict=False)
    ]
    return [step for step in steps if abs(np.log(step.ratio)) >= np.log(1 + LEAST_EFFECT)]


def simulated_series(
    random: np.random.Generator,
    runs: int = 96,
    step: float = 1.0,
    at: int = 48,
    noise: float = 0.05,
    autocorrelation: float = 0.0,
) -> list[float]:
    """A history around 0.2 s that changes by the factor `step` at run `at`; 96 are eight hours.

    noise: of each run, as a share; one run in fifty is half as slow again. autocorrelation: of a
    run's noise with the next run's, as on a machine with other work.
    """
    errors = random.normal(0, noise, runs)
    for i in range(1, runs):
        errors[i] = autocorrelation * errors[i - 1] + np.sqrt(1 - autocorrelation**2) * errors[i]
    spikes = np.where(random.random(runs) < 0.02, 1.5, 1.0)
    level = np.where(np.arange(runs) < at, 0.2, 0.2 * step)
    series: list[float] = (level * spikes * np.exp(errors)).tolist()
    return series


def alarm_rate(
    make: Callable[[np.random.Generator], Sequence[float]], count: int, seed: int
) -> float:
    """Share of `count` series from `make` that have a change point."""
    random = np.random.default_rng(seed)
    return sum(bool(change_points(make(random))) for _ in range(count)) / count


def _cuts(series: Array, begin: int, end: int) -> list[int]:
    if end - begin < 2 * LEAST_PART:
        return []
    ranks, _ = ranked(series[begin:end])
    at, size = _largest(ranks[None])
    if size[0] <= critical(end - begin) * _noise_factor(ranks, int(at[0])):
        return []
    cut = begin + int(at[0])
    return [*_cuts(series, begin, cut), cut, *_cuts(series, cut, end)]


def _noise_factor(ranks: Array, cut: int) -> float:
    """By how much correlated neighbours widen the differences that chance makes; at least 1.

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
    """The difference of ranks that a share ALPHA of all orders of n different values exceeds."""
    random = np.random.default_rng(n)
    batch = max(1, _BATCH_CELLS // n)
    sizes: list[Array] = []
    for start in range(0, _ORDERS, batch):
        rows = min(batch, _ORDERS - start)
        ranks = np.tile(np.arange(1.0, n + 1), (rows, 1))
        sizes.append(_largest(random.permuted(ranks, axis=1))[1])
    return float(np.quantile(np.concatenate(sizes), 1 - ALPHA, method="higher"))


def _largest(ranks: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Ranks [m, n] -> where each row's parts differ most [m], by how many deviations [m]."""
    n = ranks.shape[1]
    first = np.arange(LEAST_PART, n - LEAST_PART + 1)
    sums = np.cumsum(ranks, axis=1)[:, first - 1]
    deviation = np.sqrt(first * (n - first) * (n + 1) / 12)
    sizes = np.abs(sums - first * (n + 1) / 2) / deviation
    best = sizes.argmax(axis=1)
    return first[best], sizes[np.arange(len(sizes)), best]
