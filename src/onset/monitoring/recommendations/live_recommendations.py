"""What to do about what a running server shows, with the evidence and a command that checks it.

Each rule is a function of the live window and the history, and fires or does not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from onset.monitoring.answer_record import AnswerRecord, Way
from onset.protocol.http_api import PlaybackReport
from onset.protocol.performance_api import LiveAdvice
from onset.stats.quantiles import median, quantile

LARGEST_SHARE, FEWEST_MISSES = 0.5, 10
"""Of the time to the first audio, and of answers that were late because of one stage."""

COMMON_PREBUFFER = 0.02
"""Seconds: any sound device waits for as much; a smaller prebuffer needs no advice."""

FEWEST_FOR_TAIL = 72
"""Answers from which on a 95th percentile has an interval."""

FEWEST_OF_FORMAT, SLOW_FORMAT = 20, 0.02
"""Answers of a format, and the seconds that it takes longer to encode than bare samples."""

BARE = ("pcm", "wav")
"""Formats that take no encoding."""

SLOW_DEVICE_MS, FEWEST_REPORTS = 100.0, 10
"""Latency of a device that is worth a cable, and reports that tell of one."""

FEWEST_COLD, COLD_DAYS = 3, 7
"""Answers that had to load their language, and the days of the history that are looked at."""


NEWEST = 20
"""Answers by which it is told what became of advice."""


@dataclass(frozen=True, slots=True)
class ColdLanguage:
    """A language that answers had to load. cold, warm: mean seconds to the audible audio."""

    language: str
    n: int
    cold: float
    warm: float | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What rules look at. counted: users' answers over HTTP; listened: all that users wait for."""

    counted: Sequence[AnswerRecord] = ()
    listened: Sequence[AnswerRecord] = ()
    reports: Sequence[PlaybackReport] = ()
    cold: Sequence[ColdLanguage] = ()


@dataclass(frozen=True, slots=True)
class AdviceRule:
    """needs: the evidence it takes, in words. find: that evidence, None if it is not there.

    figure: what it rests on as it is among the newest answers, whether or not it is much; None if
    there is none.
    """

    name: str
    needs: str
    suggestion: str
    check: str
    find: Callable[[Findings], str | None]
    figure: Callable[[Findings], str | None]


def _queue_figure(findings: Findings) -> str | None:
    known = [r for r in findings.counted if r.stages and r.first_audio]
    shares = [
        r.stages.get("queue", 0.0) / r.first_audio
        for r in known[-NEWEST:]
        if r.stages and r.first_audio
    ]
    if not shares:
        return None
    return f"queue {_percent(median(shares))} of the first audio, median of {len(shares)} answers"


def _queue(findings: Findings) -> str | None:
    shares = [
        r.stages["queue"] / r.first_audio
        for r in findings.counted
        if r.promise() == "bad" and r.stages and r.first_audio
    ]
    blamed = [share for share in shares if share > LARGEST_SHARE]
    if len(blamed) < FEWEST_MISSES:
        return None
    return f"{len(blamed)} late answers waited in the queue for {_percent(median(blamed))} of it"


def _prebuffer(findings: Findings) -> str | None:
    heard = [r for r in findings.listened if r.stalled is not None and r.audio]
    needed = quantile([r.stalled for r in heard], 0.95)
    rtf = quantile([r.rtf for r in heard], 0.5)
    if len(heard) < FEWEST_FOR_TAIL or needed is None or rtf is None:
        return None
    if needed <= COMMON_PREBUFFER or rtf >= 1:
        return None
    return f"p95 of the required prebuffer is {1e3 * needed:.0f} ms over {len(heard)} answers"


def _prebuffer_figure(findings: Findings) -> str | None:
    needed = [r.stalled for r in findings.listened if r.stalled is not None and r.audio]
    newest = quantile(needed[-NEWEST:], 0.95)
    return None if newest is None else f"p95 {1e3 * newest:.0f} ms of {len(needed[-NEWEST:])}"


def _format_figure(findings: Findings) -> str | None:
    known = [r for r in findings.counted if r.stages and r.format is not None]
    bare = [r for r in known[-NEWEST:] if r.format in BARE]
    if not known:
        return None
    return f"{len(bare)} of {len(known[-NEWEST:])} answers in bare samples"


