"""What fires an alert and what clears it: the rules of data/alerts.toml and their signals.

Firing and clearing have limits of their own, so that what stands at a limit does not flap. The
limits were chosen by simulating series of answers, as its tests do.
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import median

from onset.monitoring.alerts.memory_growth import memory_growth
from onset.monitoring.answer_record import AnswerRecord, RefusalReason, StreamOutcome
from onset.monitoring.history.degradation import Degradation
from onset.monitoring.probe.probe_comparison import (
    Slowdown,
    StartProbes,
    machine_slowdown,
    start_slowdown,
)
from onset.monitoring.recommendations.live_recommendations import ProcessSample
from onset.protocol.http_api import PlaybackReport

AUDIBLE_STALL = 0.02
"""Seconds: a shorter stall is below what any sound device holds back."""

FEWEST_REPORTS = 10
"""Reports of players that tell of a device."""

LATELY, HALF_AN_HOUR = 600.0, 1800.0
"""Seconds in which refusals are counted."""

UNSEEN = 20
"""Spoken answers in a row without an audible onset: then none is being found."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that rules look at. counted: users' answers over HTTP, the newest last; now: Unix time.

    samples: of the process, once a minute. down: for how long the server has not been ready.
    history_problem: why none is written. starts: the probes of this machine, this start last.
    degraded: what got worse over weeks.
    """

    now: float
    records: Sequence[AnswerRecord] = ()
    counted: Sequence[AnswerRecord] = ()
    reports: Sequence[PlaybackReport] = ()
    rss: int | None = None
    samples: Sequence[ProcessSample] = ()
    down: float = 0.0
    history_problem: str | None = None
    starts: Sequence[StartProbes] = ()
    degraded: Sequence[Degradation] = ()


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """What a rule sees. fires, clears: None where too little is known. evidence: the figures."""

    fires: bool | None
    clears: bool | None
    evidence: str


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A table of data/alerts.toml, which explains the fields."""

    name: str
    severity: str
    signal: str
    says: str
    check: str
    fire: tuple[tuple[int, int], ...] = ()
    clear: tuple[int, int] = (0, 0)
    least: int = 0
    fire_at: float | None = None
    clear_below: float = 0.0
    clear_signal: str | None = None

    def judge(self, situation: Situation) -> RuleFinding:
        """Look at the situation."""
        if self.fire_at is not None:
            return self._judge_figure(situation, self.fire_at)
        shown = [s for r in situation.counted if (s := COUNTED[self.signal](r)) is not None]
        counts = [(sum(shown[-n:]), min(n, len(shown))) for _, n in self.fire]
        fires = all(count >= k for (count, _), (k, _) in zip(counts, self.fire, strict=True))
        most, n = self.clear
        # One that cleared on few answers would fire again with the next ones.
        clears = sum(shown[-n:]) < most if len(shown) >= min(n, self.least) else None
        evidence = ", ".join(dict.fromkeys(f"{count} of the last {n}" for count, n in counts))
        known = fires or len(shown) >= self.least
        return RuleFinding(fires if known else None, clears, evidence)

    def _judge_figure(self, situation: Situation, limit: float) -> RuleFinding:
        value = FIGURES[self.signal](situation)
        below = FIGURES[self.clear_signal or self.signal](situation)
        return RuleFinding(
            None if value is None else value >= limit,
            None if below is None else below < self.clear_below,
            self._evidence(situation, value, limit),
        )

    def _evidence(self, situation: Situation, value: float | None, limit: float) -> str:
        if value is None:
            return "not known"
        words = EVIDENCE[self.signal](situation) if self.signal in EVIDENCE else ""
        return words or f"{_amount(self.signal, value)}, limit {_amount(self.signal, limit)}"

    @property
    def firing_words(self) -> str:
        """When it fires."""
        if self.fire_at is not None:
            return f"`{self.signal}` >= {_amount(self.signal, self.fire_at)}"
        pairs = " and ".join(f">= {k} of the last {n}" for k, n in self.fire)
        return f"`{self.signal}` in {pairs}"

    @property
    def clearing_words(self) -> str:
        """When it clears."""
        if self.fire_at is not None:
            signal = self.clear_signal or self.signal
            return f"`{signal}` < {_amount(signal, self.clear_below)}"
        return f"< {self.clear[0]} of the last {self.clear[1]}"


def _late(record: AnswerRecord) -> bool | None:
    result = record.promise()
    return None if result in (None, "unmeasured") else result == "bad"


