"""The distribution of a figure over the attempts of a case, in the unit that reports use.

Quantiles are over all attempts; an attempt without the figure counts as the worst. Mean,
deviation and extremes are over the attempts that have it; `missing` counts the others. Outliers
are labelled by Tukey's fences and stay in every figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from onset.bench.analysis.metrics import Unit
from onset.stats.binomial import interval
from onset.stats.quantiles import median, quantile

DIGITS = 4
"""Digits after the point of every reported figure: the last bits of a float decide nothing."""

MILD, SEVERE = 1.5, 3.0
"""Tukey's inner and outer fence, in interquartile ranges beyond the quartiles."""

MOST_LABELS = 20
"""Severe outliers that are named one by one."""

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Distribution:
    """unit: ms, ratio, count, bytes or 1/s. n: attempts; missing: those without the figure.

    p50_interval, p95_interval: 95 % confidence; None when n is too small. mad: median absolute
    deviation. mild: values beyond the inner fences; severe: the requests beyond the outer ones.
    """

    unit: str
    n: int
    missing: int
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p50_interval: Bounds | None = None
    p95_interval: Bounds | None = None
    mean: float | None = None
    mad: float | None = None
    least: float | None = None
    most: float | None = None
    mild: int = 0
    severe: tuple[int, ...] = ()


def spread(
    values: Sequence[float | None],
    unit: Unit = Unit.SECONDS,
    ids: Sequence[int] = (),
    more_is_better: bool = False,
) -> Distribution:
    """The distribution of values; None: an attempt without the figure. ids: of the requests."""
    shown = [scaled(value, unit) for value in values]
    known = [value for value in shown if value is not None]
    # A missing value is the worst: the largest, or the smallest where more is better.
    sign = -1.0 if more_is_better else 1.0
    ranked = [None if value is None else sign * value for value in shown]
    middle = median(known)
    mild, severe = _outliers(shown, ids)
    return Distribution(
        unit=name(unit),
        n=len(values),
        missing=len(values) - len(known),
        p50=rounded(median(ranked), sign),
        p90=rounded(quantile(ranked, 0.90), sign),
        p95=rounded(quantile(ranked, 0.95), sign),
        p99=rounded(quantile(ranked, 0.99), sign),
        p50_interval=_bounds(interval(ranked, 0.5), sign),
        p95_interval=_bounds(interval(ranked, 0.95), sign),
        mean=rounded(sum(known) / len(known)) if known else None,
        mad=None if middle is None else rounded(median([abs(v - middle) for v in known])),
        least=rounded(min(known, default=None)),
        most=rounded(max(known, default=None)),
        mild=mild,
        severe=severe,
    )


def name(unit: Unit) -> str:
    """What a unit is called in reports."""
    return "ms" if unit is Unit.SECONDS else unit.value


def scaled(value: float | None, unit: Unit) -> float | None:
    """A figure in the unit that reports use: seconds become milliseconds."""
    return 1e3 * value if value is not None and unit is Unit.SECONDS else value


def rounded(value: float | None, sign: float = 1.0) -> float | None:
    """Times `sign`, rounded to DIGITS; None stays None."""
    return None if value is None else round(sign * value, DIGITS) + 0.0


def _bounds(bounds: Bounds | None, sign: float) -> Bounds | None:
    if bounds is None:
        return None
    low, high = sorted(round(sign * bound, DIGITS) for bound in bounds)
    return low, high


def _outliers(values: Sequence[float | None], ids: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    known = sorted(value for value in values if value is not None)
    if len(known) < 4:
        return 0, ()
    low, high = known[len(known) // 4], known[(3 * len(known)) // 4]
    width = high - low

    def beyond(value: float, fence: float) -> bool:
        return value < low - fence * width or value > high + fence * width

    mild = sum(beyond(value, MILD) and not beyond(value, SEVERE) for value in known)
    labelled = zip(ids, values, strict=False)
    severe = [number for number, v in labelled if v is not None and beyond(v, SEVERE)]
    return mild, tuple(severe[:MOST_LABELS])
