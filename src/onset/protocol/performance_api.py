"""Bodies of the performance routes. Null is what was not measured; it is never 0.

Figures of answers are those of users over HTTP, within the live window, unless they say otherwise.
"""

from typing import Literal

from pydantic import BaseModel

from onset.protocol.http_api import Decode, PlayedFigures, Purpose, Reporter
from onset.types import PlanName

TTFA_PATH = "/performance/ttfa"
LIVE_PATH = "/performance/live"
HISTORY_PATH = "/performance/history"

Trend = Literal["improving", "stable", "degrading", "unknown"]
"""The newest 20 answers against those before, by a rank test; unknown with fewer than 40."""


class TtfaFigures(BaseModel):
    """Time to the first audible audio. current: the newest answer's. achievement_rate: share within
    `target`, with its 95 % interval, of n answers; failures are not within. unmeasured: answers
    that tell nothing.
    """

    current_ms: float | None
    target_ms: float
    trend: Trend
    achievement_rate: float | None
    interval: tuple[float, float] | None
    n: int
    unmeasured: int
    p50_ms: float | None
    p95_ms: float | None


class FlowFigures(BaseModel):
    """Whether audio keeps up with listening. rtf: work for a second of audio, median. smooth_ratio:
    share of answers without a stall. exact_ratio: share of answers decoded exactly.
    """

    rtf_p50: float | None
    smooth_ratio: float | None
    stalls: int | None
    exact_ratio: float | None


class SystemFigures(BaseModel):
    """The process. cpu_ratio: cores it kept busy; host_cpu_ratio: share of all cores in use."""

    rss_bytes: int
    cpu_ratio: float | None
    host_cpu_ratio: float | None
    cache_hit_ratio: float | None
    pace: float | None
    listeners: int | None
    active: int


class ReporterFigures(BaseModel):
    """What one kind of player told of audible devices: medians of n reports. network: between the
    request and the head of the answer, without the server; playback: from the arrival of the
    audible onset until it was heard. played: of answers that are over.
    """

    n: int
    heard_ms: float | None
    latency_ms: float | None
    network_ms: float | None
    playback_ms: float | None
    played: PlayedFigures


class HeardFigures(BaseModel):
    """What players told of audible devices: medians of n reports, since the request; and apart by
    who told it.
    """

    n: int
    heard_ms: float | None
    latency_ms: float | None
    reporters: dict[Reporter, ReporterFigures]


class PopulationFigures(BaseModel):
    """Answers that are counted apart. failed: those that broke the promise without audio."""

    n: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None


class RecentAnswer(BaseModel):
    """One answer. at: Unix time at its end."""

    at: float
    purpose: Purpose
    way: str
    outcome: str
    ttfa_ms: float | None
    first_audio_ms: float | None
    voice: str | None
    language: str | None
    format: str | None
    characters: int | None
    decode: Decode | None
    cold: bool | None
    stalls: int | None
    plan: PlanName | None = None
    cached: bool | None = None


class AlertStatus(BaseModel):
    """An alert. state: insufficient (too little is known), ok, firing, or clearing (it still fires,
    but no longer would); since: Unix time. evidence: the figures; check: a command that shows
    whether it is over.
    """

    name: str
    severity: str
    state: str
    since: float | None
    says: str
    evidence: str
    check: str


class LiveAdvice(BaseModel):
    """What to do about what is seen. check: a command that shows whether it helped."""

    rule: str
    evidence: str
    suggestion: str
    check: str


class ProbeStatus(BaseModel):
    """What the server measures by itself while nobody is there. off: why it does not, else None.

    n: probes since the start; the others are of the newest. at: Unix time; pace: seconds of work
    for a second of speech; host_ms: of a fixed piece of work that has nothing to do with speech.
    """

    off: str | None
    n: int
    at: float | None
    pace: float | None
    first_audio_ms: float | None
    host_ms: float | None


class UnknownAdvice(BaseModel):
    """A rule that cannot say anything yet: there are n answers, reports or probes of so many."""

    rule: str
    n: int
    of: int


class FollowedAdvice(BaseModel):
    """What became of advice. since: Unix time when it was first given. was, now: the figure it
    rests on, then and among the newest answers. gone_at: since when it is no longer given; None
    while it is, or while too little is known.
    """

    rule: str
    suggestion: str
    check: str
    since: float
    was: str | None
    now: str | None
    gone_at: float | None


class PerformanceSnapshot(BaseModel):
    """Body of GET TTFA_PATH, and every event of GET LIVE_PATH.

    at: Unix time. pipeline, pipeline_p95: the stages of the one answer at the median, and at the
    95th percentile, which add up to its first audio; beside them "network" and "playback", medians
    of what the player told that told last.
    recent: the newest answers of all populations, the newest last. followed: what became of all
    that was advised in the last days. not_enough_known: rules that cannot advise yet.
    plans: what users who waited over HTTP got.
    """

    version: str
    at: float
    ready: bool
    ttfa: TtfaFigures
    pipeline: dict[str, float | None]
    pipeline_p95: dict[str, float | None]
    flow: FlowFigures
    system: SystemFigures
    heard: HeardFigures
    probe: ProbeStatus
    populations: dict[str, PopulationFigures]
    recent: list[RecentAnswer]
    alerts: list[AlertStatus]
    recommendations: list[LiveAdvice]
    followed: list[FollowedAdvice]
    not_enough_known: list[UnknownAdvice] = []
    plans: dict[PlanName, PopulationFigures] = {}


class HistoryStart(BaseModel):
    """A start of the server. machine: system, kind of processor, number of cores."""

    id: int
    at: float
    version: str
    machine: str


class HistoryPoint(BaseModel):
    """Users' answers over HTTP in `width` seconds from `at` on, of one start of the server.

    n: answers that tell whether the promise was kept, `good` of them yes. p50, p95: seconds to the
    audible audio; failures are infinitely late.
    """

    at: float
    width: float
    start: int
    n: int
    good: int
    p50: float | None
    p95: float | None


class HistoryEvent(BaseModel):
    """Something that happened, such as an alert that changed its state."""

    at: float
    kind: str
    name: str
    state: str
    facts: dict[str, str | float | None]


class PerformanceHistory(BaseModel):
    """Body of GET HISTORY_PATH. enabled: whether one is kept. problem: why it is not written now.

    dropped: rows that could not be written since the start.
    """

    enabled: bool
    problem: str | None
    dropped: int
    bytes: int | None
    answers: int
    since: float
    starts: list[HistoryStart]
    points: list[HistoryPoint]
    events: list[HistoryEvent]
