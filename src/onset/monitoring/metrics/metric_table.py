"""Every metric of GET /metrics: name, kind, labels, meaning. The code and the page are made of it.

Names follow the conventions of Prometheus: base units, `_total` on counters. No label has an id, a
text, a path or anything else that a client can make up, so that the number of series is bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from onset.monitoring.answer_record import StreamOutcome

PREFIX = "onset_"

TRAFFIC = (
    *("http", "http-fast", "http-cached", "incremental", "incremental-fast"),
    *("background", "background-fast", "bench", "bench-fast", "bench-cached", "probe"),
)
"""Populations that are never pooled: a user's answers by their way, a benchmark's, a probe's; of
these apart what a student spoke, and what began in the cache."""

SLO, SLO_STUDENT = "ttfa", "ttfa-student"
"""Promises: of Kokoro's answers, and of a student's."""

MOST_SERIES = 3600
"""Series at most, whatever clients ask for; some 400 are usual."""

WAITS = (
    *(0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6),
    *(0.8, 1.0, 1.2, 1.6, 2.5, 5.0, 10.0),
)
"""Seconds. Limits that are promised or alarmed at are edges, so the share under them is exact."""

STAGE_WAITS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds of one stage; few, as there are many stages."""

SHORT_WAITS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds that nobody should notice."""

RATIOS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 0.85, 1.0, 1.25, 1.5, 2.0, 4.0)
"""Of work to audio; 1 is where speech can no longer be kept up with."""

PREDICTIONS = (0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
"""Of what came true to what was predicted. 1.5 is what plans are chosen with in reserve."""

Kind = Literal["counter", "histogram", "gauge", "info"]


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric. name: without PREFIX, and without the ending of its kind."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """As /metrics has it, without the `_total` that a counter's samples end with."""
        return PREFIX + self.name


TRAFFIC_LABEL = ("traffic",)
REPORTER_LABEL = ("reporter",)

