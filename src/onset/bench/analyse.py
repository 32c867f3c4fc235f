"""From trials to figures: quantiles per class and side, paired ratios, flatness.

Nothing is dropped: a failure stays in its column's count, and in a pair it counts against the
measured side.
Knows nothing of targets, and prints nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from onset.bench.measures import METRICS, playback, prebuffer, rtf_stream, ttfa_audible
from onset.bench.quantiles import interval, median, quantile
from onset.bench.recording import Outcome, Recording
from onset.bench.run import Phase, Trial
from onset.bench.sides import ONSET
from onset.bench.texts import TextClass


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles over n attempts, in the unit measured. interval: 95 % confidence of the median."""

    n: int
    p50: float | None
    p95: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One side in one class. n counts attempts; spreads by metric key, in seconds.

    whole: answers heard to their end; the last four are over these, None when there are none.
    """

    n: int
    failures: int
    reasons: Mapping[str, int]
    spreads: Mapping[str, Spread]
    whole: int
    stalls: int | None
    stall_seconds: float | None
    prebuffer_seconds: float | None
    rtf: Spread


@dataclass(frozen=True, slots=True)
class Ratio:
    """A peer's audible TTFA over ours on the same text: median, least and most of the pairs.

    A pair that we failed counts as 0. lost: pairs that the peer failed, which say nothing.
    """

    median: float | None
    least: float | None
    most: float | None
    pairs: int
    lost: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """All figures of a run. flatness: our median for LONG over that for FORTY."""

    cells: Mapping[tuple[TextClass, str], Cell]
    ratios: Mapping[tuple[TextClass, str], Ratio]
    flatness: float | None


def analyse(trials: Iterable[Trial]) -> Analysis:
    """The figures of the measured trials; the warm-up is left out."""
    groups: dict[tuple[TextClass, str], dict[int, Recording]] = {}
    for trial in trials:
        if trial.phase is Phase.MEASURED:
            group = groups.setdefault((trial.text_class, trial.side), {})
            group[trial.number] = trial.recording
    cells = {key: cell(list(group.values())) for key, group in groups.items()}
    ratios = {
        (text_class, side): ratio(group, groups.get((text_class, ONSET), {}))
        for (text_class, side), group in groups.items()
        if side != ONSET
    }
    return Analysis(cells, ratios, _flatness(cells))


def cell(recordings: Sequence[Recording]) -> Cell:
    """The figures of one side in one class."""
    failed = [recording for recording in recordings if recording.outcome is Outcome.FAILED]
    whole = [recording for recording in recordings if recording.outcome is Outcome.COMPLETE]
    played = [heard for r in whole if (heard := playback(r, 0.0)) is not None]
    needed = [wait for r in whole if (wait := prebuffer(r)) is not None]
    return Cell(
        n=len(recordings),
        failures=len(failed),
        reasons=Counter(recording.detail for recording in failed),
        spreads={m.key: spread([m.figure(r) for r in recordings]) for m in METRICS},
        whole=len(played),
        stalls=sum(len(p.stalls) for p in played) if played else None,
        stall_seconds=sum(p.stall_seconds for p in played) if played else None,
        prebuffer_seconds=max(needed) if needed else None,
        rtf=spread([rtf for r in whole if (rtf := rtf_stream(r)) is not None]),
    )


def spread(values: Sequence[float | None]) -> Spread:
    """Quantiles of values in which None is a failure."""
    return Spread(len(values), median(values), quantile(values, 0.95), interval(values, 0.5))


def ratio(peer: Mapping[int, Recording], ours: Mapping[int, Recording]) -> Ratio:
    """Pair the trials by number."""
    ratios: list[float] = []
    lost = 0
    for number in sorted(peer.keys() & ours.keys()):
        theirs, own = ttfa_audible(peer[number]), ttfa_audible(ours[number])
        if theirs is None:
            lost += 1
        else:
            ratios.append(0.0 if own is None else theirs / own)
    if not ratios:
        return Ratio(None, None, None, 0, lost)
    return Ratio(median(ratios), min(ratios), max(ratios), len(ratios), lost)


def _flatness(cells: Mapping[tuple[TextClass, str], Cell]) -> float | None:
    medians = [_median_ttfa(cells, text_class) for text_class in (TextClass.LONG, TextClass.FORTY)]
    long, forty = medians
    return None if long is None or not forty else long / forty


def _median_ttfa(
    cells: Mapping[tuple[TextClass, str], Cell], text_class: TextClass
) -> float | None:
    found = cells.get((text_class, ONSET))
    return found.spreads["ttfa_audible"].p50 if found else None
