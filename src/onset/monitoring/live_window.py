"""The newest answers, and what they show. Bounded by number and by age."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from threading import Lock
from time import time
from typing import TypeVar

from onset.monitoring.answer_record import TARGET, AnswerRecord
from onset.protocol.http_api import (
    REPORTERS,
    STAGES,
    PlaybackEnd,
    PlaybackReport,
    PlayedFigures,
    Reporter,
)
from onset.protocol.performance_api import (
    FlowFigures,
    HeardFigures,
    PopulationFigures,
    RecentAnswer,
    ReporterFigures,
    Trend,
    TtfaFigures,
)
from onset.stats.quantiles import median, nearest_rank, ordered, quantile
from onset.stats.small_samples import rank_test, share_interval
from onset.types import PLAN_NAMES, PlanName

KEPT = 1000
"""Answers; some 2 MB."""

LONGEST_AGE = 24 * 3600.0
"""Seconds after which an answer tells nothing about now."""

KEPT_REPORTS = 200
"""Reports of players."""

NEWEST, BEFORE, FEWEST = 20, 100, 40
"""Answers that a trend compares, with those before them; and how many there must be in all."""

TREND_CHANCE, TREND_CHANGE = 0.01, 0.1
"""A trend is less likely than that by chance, and a change of the median of at least a tenth."""

Number = TypeVar("Number", int, float)

OUTER_STAGES = ("network", "playback")
"""Stages that only the listener's side knows."""


class LiveWindow:
    """The answers of the last day, at most KEPT. Any thread may ask. clock: Unix time."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock, self._lock = clock, Lock()
        self._records: deque[AnswerRecord] = deque(maxlen=KEPT)
        self._reports: deque[PlaybackReport] = deque(maxlen=KEPT_REPORTS)
        self._ends: deque[PlaybackEnd] = deque(maxlen=KEPT_REPORTS)

    def add(self, record: AnswerRecord) -> None:
        """An answer is over."""
        with self._lock:
            self._records.append(record)

    def add_report(self, report: PlaybackReport) -> None:
        """A player told when an answer was heard; on a device that cannot be heard it was not."""
        if report.audible:
            with self._lock:
                self._reports.append(report)

    def add_end(self, report: PlaybackEnd) -> None:
        """A player told what became of an answer."""
        with self._lock:
            self._ends.append(report)

    def records(self) -> list[AnswerRecord]:
        """All answers, the newest last."""
        oldest = self._clock() - LONGEST_AGE
        with self._lock:
            return [record for record in self._records if record.at >= oldest]

    def reports(self) -> list[PlaybackReport]:
        """What players told of audible devices, the newest last."""
        with self._lock:
            return list(self._reports)

    def heard(self) -> HeardFigures:
        """What players told."""
        reports = self.reports()
        with self._lock:
            ends = list(self._ends)
        return HeardFigures(
            n=len(reports),
            heard_ms=median([report.heard_ms for report in reports]),
            latency_ms=median([report.latency_ms for report in reports]),
            reporters={name: _reporter_figures(name, reports, ends) for name in REPORTERS},
        )


def _reporter_figures(
    name: Reporter, reports: Sequence[PlaybackReport], ends: Sequence[PlaybackEnd]
) -> ReporterFigures:
    own = [report for report in reports if report.reporter == name]
    return ReporterFigures(
        n=len(own),
        heard_ms=median([report.heard_ms for report in own]),
        latency_ms=median([report.latency_ms for report in own]),
        network_ms=_known_median([report.network_ms for report in own]),
        playback_ms=median([after_ms(report) for report in own]),
        played=played_figures([end for end in ends if end.reporter == name]),
    )


def after_ms(report: PlaybackReport) -> float:
    """From the arrival of the audible onset, or of the first samples, until it was heard."""
    came = report.first_ms if report.onset_ms is None else report.onset_ms
    return report.heard_ms - came


def played_figures(ends: Sequence[PlaybackEnd]) -> PlayedFigures:
    """What became of answers: sums, and the median latency; None for what nobody told."""
    return PlayedFigures(
        n=len(ends),
        played_s=_sum([end.played_s for end in ends]),
        stalls=_sum([end.stalls for end in ends]),
        stalled_ms=_sum([end.stalled_ms for end in ends]),
        concealed_ms=_sum([end.concealed_ms for end in ends]),
        latency_ms=_known_median([end.latency_ms for end in ends]),
        xruns=_sum([end.xruns for end in ends]),
    )


def _known_median(values: Iterable[float | None]) -> float | None:
    return median([value for value in values if value is not None])


def _sum(values: Iterable[Number | None]) -> Number | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def outer_stages(heard: HeardFigures, reporter: Reporter | None) -> dict[str, float | None]:
    """The stages that only the listener's side knows, as this reporter told them."""
    told = None if reporter is None else heard.reporters[reporter]
    values = (told.network_ms, told.playback_ms) if told else (None, None)
    return {f"{name}_ms": value for name, value in zip(OUTER_STAGES, values, strict=True)}


