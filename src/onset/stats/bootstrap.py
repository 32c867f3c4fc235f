"""By how much two arms differ that were given the same texts, and how sure that is.

Two questions, two resamplings, both 10,000 times with a seed and with percentile intervals (95 %):
- `effect`: by what factor? Texts are drawn first, then the repeats of each drawn text (a
  hierarchical bootstrap), as the pairs came about. Whether there is a difference at all is asked
  a second way, by Wilcoxon's signed-rank test.
- `paired_difference`: by how much do two weighted means differ? Single utterances are drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import scipy

from onset.stats.quantiles import nearest_rank

RESAMPLES = 10_000
CONFIDENCE = 0.95

LEAST_TEXTS = 6
"""Below this no 95 % interval of a median exists, so none is given."""

LEAST_FOR_TAIL = 72
"""Below this no 95 % interval of a 95th percentile exists."""

TAIL = 0.95

_BATCH = 500

Key = TypeVar("Key")
Array = npt.NDArray[np.float64]
Pair = tuple[float | None, float | None]
"""Figures of A and B for one text at one time, both above zero; None: the arm failed."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """B over A, with its 95 % interval; None: not known."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """B over A. median: of the ratios of the pairs; tail: 95th percentile of B over that of A.

    p: of the signed ranks. lost: pairs in which both failed; a_failed, b_failed: one of them.
    """

    texts: int
    pairs: int
    lost: int
    a_failed: int
    b_failed: int
    median: Ratio
    tail: Ratio
    p: float | None


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Two weighted means over the same n utterances, their difference and its 95 % interval."""

    n: int
    first: float
    second: float
    difference: float
    low: float
    high: float

    def swapped(self) -> "PairedDifference":
        """The same with first and second exchanged."""
        change, low, high = -self.difference, -self.high, -self.low
        return PairedDifference(self.n, self.second, self.first, change, low, high)


def effect(texts: Sequence[Sequence[Pair]], seed: int = 1) -> Effect:
    """Compare the arms over texts, each a sequence of repeats.

    A failure is infinitely large, so it counts against its arm; a pair that both failed says
    nothing and is only counted.
    """
    usable = [[pair for pair in pairs if pair != (None, None)] for pairs in texts]
    usable = [pairs for pairs in usable if pairs]
    flat = [pair for pairs in usable for pair in pairs]
    enough = len(usable) >= LEAST_TEXTS
    median, tail = _ratios(usable, seed) if usable else (Ratio(), Ratio())
    return Effect(
        texts=len(usable),
        pairs=len(flat),
        lost=sum(map(len, texts)) - len(flat),
        a_failed=sum(a is None for a, _ in flat),
        b_failed=sum(b is None for _, b in flat),
        median=median if enough else Ratio(median.value),
        tail=tail if len(flat) >= LEAST_FOR_TAIL else Ratio(),
        p=signed_rank_p([_median_log(pairs) for pairs in usable]) if enough else None,
    )


def signed_rank_p(differences: Sequence[float]) -> float | None:
    """Two-sided p of Wilcoxon's signed-rank test; None when no difference is other than zero.

    Exact up to 50 differences without ties, else by the normal distribution.
    """
    nonzero = [d for d in differences if d != 0 and not np.isnan(d)]
    return float(scipy.stats.wilcoxon(nonzero).pvalue) if nonzero else None


def adjusted(p_values: Mapping[Key, float | None]) -> dict[Key, float | None]:
    """Benjamini and Hochberg's q of each p: of the findings with q <= 0.05 at most 5 % are false.

    None stays None.
    """
    known = {key: p for key, p in p_values.items() if p is not None}
    qs = scipy.stats.false_discovery_control(list(known.values())) if known else []
    return dict.fromkeys(p_values) | dict(zip(known, map(float, qs), strict=True))


def paired_difference(
    first: Sequence[float], second: Sequence[float], weights: Sequence[float], seed: int = 0
) -> PairedDifference | None:
    """sum(first) / sum(weights) less the same of second; None without utterances.

    The utterances stay paired when they are drawn: one that is hard for both widens nothing
    (Bisani and Ney 2004, for word error rates).
    """
    if not first:
        return None
    rows = np.array([first, second, weights], float)
    one, two = map(float, rows[:2].sum(1) / rows[2].sum())
    draws = np.random.default_rng(seed).integers(0, len(first), (RESAMPLES, len(first)))
    sums = [row[draws].sum(1) for row in rows]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile((sums[0] - sums[1]) / sums[2], (tail, 1 - tail))
    return PairedDifference(len(first), one, two, one - two, float(low), float(high))


def _ratios(texts: Sequence[Sequence[Pair]], seed: int) -> tuple[Ratio, Ratio]:
    a, b, counts = _arrays(texts)
    present = np.arange(a.shape[1]) < counts[:, None]
    whole = _statistics(a[present][None], b[present][None])
    resampled = []
    random = np.random.default_rng(seed)
    for _ in range(0, RESAMPLES, _BATCH):
        text = random.integers(0, len(texts), (_BATCH, len(texts)))
        draw = random.random((_BATCH, *a.shape))
        repeat = (draw * counts[text][:, :, None]).astype(np.intp)
        picked = a[text[:, :, None], repeat], b[text[:, :, None], repeat]
        resampled.append(_statistics(*(array.reshape(_BATCH, -1) for array in picked)))
    median, tail = (
        _ratio(float(value[0]), np.concatenate(batches))
        for value, *batches in zip(whole, *resampled, strict=True)
    )
    return median, tail


def _statistics(a: Array, b: Array) -> tuple[Array, Array]:
    """Logarithms [n, m] of both arms -> median difference [n], difference of the tails [n]."""
    with np.errstate(invalid="ignore"):
        rank = nearest_rank(a.shape[1], TAIL)
        ends = [np.partition(array, rank, axis=1)[:, rank] for array in (a, b)]
        return np.median(b - a, axis=1), ends[1] - ends[0]


def _ratio(value: float, resampled: Array) -> Ratio:
    ordered = np.sort(resampled)  # not-a-number, from two infinities, sorts last
    low, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.025, 0.975))
    logs = (value, low, high)
    return Ratio(*(float(np.exp(log)) if np.isfinite(log) else None for log in logs))


def _arrays(texts: Sequence[Sequence[Pair]]) -> tuple[Array, Array, npt.NDArray[np.intp]]:
    """Logarithms of A and of B [texts, most repeats], and how many repeats each text has."""
    counts = np.array([len(pairs) for pairs in texts], np.intp)
    logs = np.zeros((2, len(texts), int(counts.max())))
    for row, pairs in enumerate(texts):
        logs[:, row, : len(pairs)] = _logs(pairs)
    return logs[0], logs[1], counts


def _logs(pairs: Sequence[Pair]) -> Array:
    """[2, n]; a failure is infinitely large."""
    return np.log([[np.inf if v is None else v for v in pair] for pair in pairs]).T


def _median_log(pairs: Sequence[Pair]) -> float:
    a, b = _logs(pairs)
    with np.errstate(invalid="ignore"):
        return float(np.median(b - a))
