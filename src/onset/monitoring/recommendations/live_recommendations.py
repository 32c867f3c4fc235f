"""What to do about what a running server shows, with the evidence and a command that checks it.

Each rule is a function of the live window and the history, and fires or does not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from onset.monitoring.answer_record import AnswerRecord, RefusalReason, Way
from onset.protocol.http_api import PlaybackReport
from onset.protocol.performance_api import LiveAdvice, UnknownAdvice
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


FEWEST_PROBES = 3
"""In a row that must say the same of the pace."""

SLOW_PLAN = 2.0
"""Times what was measured: a pace that is set so much slower makes worse plans than it need be."""

FEWEST_SAMPLES, LARGE_BYTES = 10, 1.0e9
"""Looks at the process, a minute apart, and the resident memory that it should keep below."""

BUSY_SHARE, FEWEST_BUSY = 0.3, 10
"""Of all cores, for other programs, and late answers in such minutes."""

MINUTE = 60.0

FEWEST_REFUSED = 5
"""Requests that found all places taken, in the live window."""

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
class ProcessSample:
    """One look at the process. at: Unix time; others: share of all cores for other programs;
    languages: how many were loaded.
    """

    at: float
    rss: int
    others: float | None
    languages: int = 0


@dataclass(frozen=True)
class Findings:
    """What rules look at. counted: users' answers over HTTP; listened: all that users wait for.

    records: all answers. paces: as probes measured them, the newest last; pace_set: the one that a
    setting gives. samples: of the process, once a minute.
    """

    counted: Sequence[AnswerRecord] = ()
    listened: Sequence[AnswerRecord] = ()
    reports: Sequence[PlaybackReport] = ()
    cold: Sequence[ColdLanguage] = ()
    records: Sequence[AnswerRecord] = ()
    paces: Sequence[float] = ()
    pace_set: float | None = None
    samples: Sequence[ProcessSample] = ()

    @cached_property
    def evidence(self) -> Mapping[str, str | None]:
        """What each rule found; looked for once."""
        return {rule.name: rule.find(self) for rule in RULES}


@dataclass(frozen=True, slots=True)
class AdviceRule:
    """needs: the evidence it takes, in words. find: that evidence, None if it is not there.

    figure: what it rests on as it is among the newest answers, whether or not it is much; None if
    there is none. enough: how much evidence there is, of how much it takes before it can advise.
    """

    name: str
    needs: str
    suggestion: str
    check: str
    find: Callable[[Findings], str | None]
    figure: Callable[[Findings], str | None]
    enough: Callable[[Findings], tuple[int, int]]


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


def _pace(findings: Findings) -> str | None:
    newest, given = list(findings.paces)[-FEWEST_PROBES:], findings.pace_set
    if given is None or len(newest) < FEWEST_PROBES:
        return None
    if min(newest) <= given and max(newest) >= given / SLOW_PLAN:
        return None
    return f"ONSET_PACE is {given:g}, the last {FEWEST_PROBES} probes say {median(newest):.2f}"


def _memory(findings: Findings) -> str | None:
    newest = [sample.rss for sample in findings.samples][-FEWEST_SAMPLES:]
    middle = median([float(rss) for rss in newest])
    if len(newest) < FEWEST_SAMPLES or middle is None or middle <= LARGE_BYTES:
        return None
    return f"the process holds {middle / 1e6:,.0f} MB, median of {FEWEST_SAMPLES} minutes"


def _busy_share(findings: Findings) -> tuple[int, int]:
    """Late answers in minutes in which others were busy, and those whose minute is known."""
    late = [r for r in findings.counted if r.promise() == "bad"]
    told = [other for r in late if (other := _others_at(findings.samples, r.at)) is not None]
    return sum(other > BUSY_SHARE for other in told), len(told)


def _others_at(samples: Sequence[ProcessSample], at: float) -> float | None:
    """What others did in the minute that a moment lies in."""
    return next((s.others for s in samples if s.at - MINUTE <= at <= s.at), None)


def _others(findings: Findings) -> str | None:
    busy, known = _busy_share(findings)
    if busy < FEWEST_BUSY or 2 * busy <= known:
        return None
    share = _percent(BUSY_SHARE)
    return f"other programs had more than {share} of the cores at {busy} of {known} late answers"


def _full(findings: Findings) -> str | None:
    refused = sum(r.reason is RefusalReason.FULL for r in findings.records)
    if refused < FEWEST_REFUSED:
        return None
    return f"{refused} requests of {len(findings.records)} found all places taken"


def _pace_figure(findings: Findings) -> str | None:
    if findings.pace_set is None or not findings.paces:
        return None
    return f"pace {findings.paces[-1]:.2f}, set to {findings.pace_set:g}"


def _memory_figure(findings: Findings) -> str | None:
    return f"{findings.samples[-1].rss / 1e6:,.0f} MB" if findings.samples else None


def _late_figure(findings: Findings) -> str | None:
    told = [r.promise() for r in findings.counted if r.promise() in ("good", "bad")][-NEWEST:]
    return f"{told.count('bad')} of {len(told)} answers late" if told else None


def _full_figure(findings: Findings) -> str | None:
    newest = findings.records[-NEWEST:]
    refused = sum(r.reason is RefusalReason.FULL for r in newest)
    return f"{refused} of {len(newest)} requests refused" if newest else None


def _answers(least: int) -> Callable[[Findings], tuple[int, int]]:
    return lambda findings: (len(findings.counted), least)


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
        _answers(NEWEST),
    ),
    AdviceRule(
        "cold language",
        f"{FEWEST_COLD} answers in {COLD_DAYS} days had to load one language",
        "Let the server say a word in this language after every start.",
        "onset bench run cold",
        _cold,
        _cold_figure,
        _answers(FEWEST_COLD),
    ),
    AdviceRule(
        "prebuffer",
        f"p95 of the required prebuffer > 20 ms over {FEWEST_FOR_TAIL} answers, RTF < 1",
        "Let players wait for so much audio before they begin.",
        "onset bench run smoothness",
        _prebuffer,
        _prebuffer_figure,
        lambda findings: (len(findings.listened), FEWEST_FOR_TAIL),
    ),
    AdviceRule(
        "format",
        f"a codec takes 20 ms more than bare samples, {FEWEST_OF_FORMAT} answers of each",
        "Ask for pcm or wav where the first sound matters.",
        "onset bench run first-bytes",
        _format,
        _format_figure,
        _answers(FEWEST_OF_FORMAT),
    ),
    AdviceRule(
        "device",
        f"latency > 100 ms, median of {FEWEST_REPORTS} reports of players",
        "Use a wired output: wireless ones hold sound back.",
        "onset say --timing",
        _device,
        _device_figure,
        lambda findings: (len(findings.reports), FEWEST_REPORTS),
    ),
    AdviceRule(
        "pace",
        f"{FEWEST_PROBES} probes in a row were slower than ONSET_PACE, or more than twice as fast",
        "Leave ONSET_PACE out: answers are planned for another machine.",
        "onset bench oneshot",
        _pace,
        _pace_figure,
        lambda findings: (len(findings.paces), FEWEST_PROBES),
    ),
    AdviceRule(
        "other work",
        f"other programs had > 30 % of the cores at {FEWEST_BUSY} late answers, and at "
        "most of them",
        "It is not Onset: move the other work, or give the server cores of its own.",
        "onset bench ttfa",
        _others,
        _late_figure,
        _answers(NEWEST),
    ),
    AdviceRule(
        "memory",
        f"resident memory > {LARGE_BYTES / 1e9:g} GB, median of {FEWEST_SAMPLES} minutes",
        "Start the server anew, and report it if that comes back.",
        "onset bench memory --requests 400",
        _memory,
        _memory_figure,
        lambda findings: (len(findings.samples), FEWEST_SAMPLES),
    ),
    AdviceRule(
        "full",
        f"{FEWEST_REFUSED} requests of the last day found all places taken",
        "Ask again after Retry-After, ask for files in the background, or add cores "
        "(ONSET_WORKERS).",
        "onset bench run capacity",
        _full,
        _full_figure,
        lambda findings: (len(findings.records), NEWEST),
    ),
)
"""In the order in which they are told."""


def not_enough_known(findings: Findings) -> list[UnknownAdvice]:
    """The rules that cannot say anything yet: how much there is, of how much they need."""
    silent = [rule for rule in RULES if findings.evidence[rule.name] is None]
    counts = [(rule, *rule.enough(findings)) for rule in silent]
    return [UnknownAdvice(rule=rule.name, n=n, of=of) for rule, n, of in counts if n < of]


def recommendations(findings: Findings) -> list[LiveAdvice]:
    """All that is advised now."""
    return [
        LiveAdvice(rule=rule.name, evidence=found, suggestion=rule.suggestion, check=rule.check)
        for rule in RULES
        if (found := findings.evidence[rule.name]) is not None
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
