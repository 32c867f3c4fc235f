"""The thresholds of the quality gate, one row each: which figure decides, and its limit.

They are those of the release; docs/quality.md is the report. What was not measured is never
passed. A new row takes a measure of a pair (measures.py) and a line of THRESHOLDS.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from onset.quality import aggregates
from onset.quality.aggregates import Distances, Results, by_speed, by_voice, percentile
from onset.quality.gate_items import GateItem
from onset.quality.melody.melody_figures import MELODY_FIGURES, MelodyFigure
from onset.stats.bootstrap import PairedDifference

PACE = 0.25
"""Seconds of work for a second of speech, of the machine that is judged, whichever one judges.

What two cores of 2025 do, or four older ones; the report says so.
"""

FAMILY = 0.01
"""Chance that all border tests together see a seam where there is none."""

BORDER_TESTS = tuple(
    (kind, measure) for kind in ("step", "chunk", "join") for measure in ("jump", "flux")
)
"""Kind of border and measure of each test."""

ENGLISH_SENTENCES = 500
"""Fewest English sentences of which a word error rate is judged."""

Figure = tuple[float | None, str]
"""What was measured, None if nothing was, and the detail: where or of how many."""

Picked = Sequence[tuple[float, GateItem]]
"""One figure of each item that has it."""


class ThresholdState(StrEnum):
    """Only PASS keeps a threshold."""

    PASS = "pass"
    FAIL = "fail"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Passed if the figure of all results is at most the limit.

    part: what must be measured for it (results.PARTS). unit: printed behind the limit.
    """

    name: str
    part: str
    limit: float
    unit: str
    figure: Callable[[Results], Figure]


@dataclass(frozen=True, slots=True)
class ThresholdVerdict:
    """What was measured, None if nothing was; detail: where or how."""

    threshold: Threshold
    measured: float | None
    detail: str

    @property
    def state(self) -> ThresholdState:
        if self.measured is None or not np.isfinite(self.measured):
            return ThresholdState.NOT_MEASURED
        return ThresholdState.PASS if self.measured <= self.threshold.limit else ThresholdState.FAIL

    @property
    def passed(self) -> bool:
        return self.state is ThresholdState.PASS


def verdicts(results: Results, parts: Collection[str]) -> list[ThresholdVerdict]:
    """One for every threshold that `parts` can decide, in the order of the report."""
    decided = [threshold for threshold in THRESHOLDS if threshold.part in parts]
    return [ThresholdVerdict(threshold, *threshold.figure(results)) for threshold in decided]


def _items(
    name: str, field: str, limit: float, unit: str, statistic: Callable[[Picked], Figure]
) -> Threshold:
    """A row about one figure of each item. field: the part and what of its result."""
    part, _, attribute = field.partition(".")

    def figure(results: Results) -> Figure:
        measured = [(getattr(r, part), r.item) for r in results]
        figures = [(getattr(value, attribute), item) for value, item in measured if value]
        return statistic([(value, item) for value, item in figures if value is not None])

    return Threshold(name, part, limit, unit, figure)


def _largest(picked: Picked) -> Figure:
    if not picked:
        return None, "nothing"
    value, item = max(picked, key=lambda pair: pair[0])
    return value, f"largest of {len(picked)}: {item.request.voice}"


def _total(picked: Picked) -> Figure:
    total = sum(value for value, _ in picked) if picked else None
    return total, f"in {len(picked)} requests"


def _within(picked: Picked) -> Figure:
    """What 95 % are within, whatever their sign."""
    values = [abs(value) for value, _ in picked]
    return (percentile(values, 0.95) if values else None), f"95 % of {len(values)}"


def _within_but_edges(picked: Picked) -> Figure:
    return _within([(value, item) for value, item in picked if item.group != "edge"])


def _worst(
    name: str, limit: float, share: float, by: Callable[[Results], Distances], prefix: str = ""
) -> Threshold:
    """A row about the largest of the groups' percentiles."""

    def figure(results: Results) -> Figure:
        groups = by(results)
        if not groups:
            return None, "nothing"
        worst = max(groups, key=lambda name: percentile(groups[name], share))
        return percentile(groups[worst], share), f"worst of {len(groups)}: {prefix}{worst}"

    return Threshold(f"log-mel RMSE, {name}", "rmse", limit, "dB", figure)