SERVER_METRICS = (
    MetricRow("answers", "counter", "answers that are over", ("outcome", "traffic")),
    MetricRow("refusals", "counter", "requests for speech that were refused", ("reason",)),
    MetricRow(
        "http_requests",
        "counter",
        "HTTP requests that are over, by the route they met",
        ("route", "method", "code"),
    ),
    MetricRow(
        "slo_events",
        "counter",
        "users' answers over HTTP that kept the promise of 800 ms, broke it, or cannot tell",
        ("slo", "result"),
    ),
    MetricRow("plan_answers", "counter", "users' answers over HTTP, by their plan", ("plan",)),
    MetricRow(
        "ttfa_seconds",
        "histogram",
        "until the piece with the audible onset was handed to the transport",
        ("traffic", "cold"),
        WAITS,
    ),
    MetricRow(
        "first_audio_seconds",
        "histogram",
        "until the first bytes of audio were handed to the transport",
        TRAFFIC_LABEL,
        WAITS,
    ),
    MetricRow(
        "prediction_ratio",
        "histogram",
        "first audio over what was predicted as the answer was admitted",
        TRAFFIC_LABEL,
        PREDICTIONS,
    ),
    MetricRow(
        "cancel_seconds",
        "histogram",
        "from when a listener had left until the work for them had stopped",
        (),
        SHORT_WAITS,
    ),
    MetricRow(
        "ftts_seconds",
        "histogram",
        "from the first words of a text that is being written to its audible onset",
        TRAFFIC_LABEL,
        WAITS,
    ),
    MetricRow(
        "stage_seconds",
        "histogram",
        "stages of an answer up to its first bytes; their sum is first_audio_seconds",
        ("stage", "traffic"),
        STAGE_WAITS,
    ),
    MetricRow(
        "rtf_ratio", "histogram", "seconds of work for a second of audio", TRAFFIC_LABEL, RATIOS
    ),
    MetricRow("work_seconds", "counter", "the engines' work for answers", TRAFFIC_LABEL),
    MetricRow("audio_seconds", "counter", "audio made", ("language", "decode")),
    MetricRow("voice_audio_seconds", "counter", "audio made, by voice; mixes are one", ("voice",)),
    MetricRow(
        "delivery_stalls",
        "counter",
        "silences of a listener without prebuffer, not due to a writer or a slow reader",
        TRAFFIC_LABEL,
    ),
    MetricRow("delivery_stall_seconds", "counter", "how long they lasted", TRAFFIC_LABEL),
    MetricRow(
        "required_prebuffer_seconds",
        "histogram",
        "smallest prebuffer that would have avoided every stall of an answer",
        TRAFFIC_LABEL,
        SHORT_WAITS,
    ),
    MetricRow(
        "heard_seconds",
        "histogram",
        "from a request until its first sound at an audible device, as players tell",
        REPORTER_LABEL,
        WAITS,
    ),
    MetricRow(
        "output_latency_seconds",
        "histogram",
        "of that device, as players tell",
        REPORTER_LABEL,
        SHORT_WAITS,
    ),
    MetricRow("playback_seconds", "counter", "what devices took, as players tell", REPORTER_LABEL),
    MetricRow("playback_stalls", "counter", "times a player ran dry and went on", REPORTER_LABEL),
    MetricRow("playback_stall_seconds", "counter", "how long that lasted", REPORTER_LABEL),
    MetricRow(
        "playback_concealed_seconds",
        "counter",
        "silence that devices were given meanwhile",
        REPORTER_LABEL,
    ),
    MetricRow("playback_xruns", "counter", "times a device itself ran dry", REPORTER_LABEL),
    MetricRow(
        "event_loop_lag_seconds",
        "histogram",
        "how late the event loop was, asked once a second",
        (),
        SHORT_WAITS,
    ),
    MetricRow("streams", "gauge", "answers being made"),
    MetricRow(
        "backlog_audio_seconds", "gauge", "audio of these answers that is still to be made, about"
    ),
    MetricRow("listeners_capacity", "gauge", "listeners that the engines keep up with"),
    MetricRow(
        "pace_ratio",
        "gauge",
        "seconds of work for a second of speech that are counted on: set, or measured as the model "
        "was loaded or the server was idle",
        ("kind",),
    ),
    MetricRow("gc_pause_seconds", "histogram", "pauses for collecting garbage", (), SHORT_WAITS),
    MetricRow("cache_requests", "counter", "looks into a cache", ("cache", "result")),
    MetricRow("cache_entries", "gauge", "entries of a cache", ("cache",)),
    MetricRow("host_cpu_ratio", "gauge", "share of all cores in use, by all programs"),
    MetricRow("host_probe_seconds", "gauge", "a fixed piece of work, timed while nobody listened"),
    MetricRow("cpu_hertz", "gauge", "clock of the processor, mean of its cores"),
    MetricRow("cpu_throttled_seconds", "counter", "held back by a quota of the container"),
    MetricRow("cpu_heat_events", "counter", "times that a core was slowed down for its heat"),
    MetricRow("history_dropped", "counter", "rows of the history that could not be written"),
    MetricRow("history_bytes", "gauge", "size of the history"),
    MetricRow(
        "alerts", "gauge", "1 while an alert fires, 0 while it does not", ("alert", "severity")
    ),
    MetricRow("build", "info", "version and model", ("version", "model")),
)
"""What the server has of its own."""

PROCESS_METRICS = (
    MetricRow("process_resident_memory_bytes", "gauge", "resident memory"),
    MetricRow("process_cpu_seconds", "counter", "processor time, user and system"),
    MetricRow("process_open_fds", "gauge", "open file descriptors"),
    MetricRow("process_start_time_seconds", "gauge", "Unix time of the start"),
)
"""The process, by the names that every Prometheus client gives them, so without PREFIX."""

OUTCOMES = tuple(str(outcome) for outcome in StreamOutcome)


def metric_lines() -> Iterator[str]:
    """The table for docs/monitoring.md, line by line."""
    yield "| metric | kind | labels | |"
    yield "|---|---|---|---|"
    for row in SERVER_METRICS:
        yield _line(row.full_name, row)
    for row in PROCESS_METRICS:
        yield _line(row.name, row)


def _line(name: str, row: MetricRow) -> str:
    suffix = {"counter": "_total", "info": "_info"}.get(row.kind, "")
    labels = " ".join(f"`{label}`" for label in row.labels)
    return f"| `{name}{suffix}` | {row.kind} | {labels} | {row.meaning} |"
