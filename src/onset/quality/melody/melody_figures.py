"""The melody's figures over all requests: one for each row of the gate, for any kind of reading.

Only held-out texts count. A kind is one of `melodies.KINDS`; the control is one of them, so that
the same function tells that it is seen.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from onset.quality.aggregates import Results, percentile
from onset.quality.melody.join_classifier import told_apart
from onset.quality.melody.melodies import FRAGMENTS, KINDS, JoinDifference, KindMelody

Values = Sequence[float]

Value = tuple[float | None, int]
"""The figure, None if nothing was measured, and of how many."""


@dataclass(frozen=True, slots=True)
class MelodyFigure:
    """At most `limit` is allowed. part: what must be measured. of: the figure of a kind.

    counted: what the number is of.
    """

    name: str
    part: str
    limit: float
    unit: str
    counted: str
    of: Callable[[Results, str], Value]

    def worst(self, results: Results) -> tuple[float | None, str]:
        """The largest over all paces, and where and of how many it is."""
        found = {kind: self.of(results, kind) for kind in KINDS if kind != FRAGMENTS}
        counts = ", ".join(str(n) for _, n in found.values())
        detail = f"{self.counted} at paces {', '.join(found)}: {counts}"
        known = {kind: value for kind, (value, _) in found.items() if value is not None}
        if not known:
            return None, detail
        kind = max(known, key=lambda kind: known[kind])
        return known[kind], f"pace {kind}; {detail}"

    def sees_the_control(self, results: Results) -> bool | None:
        """Whether the control is beyond the limit; None if it was not measured."""
        value, _ = self.of(results, FRAGMENTS)
        return None if value is None else value > self.limit


def one_shot_told_apart(results: Results, kind: str) -> float | None:
    """As the row on joins, by what one-shot has there: what their places give away."""
    return told_apart([each.borders for each in _melodies(results, kind)], one_shot=True)


def _melodies(results: Results, kind: str) -> list[KindMelody]:
    return [r.melody.kinds[kind] for r in results if r.melody and r.item.held_out]


def _share(values: Iterable[float | None], share: float) -> Value:
    known = [value for value in values if value is not None]
    return (percentile(known, share) if known else None), len(known)


def _requests(
    name: str, limit: float, unit: str, field: Callable[[KindMelody], float | None]
) -> MelodyFigure:
    """The median of a figure that each request has."""

    def of(results: Results, kind: str) -> Value:
        return _share(map(field, _melodies(results, kind)), 0.5)

    return MelodyFigure(name, "melody", limit, unit, "requests", of)


def _joins(
    name: str,
    limit: float,
    unit: str,
    field: Callable[[JoinDifference], float | None],
    share: float,
    size: Callable[[float], float] = float,
) -> MelodyFigure:
    """A percentile of a figure that each join has. size: of the percentile."""

    def of(results: Results, kind: str) -> Value:
        every = [join for each in _melodies(results, kind) for join in each.joins]
        value, n = _share(map(field, every), share)
        return (None if value is None else size(value)), n

    return MelodyFigure(name, "melody", limit, unit, "joins", of)


def _final_size(join: JoinDifference) -> float | None:
    return None if join.before_final is None else abs(join.before_final)


def _paused(results: Results, kind: str) -> Value:
    """Percent of utterances with an added pause."""
    found = [r.melody for r in results if r.melody and r.item.held_out]
    utterances = sum(each.utterances for each in found)
    paused = sum(each.kinds[kind].paused for each in found)
    return (100.0 * paused / utterances if utterances else None), utterances


def _told_apart(results: Results, kind: str) -> Value:
    """How much larger the area is than that of one-shot, where nothing is joined."""
    requests = [each.borders for each in _melodies(results, kind)]
    joins = sum(border.join for borders in requests for border in borders)
    heard, places = told_apart(requests), told_apart(requests, one_shot=True)
    return (None if heard is None or places is None else heard - places), joins


def _first_part(results: Results, kind: str) -> Value:
    found = [r.first for r in results if r.first and r.item.held_out]
    return _share((each.log_mel_rmse[kind] for each in found), 0.5)


MELODY_FIGURES = (
    _requests("pitch of all words, rms, median", 0.6, "semitones", lambda each: each.pitch),
    _requests("total duration, median off by", 2.0, "%", lambda each: 100 * abs(each.duration - 1)),
    MelodyFigure("utterances with an added pause", "melody", 5.0, "%", "utterances", _paused),
    _joins(
        "word before a join, duration: median off by",
        5.0,
        "%",
        lambda join: join.before,
        0.5,
        lambda ratio: 100 * abs(ratio - 1),
    ),
    _joins("word before a join, duration: p90", 1.15, "x", lambda join: join.before, 0.9),
    _joins(
        "word before a join, final pitch: median off by",
        0.7,
        "semitones",
        lambda join: join.before_final,
        0.5,
        abs,
    ),
    _joins("word before a join, final pitch: p90", 2.5, "semitones", _final_size, 0.9),
    _joins("step across a join beyond one-shot's: p90", 1.0, "semitones", lambda j: j.step, 0.9),
    MelodyFigure(
        "joins told from other word borders, beyond one-shot's",
        "melody",
        0.05,
        "of ROC area",
        "joins",
        _told_apart,
    ),
    MelodyFigure(
        "log-mel distance of the first part, words aligned, median",
        "first",
        1.3,
        "dB",
        "requests",
        _first_part,
    ),
)
"""Each against the one-shot reading of the whole utterance, in the order of the report."""
