"""Two arms that said the same texts: by what factor they differ, and how sure that is.

The pairs are resampled as they came about: texts first, then the repeats of each text (a
hierarchical bootstrap, 10,000 times, seeded). The interval is that of the middle 95 % of the
resamples. Whether there is a difference at all is asked a second way, by Wilcoxon's signed ranks
against random signs, which needs no distribution; over many cells Benjamini and Hochberg's
procedure keeps the share of false findings at 5 %.
Knows nothing of what was measured, or which arm is whose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.stats.quantiles import ranked

RESAMPLES = 10_000
FLIPS = 10_000
LEAST_TEXTS = 6
"""Below this no 95 % interval of a median exists, so none is given."""

LEAST_FOR_TAIL = 72
"""Below this no 95 % interval of a 95th percentile exists."""

TAIL = 0.95

_BATCH = 500

Array = npt.NDArray[np.float64]
Pair = tuple[float | None, float | None]
"""What A and B measured of one text at one time, both above zero; None failed."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """B over A, with its 95 % interval; None is not known."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return self.low is not None and self.high is not None


@dataclass(frozen=True, slots=True)
class Effect:
    """B over A. median: of the ratios of the pairs; tail: 95th percentile of B over that of A.

    p: of the signed ranks. lost: pairs of which both failed; a_failed, b_failed: one of them.
    """

    texts: int
    pairs: int
    lost: int
    a_failed: int
    b_failed: int
    median: Ratio
    tail: Ratio
    p: float | None


def effect(texts: Sequence[Sequence[Pair]], seed: int = 1) -> Effect:
    """Compare the arms over texts, each a sequence of repeats.

    A failure is infinitely large, so it counts against its arm; a pair that both failed says
    nothing and is only counted.
    """
    told = [[pair for pair in pairs if pair != (None, None)] for pairs in texts]
    told = [pairs for pairs in told if pairs]
    flat = [pair for pairs in told for pair in pairs]
    enough = len(told) >= LEAST_TEXTS
    median, tail = _ratios(told, seed) if told else (Ratio(), Ratio())
    return Effect(
        texts=len(told),
        pairs=len(flat),
        lost=sum(map(len, texts)) - len(flat),
        a_failed=sum(a is None for a, _ in flat),
        b_failed=sum(b is None for _, b in flat),
        median=median if enough else Ratio(median.value),
        tail=tail if len(flat) >= LEAST_FOR_TAIL else Ratio(),
        p=signed_ranks([_middle(_logs(pairs)) for pairs in told], seed) if enough else None,
    )


def signed_ranks(differences: Sequence[float], seed: int = 1) -> float | None:
    """Two-sided p of Wilcoxon's signed ranks under FLIPS random choices of the signs.

    None when every difference is zero or there is none.
    """
    kept = np.array([d for d in differences if d != 0 and not np.isnan(d)], np.float64)
    if not kept.size:
        return None
    ranks = ranked(np.abs(kept))
    observed = abs(float((np.sign(kept) * ranks).sum()))
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (FLIPS, kept.size))
    extreme = int((np.abs(signs @ ranks) >= observed - 1e-9).sum())
    return (1 + extreme) / (1 + FLIPS)


def adjusted(values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Benjamini and Hochberg's q of each p: the findings with q <= 0.05 are 5 % false at most."""
    given = sorted((p, key) for key, p in values.items() if p is not None)
    found: dict[str, float | None] = dict.fromkeys(values)
    least = 1.0
    for rank in range(len(given), 0, -1):
        p, key = given[rank - 1]
        least = min(least, p * len(given) / rank)
        found[key] = least
    return found


def _ratios(texts: Sequence[Sequence[Pair]], seed: int) -> tuple[Ratio, Ratio]:
    a, b, counts = _arrays(texts)
    present = np.arange(a.shape[1]) < counts[:, None]
    whole = _statistics(a[present][None], b[present][None])
    medians, tails = [], []
    random = np.random.default_rng(seed)
    for _ in range(0, RESAMPLES, _BATCH):
        text = random.integers(0, len(texts), (_BATCH, len(texts)))
        draw = random.random((_BATCH, *a.shape))
        repeat = (draw * counts[text][:, :, None]).astype(np.intp)
        picked = a[text[:, :, None], repeat], b[text[:, :, None], repeat]
        median, tail = _statistics(*(array.reshape(_BATCH, -1) for array in picked))
        medians.append(median)
        tails.append(tail)
    return (
        _ratio(float(whole[0][0]), np.concatenate(medians)),
        _ratio(float(whole[1][0]), np.concatenate(tails)),
    )


def _statistics(a: Array, b: Array) -> tuple[Array, Array]:
    """Logarithms [n, m] of both arms -> median difference [n], difference of the tails [n]."""
    with np.errstate(invalid="ignore"):
        middle = _middles(b - a)
        rank = max(0, int(np.ceil(TAIL * a.shape[1])) - 1)
        ends = [np.partition(array, rank, axis=1)[:, rank] for array in (a, b)]
        return middle, ends[1] - ends[0]


def _middles(values: Array) -> Array:
    count = values.shape[1]
    ordered = np.sort(values, axis=1)
    middles: Array = (ordered[:, (count - 1) // 2] + ordered[:, count // 2]) / 2
    return middles


def _middle(values: Array) -> float:
    with np.errstate(invalid="ignore"):
        return float(_middles(values[None])[0])


def _ratio(value: float, resampled: Array) -> Ratio:
    ordered = np.sort(resampled)  # not-a-number, from two infinities, sorts last
    low, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.025, 0.975))
    return Ratio(*(_factor(float(log)) for log in (value, low, high)))


def _factor(log: float) -> float | None:
    return float(np.exp(log)) if np.isfinite(log) else None


def _arrays(texts: Sequence[Sequence[Pair]]) -> tuple[Array, Array, npt.NDArray[np.intp]]:
    counts = np.array([len(pairs) for pairs in texts], np.intp)
    a = np.zeros((len(texts), int(counts.max())))
    b = np.zeros_like(a)
    for row, pairs in enumerate(texts):
        a[row, : len(pairs)] = [_log(first) for first, _ in pairs]
        b[row, : len(pairs)] = [_log(second) for _, second in pairs]
    return a, b, counts


def _logs(pairs: Sequence[Pair]) -> Array:
    return np.array([_log(b) - _log(a) for a, b in pairs])


def _log(value: float | None) -> float:
    return np.inf if value is None else float(np.log(value))