def counted(records: Sequence[AnswerRecord]) -> list[AnswerRecord]:
    """The answers that figures of time are about."""
    return [record for record in records if record.is_counted]


def promised(records: Sequence[AnswerRecord]) -> list[AnswerRecord]:
    """The answers that were promised in time, a student's too: what alerts look at."""
    return [record for record in records if record.is_promised]


def plan_figures(records: Sequence[AnswerRecord]) -> dict[PlanName, PopulationFigures]:
    """What listeners over HTTP got, by plan; those whose beginning was made are in none."""
    waited = promised(records)
    return {
        plan: population_figures([record for record in waited if record.plan == plan])
        for plan in PLAN_NAMES
    }


def judged(records: Sequence[AnswerRecord]) -> list[AnswerRecord]:
    """Those of them that say whether the promise was kept."""
    return [record for record in records if record.promise() in ("good", "bad")]


def ttfa_figures(records: Sequence[AnswerRecord]) -> TtfaFigures:
    """How soon the answers of one population were audible."""
    told = judged(records)
    times = [record.ttfa for record in told]
    good = sum(record.promise() == "good" for record in told)
    current = next((record.ttfa for record in reversed(records) if record.ttfa is not None), None)
    return TtfaFigures(
        current_ms=milliseconds(current),
        target_ms=1e3 * TARGET,
        trend=trend(times),
        achievement_rate=good / len(told) if told else None,
        interval=share_interval(good, len(told)),
        n=len(told),
        unmeasured=sum(record.promise() == "unmeasured" for record in records),
        p50_ms=milliseconds(quantile(times, 0.5)),
        p95_ms=milliseconds(quantile(times, 0.95)),
    )


def trend(times: Sequence[float | None]) -> Trend:
    """Whether the newest times differ from those before them; None is a failure."""
    if len(times) < FEWEST:
        return "unknown"
    values = ordered(times[-NEWEST:]), ordered(times[-NEWEST - BEFORE : -NEWEST])
    newest, before = (part[len(part) // 2] for part in values)
    if rank_test(values[1], values[0]) >= TREND_CHANCE:
        return "stable"
    if newest >= before * (1 + TREND_CHANGE):
        return "degrading"
    return "improving" if newest <= before / (1 + TREND_CHANGE) else "stable"


def pipeline(records: Sequence[AnswerRecord], share: float) -> dict[str, float | None]:
    """Milliseconds of each stage of the one answer at a quantile of the TTFA.

    All None without such an answer: a bar of medians would not add up.
    """
    answer = answer_at(records, share)
    stages = (answer.stages if answer else None) or {}
    return {f"{name}_ms": milliseconds(stages.get(name)) for name in STAGES}


def answer_at(records: Sequence[AnswerRecord], share: float) -> AnswerRecord | None:
    """The answer at a quantile of the TTFA, of those whose stages are known; None for too few."""
    known = [r for r in judged(records) if r.ttfa is not None and r.stages is not None]
    known.sort(key=lambda record: record.ttfa or 0.0)
    given = quantile([record.ttfa for record in known], share) is not None
    return known[nearest_rank(len(known), share)] if given else None


def flow_figures(records: Sequence[AnswerRecord]) -> FlowFigures:
    """Whether audio kept up with listening."""
    heard = [record for record in records if record.audio]
    stalls = [record.stalls for record in heard if record.stalls is not None]
    decodes = [record.decode for record in heard if record.decode is not None]
    return FlowFigures(
        rtf_p50=quantile([record.rtf for record in heard], 0.5),
        smooth_ratio=sum(n == 0 for n in stalls) / len(stalls) if stalls else None,
        stalls=sum(stalls) if stalls else None,
        exact_ratio=decodes.count("exact") / len(decodes) if decodes else None,
    )


def population_figures(records: Sequence[AnswerRecord]) -> PopulationFigures:
    """One population among others."""
    told = judged(records)
    times = [record.ttfa for record in told]
    return PopulationFigures(
        n=len(told),
        failed=times.count(None),
        p50_ms=milliseconds(quantile(times, 0.5)),
        p95_ms=milliseconds(quantile(times, 0.95)),
    )


def recent_answers(records: Sequence[AnswerRecord], most: int) -> list[RecentAnswer]:
    """The newest answers, the newest last."""
    newest = islice(records, max(0, len(records) - most), None)
    return [
        RecentAnswer(
            at=round(record.at, 3),
            purpose=record.purpose,
            way=record.way,
            outcome=record.outcome,
            ttfa_ms=milliseconds(record.ttfa),
            first_audio_ms=milliseconds(record.first_audio),
            voice=record.voice,
            language=record.language,
            format=record.format,
            characters=record.characters,
            decode=record.decode,
            plan=record.plan,
            cached=record.cached,
            cold=record.cold,
            stalls=record.stalls,
        )
        for record in newest
    ]


def milliseconds(seconds: float | None) -> float | None:
    """Milliseconds to the hundredth."""
    return None if seconds is None else round(1e3 * seconds, 2)
