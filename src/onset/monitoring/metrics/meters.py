"""Counts records for Prometheus, and writes what GET /metrics answers."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from onset.monitoring.answer_record import AnswerRecord, RefusalReason
from onset.monitoring.host_state import host_figures
from onset.monitoring.metrics.metric_table import (
    OUTCOMES,
    PROCESS_METRICS,
    SERVER_METRICS,
    SLO,
    SLO_STUDENT,
    TRAFFIC,
    MetricRow,
)
from onset.monitoring.quiet_moment import quiet_moment
from onset.monitoring.server_state import (
    ProcessFigures,
    ProcessWatch,
    ServerState,
    StateSource,
)
from onset.protocol.http_api import REPORTERS, PlaybackEnd, PlaybackReport
from onset.protocol.performance_api import AlertStatus
from onset.types import PLAN_NAMES

FRESH = 1.0
"""Seconds for which a rendered page is given again: rendering takes milliseconds of processor."""

LONGEST_HEARD = 60.0
"""Seconds a player may claim; more is no figure of a machine that works."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})

ELSEWHERE = "other"
"""Stands for all that a client can make up: methods, and paths that are no route."""

# A third of all series, which nothing of ours reads.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Meters:
    """All metrics of one server, in a registry of their own."""

    def __init__(
        self,
        state: StateSource,
        process: ProcessWatch,
        version: str,
        model: str,
        alerts: Callable[[], list[AlertStatus]] = list,
        host_probe: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.registry = CollectorRegistry()
        self._meters = {
            row.name: _meter(row, self.registry)
            for row in SERVER_METRICS
            if row.name not in _STATE_METRICS
        }
        self.registry.register(_StateCollector(state, process, alerts, host_probe))
        self._info("build").info({"version": version, "model": model})
        for traffic in TRAFFIC:
            for outcome in OUTCOMES:
                self._counter("answers", outcome, traffic)
            for name in ("work_seconds", "delivery_stalls", "delivery_stall_seconds"):
                self._counter(name, traffic)
        for reason in RefusalReason:
            self._counter("refusals", reason)
        for slo in (SLO, SLO_STUDENT):
            for result in ("good", "bad", "unmeasured"):
                self._counter("slo_events", slo, result)
        for plan in PLAN_NAMES:
            self._counter("plan_answers", plan)
        for reporter in REPORTERS:
            for name in ("playback_seconds", "playback_stalls"):
                self._counter(name, reporter)

    def count(self, record: AnswerRecord) -> None:
        """Count an answer."""
        traffic = traffic_of(record)
        self._counter("answers", record.outcome, traffic).inc()
        if record.reason is not None:
            self._counter("refusals", record.reason).inc()
        if record.is_promised and (result := record.promise()) is not None:
            self._counter("slo_events", SLO if record.is_counted else SLO_STUDENT, result).inc()
        if record.is_promised and record.plan is not None:
            self._counter("plan_answers", record.plan).inc()
        self._observe("ttfa_seconds", record.ttfa, traffic, str(bool(record.cold)).lower())
        self._observe("first_audio_seconds", record.first_audio, traffic)
        self._observe("ftts_seconds", record.ftts, traffic)
        self._observe("prediction_ratio", record.over_prediction, traffic)
        for stage, seconds in (record.stages or {}).items():
            self._observe("stage_seconds", seconds, stage, traffic)
        self._count_audio(record, traffic)

    def _count_audio(self, record: AnswerRecord, traffic: str) -> None:
        self._counter("work_seconds", traffic).inc(record.work)
        if not record.audio:
            return
        self._observe("rtf_ratio", record.rtf, traffic)
        language, decode = record.language or ELSEWHERE, record.decode or ELSEWHERE
        self._counter("audio_seconds", language, decode).inc(record.audio)
        self._counter("voice_audio_seconds", record.voice or ELSEWHERE).inc(record.audio)
        if record.stalls is not None and record.stalled is not None:
            self._counter("delivery_stalls", traffic).inc(record.stalls)
            self._counter("delivery_stall_seconds", traffic).inc(record.stalled)
            self._observe("required_prebuffer_seconds", record.stalled, traffic)

    def count_request(self, route: str | None, method: str, status: int) -> None:
        """Count an HTTP request. route: as the app has it, None if it met none; status: 0 if the
        client left before there was one."""
        method = method if method in METHODS else ELSEWHERE
        code = str(status) if status else "none"
        self._counter("http_requests", route or ELSEWHERE, method, code).inc()

    def count_report(self, report: PlaybackReport) -> None:
        """Count when an answer was heard, as a player tells; what cannot be is left out."""
        if not report.audible:
            return
        told = {"heard_seconds": report.heard_ms, "output_latency_seconds": report.latency_ms}
        for name, milliseconds in told.items():
            if 0 <= milliseconds <= 1e3 * LONGEST_HEARD:
                self._observe(name, milliseconds / 1e3, report.reporter)

    def count_end(self, report: PlaybackEnd) -> None:
        """Count what became of an answer, as a player tells; what it does not know is not there."""
        told = {
            "playback_seconds": report.played_s,
            "playback_stalls": report.stalls,
            "playback_stall_seconds": _seconds(report.stalled_ms),
            "playback_concealed_seconds": _seconds(report.concealed_ms),
            "playback_xruns": report.xruns,
        }
        for name, value in told.items():
            if value is not None:
                self._counter(name, report.reporter).inc(value)

    def count_stop(self, seconds: float) -> None:
        """Count how long the work for who had left went on. Any thread may."""
        self._observe("cancel_seconds", seconds)

    def count_lag(self, seconds: float) -> None:
        """Count how late the event loop was."""
        self._observe("event_loop_lag_seconds", max(0.0, seconds))

    def count_pauses(self, pauses: Iterable[float]) -> None:
        """Count pauses for collecting garbage, in seconds."""
        for seconds in pauses:
            self._observe("gc_pause_seconds", seconds)

    def _counter(self, name: str, *labels: str) -> Counter:
        meter = self._meters[name]
        assert isinstance(meter, Counter)
        return meter.labels(*labels)

    def _info(self, name: str) -> Info:
        meter = self._meters[name]
        assert isinstance(meter, Info)
        return meter

    def _observe(self, name: str, value: float | None, *labels: str) -> None:
        """Put a value into a histogram; None was not measured, and is nowhere."""
        meter = self._meters[name]
        assert isinstance(meter, Histogram)
        if value is not None:
            (meter.labels(*labels) if labels else meter).observe(value)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1e3


def traffic_of(record: AnswerRecord) -> str:
    """The population that an answer belongs to: one of TRAFFIC."""
    traffic = str(record.way) if record.purpose == "user" else record.purpose
    if record.cached:
        return f"{traffic}-cached"
    return f"{traffic}-fast" if record.plan == "fast" else traffic


@dataclass(slots=True)
class MetricsPage:
    """What GET /metrics answers: rendered in a thread, at most once in FRESH seconds.

    It waits for a moment in which no answer is awaited.
    """

    registry: CollectorRegistry
    clock: Callable[[], float] = monotonic
    state: StateSource = ServerState
    _pages: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def render(self, accept: str) -> tuple[bytes, str]:
        """The page and its content type: OpenMetrics for those who ask for it, else plain text."""
        open_metrics = "application/openmetrics-text" in accept
        kind = "application/openmetrics-text; version=1.0.0" if open_metrics else ""
        encode, content_type = choose_encoder(kind)
        async with self._lock:
            at, page = self._pages.get(content_type, (-FRESH, b""))
            if self.clock() - at >= FRESH:
                await quiet_moment(self.state)
                page = await asyncio.to_thread(encode, self.registry)
                self._pages[content_type] = self.clock(), page
        return page, content_type


_STATE_METRICS = frozenset(
    {
        *("streams", "listeners_capacity", "pace_ratio", "history_dropped", "history_bytes"),
        *("alerts", "cache_requests", "cache_entries", "host_cpu_ratio", "host_probe_seconds"),
        *("cpu_hertz", "cpu_throttled_seconds", "cpu_heat_events", "backlog_audio_seconds"),
    }
)
"""Metrics that are asked for when somebody looks; what is not known is left out."""

_KINDS: dict[str, type[Counter | Gauge]] = {"counter": Counter, "gauge": Gauge}


def _meter(row: MetricRow, registry: CollectorRegistry) -> MetricWrapperBase:
    if row.kind == "info":
        return Info(row.full_name, row.meaning, registry=registry)
    if row.kind == "histogram":
        kept = row.buckets
        return Histogram(row.full_name, row.meaning, row.labels, registry=registry, buckets=kept)
    return _KINDS[row.kind](row.full_name, row.meaning, row.labels, registry=registry)


LabelledSample = tuple[tuple[str, ...], float]
"""Values of the labels, and of the metric."""


@dataclass(frozen=True, slots=True)
class _StateCollector(Collector):
    """Asks the server and the process at every rendering."""

    state: StateSource
    process: ProcessWatch
    alerts: Callable[[], list[AlertStatus]]
    host_probe: Callable[[], float | None]

    def collect(self) -> Iterable[Metric]:
        state, process, host = self.state(), self.process.look(), host_figures()
        values = {
            "streams": state.active,
            "backlog_audio_seconds": state.backlog,
            "listeners_capacity": state.listeners,
            "history_dropped": state.history_dropped,
            "history_bytes": state.history_bytes,
            "host_cpu_ratio": process.host_cpu_ratio,
            "host_probe_seconds": self.host_probe(),
            "cpu_hertz": host.hertz,
            "cpu_throttled_seconds": host.quota_seconds,
            "cpu_heat_events": host.heat_events,
        }
        for row in SERVER_METRICS:
            if (value := values.get(row.name)) is not None:
                yield _FAMILIES[row.kind](row.full_name, row.meaning, value)
        yield from _labelled("pace_ratio", _pace_samples(state))
        yield from _labelled("cache_requests", _cache_samples(state))
        entries = [((cache.name,), float(cache.entries)) for cache in state.caches]
        yield from _labelled("cache_entries", entries)
        yield from _labelled("alerts", self._alert_samples())
        yield from _process_families(process)

    def _alert_samples(self) -> list[LabelledSample]:
        """Of alerts that enough is known for."""
        return [
            ((alert.name, alert.severity), float(alert.state in ("firing", "clearing")))
            for alert in self.alerts()
            if alert.state != "insufficient"
        ]


def _pace_samples(state: ServerState) -> list[LabelledSample]:
    known = state.pace is not None and state.pace_kind is not None
    return [((str(state.pace_kind),), state.pace or 0.0)] if known else []


def _cache_samples(state: ServerState) -> list[LabelledSample]:
    return [
        ((cache.name, result), float(count))
        for cache in state.caches
        for result, count in (("hit", cache.hits), ("miss", cache.misses))
    ]


def _labelled(name: str, samples: Iterable[LabelledSample]) -> Iterable[Metric]:
    """A metric with labels; nothing where there is no sample."""
    row = next(row for row in SERVER_METRICS if row.name == name)
    family = _FAMILIES[row.kind](row.full_name, row.meaning, labels=row.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    if family.samples:
        yield family


_FAMILIES = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}


def _process_families(figures: ProcessFigures) -> Iterable[Metric]:
    values = {
        "process_resident_memory_bytes": figures.rss,
        "process_cpu_seconds": figures.cpu,
        "process_open_fds": figures.fds,
        "process_start_time_seconds": figures.started,
    }
    for row in PROCESS_METRICS:
        if (value := values[row.name]) is not None:
            yield _FAMILIES[row.kind](row.name, row.meaning, value)