def _format(findings: Findings) -> str | None:
    encode: dict[str, list[float]] = {}
    for r in findings.counted:
        if r.stages is not None and r.format is not None:
            encode.setdefault(r.format, []).append(r.stages.get("encode", 0.0))
    known = {name: times for name, times in encode.items() if len(times) >= FEWEST_OF_FORMAT}
    bare = [seconds for name in BARE for seconds in known.get(name, ())]
    coded = {name: median(times) or 0.0 for name, times in known.items() if name not in BARE}
    if not bare or not coded:
        return None
    name, seconds = max(coded.items(), key=lambda pair: pair[1])
    extra = seconds - (median(bare) or 0.0)
    if extra <= SLOW_FORMAT:
        return None
    return f"{name} takes {1e3 * extra:.0f} ms longer to encode than bare samples, median"


def _device_figure(findings: Findings) -> str | None:
    newest = [report.latency_ms for report in findings.reports][-FEWEST_REPORTS:]
    middle = median(newest)
    return None if middle is None else f"{middle:.0f} ms, median of {len(newest)} reports"


def _device(findings: Findings) -> str | None:
    latencies = [report.latency_ms for report in findings.reports]
    middle = median(latencies)
    if len(latencies) < FEWEST_REPORTS or middle is None or middle <= SLOW_DEVICE_MS:
        return None
    return f"the sound device takes {middle:.0f} ms, median of {len(latencies)} reports"


def _cold_figure(findings: Findings) -> str | None:
    count = sum(one.n for one in findings.cold)
    return f"{count} answers in {COLD_DAYS} days had to load their language"


def _cold(findings: Findings) -> str | None:
    often = [c for c in findings.cold if c.n >= FEWEST_COLD and c.cold > (c.warm or 0.0)]
    if not often:
        return None
    worst = max(often, key=lambda c: c.n * (c.cold - (c.warm or 0.0)))
    warm = "" if worst.warm is None else f" instead of {1e3 * worst.warm:.0f}"
    return (
        f"{worst.n} answers had to load {worst.language} and took {1e3 * worst.cold:.0f} ms{warm}"
    )


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0.0):.0f} %"


RULES = (
    AdviceRule(
        "queue",
        f"the queue has more than half of the first audio of {FEWEST_MISSES} late answers",
        "Take fewer listeners at once (ONSET_MAX_STREAMS), ask for files in the background, or add "
        "cores.",
        "onset bench load",
        _queue,
        _queue_figure,
    ),
    AdviceRule(
        "cold language",
        f"{FEWEST_COLD} answers in {COLD_DAYS} days had to load one language",
        "Let the server say a word in this language after every start.",
        "onset bench run cold",
        _cold,
        _cold_figure,
    ),
    AdviceRule(
        "prebuffer",
        f"p95 of the required prebuffer > 20 ms over {FEWEST_FOR_TAIL} answers, RTF < 1",
        "Let players wait for so much audio before they begin.",
        "onset bench run smoothness",
        _prebuffer,
        _prebuffer_figure,
    ),
    AdviceRule(
        "format",
        f"a codec takes 20 ms more than bare samples, {FEWEST_OF_FORMAT} answers of each",
        "Ask for pcm or wav where the first sound matters.",
        "onset bench run first-bytes",
        _format,
        _format_figure,
    ),
    AdviceRule(
        "device",
        f"latency > 100 ms, median of {FEWEST_REPORTS} reports of players",
        "Use a wired output: wireless ones hold sound back.",
        "onset say --timing",
        _device,
        _device_figure,
    ),
)
"""In the order in which they are told."""


def recommendations(findings: Findings) -> list[LiveAdvice]:
    """All that is advised now."""
    return [
        LiveAdvice(rule=rule.name, evidence=found, suggestion=rule.suggestion, check=rule.check)
        for rule in RULES
        if (found := rule.find(findings)) is not None
    ]


def listened(records: Sequence[AnswerRecord]) -> list[AnswerRecord]:
    """Answers that users wait for."""
    return [r for r in records if r.purpose == "user" and r.way is not Way.BACKGROUND]


def recommendation_lines() -> Iterator[str]:
    """The table for docs/monitoring.md, line by line."""
    yield "| rule | evidence it needs | suggestion | check |"
    yield "|---|---|---|---|"
    for rule in RULES:
        yield f"| {rule.name} | {rule.needs} | {rule.suggestion} | `{rule.check}` |"