def _failed(record: AnswerRecord) -> bool | None:
    if record.outcome in (StreamOutcome.REFUSED, StreamOutcome.STOPPED):
        return None
    return record.outcome in (StreamOutcome.FAILED, StreamOutcome.LATE)


def _stalled(record: AnswerRecord) -> bool | None:
    return None if record.longest_stall is None else record.longest_stall > AUDIBLE_STALL


COUNTED: dict[str, Callable[[AnswerRecord], bool | None]] = {
    "late": _late,
    "failed": _failed,
    "stalled": _stalled,
}
"""Signals of single answers; None: the answer does not tell."""


def _refusals(situation: Situation, seconds: float) -> float:
    since = situation.now - seconds
    full = RefusalReason.FULL
    return float(sum(r.reason is full and r.at >= since for r in situation.records))


def _device_ms(situation: Situation) -> float | None:
    newest = situation.reports[-FEWEST_REPORTS:]
    if len(newest) < FEWEST_REPORTS:
        return None
    return median(
        report.heard_ms - (report.first_ms if report.onset_ms is None else report.onset_ms)
        for report in newest
    )


def _unwatched(situation: Situation) -> float | None:
    if situation.history_problem is not None:
        return 1.0
    spoken = [r for r in situation.counted if r.outcome is StreamOutcome.SPOKEN][-UNSEEN:]
    return float(len(spoken) == UNSEEN and all(r.ttfa is None for r in spoken))


def _machine(situation: Situation) -> Slowdown | None:
    return machine_slowdown(situation.starts)


def _start(situation: Situation) -> Slowdown | None:
    return start_slowdown(situation.starts)


def _ratio(slowdown: Slowdown | None) -> float | None:
    return None if slowdown is None else slowdown.ratio


def _words(slowdown: Slowdown | None) -> str:
    return "" if slowdown is None else slowdown.evidence


def _degraded(situation: Situation) -> float | None:
    """Times what it was, of what got worse most; None until there are probes."""
    if not any(start.probes for start in situation.starts):
        return None
    return max((found.ratio for found in situation.degraded), default=1.0)


FIGURES: dict[str, Callable[[Situation], float | None]] = {
    "refused_lately": lambda situation: _refusals(situation, LATELY),
    "refused_in_half_an_hour": lambda situation: _refusals(situation, HALF_AN_HOUR),
    "resident_bytes": lambda situation: situation.rss,
    "memory_growth": lambda situation: memory_growth(situation.samples),
    "device_ms": _device_ms,
    "unwatched": _unwatched,
    "seconds_down": lambda situation: situation.down,
    "machine_slowdown": lambda situation: _ratio(_machine(situation)),
    "start_slowdown": lambda situation: _ratio(_start(situation)),
    "degradation": _degraded,
}
"""Signals of the whole situation; None: not known."""

UNITS = {
    "resident_bytes": (1e-6, " MB"),
    "memory_growth": (1e-6, " MB"),
    "device_ms": (1.0, " ms"),
    "seconds_down": (1.0, " s"),
}
"""How figures are written: times what, and with which unit; others are plain numbers."""


def _amount(signal: str, value: float) -> str:
    times, unit = UNITS.get(signal, (1.0, ""))
    return f"{times * value:.4g}{unit}"


EVIDENCE: dict[str, Callable[[Situation], str]] = {
    "machine_slowdown": lambda situation: _words(_machine(situation)),
    "start_slowdown": lambda situation: _words(_start(situation)),
    "degradation": lambda situation: ", ".join(f.evidence for f in situation.degraded),
}
"""The evidence of signals that a figure alone does not explain; "" where that does."""


@cache
def alert_rules() -> tuple[AlertRule, ...]:
    """All rules, in the order of the file."""
    written = tomllib.loads(files("onset").joinpath("data", "alerts.toml").read_text("utf-8"))
    return tuple(
        AlertRule(
            **row
            | {
                "fire": tuple(map(tuple, row.get("fire", ()))),
                "clear": tuple(row.get("clear", (0, 0))),
            }
        )
        for row in written["alert"]
    )


def alert_lines() -> Iterator[str]:
    """The table for docs/monitoring.md, line by line."""
    yield "| alert | severity | fires | clears | |"
    yield "|---|---|---|---|---|"
    for rule in alert_rules():
        words = f"{rule.firing_words} | {rule.clearing_words} | {rule.says} `{rule.check}`"
        yield f"| `{rule.name}` | {rule.severity} | {words} |"