def _median(name: str, limit: float, group: str) -> Threshold:
    """A row about all distances of a group of items."""

    def figure(results: Results) -> Figure:
        values = aggregates.by_group(results).get(group, [])
        return (percentile(values, 0.5) if values else None), f"n = {len(values)}"

    return Threshold(f"log-mel RMSE, {name}", "rmse", limit, "dB", figure)


def _failures(results: Results) -> Figure:
    failed = [r for r in results if r.failure]
    voices = sorted({r.item.request.voice for r in failed})
    named = ", ".join(voices[:3]) + (", ..." if len(voices) > 3 else "")
    return float(len(failed)), named or f"of {len(results)} requests"


def _border(kind: str, measure: str) -> Threshold:
    """-log10 p of a border test; FAMILY is shared by all of them (Bonferroni)."""

    def figure(results: Results) -> Figure:
        test = aggregates.border(results, kind, measure)
        if test is None:
            return None, "too few requests"
        detail = f"p = {test.p:.3f}, share {test.share:.3f}, {test.borders} borders"
        return -np.log10(max(test.p, 1e-300)), detail

    limit = float(-np.log10(FAMILY / len(BORDER_TESTS)))
    return Threshold(f"{kind} borders, {measure}: -log10 p", "seams", limit, "", figure)


def _melody(figure: MelodyFigure) -> Threshold:
    """A row about what is read; it takes the worst of all paces."""
    return Threshold(figure.name, figure.part, figure.limit, figure.unit, figure.worst)


def _word_errors(results: Results) -> Figure:
    errors = aggregates.word_errors(results)
    if errors is None or errors.n < ENGLISH_SENTENCES:
        return None, f"{errors.n if errors else 0} of {ENGLISH_SENTENCES} sentences"
    return errors.difference, _interval(errors)


def _opinions(results: Results) -> Figure:
    loss = aggregates.opinions(results)
    return (loss.difference, _interval(loss)) if loss else (None, "nothing")


def _interval(pair: PairedDifference) -> str:
    return f"95 % interval {pair.low:+.3f} to {pair.high:+.3f}, n = {pair.n}"


THRESHOLDS = (
    Threshold("requests that do not stream or failed", "rmse", 0, "", _failures),
    _worst("each voice at speed 1, median", 0.8, 0.5, by_voice),
    _worst("each voice at speed 1, p95", 1.5, 0.95, by_voice),
    _worst("each speed, all voices, median", 1.0, 0.5, by_speed, "speed "),
    _worst("each speed, all voices, p95", 2.0, 0.95, by_speed, "speed "),
    _median("voice mixes, median", 1.5, "mix"),
    _median("letters, digits, one breath, median", 1.5, "edge"),
    _items("level difference, 95 % within", "rmse.level", 0.5, "dB", _within_but_edges),
    _items("runs clipped that exact does not clip", "rmse.clipped_more", 0, "", _total),
    _items("answers with NaN or infinity", "rmse.broken", 0, "", _total),
    _items("DC offset", "rmse.offset", 0.01, "of full scale", _largest),
    *(_border(kind, measure) for kind, measure in BORDER_TESTS),
    _items("clicks where utterances begin or end", "edges.click", -40.0, "dBFS", _largest),
    _items("energy cut off behind the end", "edges.cut", -20.0, "dB", _largest),
    _items("energy cut off before the beginning", "edges.cut_before", -20.0, "dB", _largest),
    _items("level of the last 200 ms, 95 % within", "edges.ending", 2.0, "dB", _within),
    _items("noise added to pauses", "edges.noise", 6.0, "dB", _largest),
    *map(_melody, MELODY_FIGURES),
    Threshold("word error rate, English, worse by", "wer", 0.3, "points", _word_errors),
    Threshold("DNSMOS overall, worse by", "mos", 0.03, "", _opinions),
)
"""The gate, in the order of the report."""
