"""The metrics of one request, as pure functions of its recording: None if not measured.

A failed request has no latency at all, however much of it had arrived: it is None here and
counts as infinitely late wherever quantiles are taken. Definitions: docs/metrics.md.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from itertools import accumulate, pairwise
from typing import Generic, TypeVar

from onset.bench.analysis.simulated_player import Piece, SimulatedPlayback, play, required_prebuffer
from onset.bench.records.recording import Recording, RequestOutcome
from onset.protocol.http_api import parse_server_timing

UNDERRUN_PREBUFFER = 0.2
"""Seconds of audio that the players of `underruns` wait for."""

FULL = 429
"""HTTP's status of a server that keeps up with no more."""


class Unit(StrEnum):
    """The unit of a figure. Reports give SECONDS in milliseconds."""

    SECONDS = "s"
    RATIO = "ratio"
    COUNT = "count"
    BYTES = "bytes"
    PER_SECOND = "1/s"


_Of = TypeVar("_Of")
"""What a figure is of: a recording, or all trials of a case."""


@dataclass(frozen=True, slots=True)
class Metric(Generic[_Of]):
    """A row of the tables. `figure` is in `unit`; key: in the JSON, with `_ms` for seconds."""

    key: str
    figure: Callable[[_Of], float | None]
    title: str
    definition: str
    unit: Unit
    more_is_better: bool = False


def described(figures: Mapping[str, Callable[[_Of], float | None]]) -> tuple[Metric[_Of], ...]:
    """The metrics of these keys, as `data/metrics.toml` describes them."""
    rows = tomllib.loads(files("onset").joinpath("data", "metrics.toml").read_text("utf-8"))
    units = {key: Unit(rows[key].pop("unit")) for key in figures}
    return tuple(
        Metric(key, figure, unit=units[key], **rows[key]) for key, figure in figures.items()
    )


def ttfa_audible(recording: Recording) -> float | None:
    """From when the request was due to the arrival of the piece with the audible onset."""
    return _since(recording.due_ns, _onset_arrival(recording))


def ttfa_heard(recording: Recording) -> float | None:
    """From when the request was due to when a player without prebuffer plays the onset.

    The latest over the pieces up to the onset's of [its arrival + the audio from its start to
    the onset] (vLLM-Omni and Pipecat call it TTFA).
    """
    if _failed(recording) or recording.onset is None:
        return None
    heard_ns = max(
        at_ns + (recording.onset - start) * 1e9 / recording.sample_rate
        for at_ns, start in _starts(recording)
        if start <= recording.onset
    )
    return (heard_ns - recording.due_ns) / 1e9


def ttfb(recording: Recording) -> float | None:
    """From when the request was sent to status and headers."""
    return _after_sent(recording, recording.headers_ns)


def first_bytes(recording: Recording) -> float | None:
    """From when the request was sent to the first bytes of the body, in whatever format."""
    return _after_sent(recording, recording.marks.get("first_bytes"))


def ttfa_wire(recording: Recording) -> float | None:
    """From when the request was sent to the first samples, silent or not; a WAV header is none."""
    return _after_sent(recording, recording.arrivals[0][0]) if recording.arrivals else None


def leading_silence(recording: Recording) -> float | None:
    """Audio before the audible onset."""
    if _failed(recording) or recording.onset is None:
        return None
    return recording.onset / recording.sample_rate


def audio_seconds(recording: Recording) -> float | None:
    """Length of a whole answer; None for one that was not received to its end."""
    return sum(seconds for _, seconds in pieces(recording)) if _whole(recording) else None


def request_duration(recording: Recording) -> float | None:
    """From when the request was sent to the last samples; whole answers only."""
    return _since(recording.sent_ns, recording.arrivals[-1][0]) if _whole(recording) else None


def rtf_stream(recording: Recording) -> float | None:
    """(last - first arrival) / (audio less the first piece's): below 1 keeps up with speech.

    None for an answer that came in one piece: it was not streamed.
    """
    if not _whole(recording) or len(recording.arrivals) < 2:
        return None
    parts = pieces(recording)
    return (parts[-1][0] - parts[0][0]) / sum(seconds for _, seconds in parts[1:])


def rtf_whole(recording: Recording) -> float | None:
    """Request duration over audio length; whole answers only."""
    duration, audio = request_duration(recording), audio_seconds(recording)
    return None if duration is None or not audio else duration / audio


def gaps(recording: Recording) -> list[float]:
    """Seconds between the arrivals of successive pieces."""
    return [(later - earlier) / 1e9 for (earlier, _), (later, _) in pairwise(recording.arrivals)]


def prebuffer(recording: Recording) -> float | None:
    """Smallest wait after the first piece that would have avoided every stall; whole only."""
    return required_prebuffer(pieces(recording)) if _whole(recording) else None


def playback(recording: Recording, prebuffer_seconds: float) -> SimulatedPlayback | None:
    """The stream as the simulated player plays it; whole answers only."""
    return play(pieces(recording), prebuffer_seconds) if _whole(recording) else None


def pieces(recording: Recording) -> list[Piece]:
    """(arrival in seconds since sent, seconds of audio) of each piece."""
    return [
        ((at_ns - recording.sent_ns) / 1e9, samples / recording.sample_rate)
        for at_ns, samples in recording.arrivals
    ]


def second_piece(recording: Recording) -> float | None:
    """Wait between the first and the second piece; None for fewer than two."""
    waits = [] if _failed(recording) else gaps(recording)
    return waits[0] if waits else None


def longest_gap(recording: Recording) -> float | None:
    """Longest wait between two pieces; whole answers only."""
    return max(gaps(recording), default=None) if _whole(recording) else None


def stalls(recording: Recording) -> float | None:
    """How often a player without prebuffer runs dry; whole answers only."""
    played = playback(recording, 0.0)
    return None if played is None else len(played.stalls)


def stall_seconds(recording: Recording) -> float | None:
    """How long a player without prebuffer is dry; whole answers only."""
    played = playback(recording, 0.0)
    return None if played is None else played.stall_seconds


def underruns(recording: Recording) -> float | None:
    """How often a player that waits for 200 ms ran dry before its listener left, or the end."""
    left = "cancelled" in recording.marks
    if not (_whole(recording) or (left and not _failed(recording))):
        return None
    played = play(pieces(recording), UNDERRUN_PREBUFFER)
    return None if played is None else len(played.stalls)


def is_refusal(recording: Recording) -> bool:
    """Whether a full server sent the request away."""
    return recording.status == FULL


def refusal(recording: Recording) -> float | None:
    """Told that the server is full, less when the request was sent."""
    return _since(recording.sent_ns, recording.ended_ns) if is_refusal(recording) else None


def efficiency(recording: Recording) -> float | None:
    """Audio over audio and stalls, of a player without prebuffer; whole answers only."""
    played = playback(recording, 0.0)
    return None if played is None else played.efficiency


def lateness(recording: Recording) -> float | None:
    """From due to sent: how late the load generator was; also of requests that failed later."""
    return (recording.sent_ns - recording.due_ns) / 1e9


def connect(recording: Recording) -> float | None:
    """From when the request was sent to the connection."""
    return _after_sent(recording, recording.marks.get("connected"))


def server_ttfa(recording: Recording) -> float | None:
    """Time to the first audio by the server's own clock: "total" of Server-Timing."""
    return None if _failed(recording) else parse_server_timing(recording.server_timing).get("total")


def cancel_latency(recording: Recording) -> float | None:
    """From when the listener left to when the server's health page says that it is idle."""
    return _since(recording.marks.get("cancelled"), recording.marks.get("idle"))


def cold_ready(recording: Recording) -> float | None:
    """From the start of the process to when its health page says that it is ready."""
    return _since(recording.marks.get("exec"), recording.marks.get("ready"))


def ftts(recording: Recording) -> float | None:
    """From the first word sent of a streamed text to the piece with the audible onset."""
    return _since(recording.marks.get("first_token"), _onset_arrival(recording))


METRICS = described(
    {
        "ttfa_audible": ttfa_audible,
        "ttfa_heard": ttfa_heard,
        "ttfb": ttfb,
        "first_bytes": first_bytes,
        "ttfa_wire": ttfa_wire,
        "leading_silence": leading_silence,
        "second_piece": second_piece,
        "longest_gap": longest_gap,
        "required_prebuffer": prebuffer,
        "stall_time": stall_seconds,
        "request_duration": request_duration,
        "rtf_stream": rtf_stream,
        "rtf_whole": rtf_whole,
        "efficiency": efficiency,
        "stalls": stalls,
        "underruns": underruns,
        "refusal": refusal,
        "lateness": lateness,
        "connect": connect,
        "server_ttfa": server_ttfa,
        "cancel_latency": cancel_latency,
        "cold_ready": cold_ready,
        "ftts": ftts,
    }
)


def _failed(recording: Recording) -> bool:
    return recording.outcome is RequestOutcome.FAILED


def _whole(recording: Recording) -> bool:
    return recording.outcome is RequestOutcome.COMPLETE and bool(recording.arrivals)


def _since(start_ns: int | None, end_ns: int | None) -> float | None:
    return None if start_ns is None or end_ns is None else (end_ns - start_ns) / 1e9


def _after_sent(recording: Recording, at_ns: int | None) -> float | None:
    return None if _failed(recording) else _since(recording.sent_ns, at_ns)


def _starts(recording: Recording) -> list[tuple[int, int]]:
    """(arrival, index of the first sample) of each piece."""
    counts = (samples for _, samples in recording.arrivals)
    positions = accumulate(counts, initial=0)
    return [
        (at_ns, start) for (at_ns, _), start in zip(recording.arrivals, positions, strict=False)
    ]


def _onset_arrival(recording: Recording) -> int | None:
    if _failed(recording) or recording.onset is None:
        return None
    return [at_ns for at_ns, start in _starts(recording) if start <= recording.onset][-1]
