"""The figures of one recording, as pure functions: seconds (or a count), None if not measured.

A failed request has no latency at all, however much of it had arrived: it is None here and
counts as infinitely late wherever quantiles are taken. Definitions: docs/metrics.md.
Knows nothing of sides, classes or statistics.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from onset.bench.playback import Piece, Playback, play, required_prebuffer
from onset.bench.recording import Outcome, Recording

Figure = Callable[[Recording], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the tables. `figure` gives seconds; key is what the JSON calls it, less `_ms`."""

    key: str
    title: str
    definition: str
    figure: Figure


def ttfa_audible(recording: Recording) -> float | None:
    """Arrival of the piece that holds the audible onset, less when the request was due."""
    return _since(recording.due_ns, _onset_arrival(recording))


def ttfa_heard(recording: Recording) -> float | None:
    """When a player without prebuffer makes the onset heard, less when the request was due.

    The latest over the pieces up to the onset's of [its arrival + the audio from its start to
    the onset] (vLLM-Omni and Pipecat call it TTFA).
    """
    if recording.outcome is Outcome.FAILED or recording.onset is None:
        return None
    heard_ns = max(
        at_ns + (recording.onset - start) * 1e9 / recording.sample_rate
        for at_ns, start in _starts(recording)
        if start <= recording.onset
    )
    return (heard_ns - recording.due_ns) / 1e9


def ttfb(recording: Recording) -> float | None:
    """Status and headers read, less when the request was sent."""
    return None if _failed(recording) else _since(recording.sent_ns, recording.headers_ns)


def ttfa_wire(recording: Recording) -> float | None:
    """First samples received, silent or not (a WAV header is none), less when it was sent."""
    if _failed(recording) or not recording.arrivals:
        return None
    return _since(recording.sent_ns, recording.arrivals[0][0])


def leading_silence(recording: Recording) -> float | None:
    """Audio before the audible onset."""
    if _failed(recording) or recording.onset is None:
        return None
    return recording.onset / recording.sample_rate


def audio_seconds(recording: Recording) -> float | None:
    """Length of a whole answer; None for one that was not heard to its end."""
    return sum(seconds for _, seconds in pieces(recording)) if _whole(recording) else None


def request_duration(recording: Recording) -> float | None:
    """Last samples received, less when the request was sent; whole answers only."""
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
    """Seconds between one piece's arrival and the next one's."""
    return [(later - earlier) / 1e9 for (earlier, _), (later, _) in pairwise(recording.arrivals)]


def prebuffer(recording: Recording) -> float | None:
    """Smallest wait after the first piece that would have avoided every stall; whole only."""
    return required_prebuffer(pieces(recording)) if _whole(recording) else None


def playback(recording: Recording, prebuffer_seconds: float) -> Playback | None:
    """The stream as the simulated player plays it; whole answers only."""
    return play(pieces(recording), prebuffer_seconds) if _whole(recording) else None


def pieces(recording: Recording) -> list[Piece]:
    """(arrival in seconds since sent, seconds of audio) of each piece."""
    return [
        ((at_ns - recording.sent_ns) / 1e9, samples / recording.sample_rate)
        for at_ns, samples in recording.arrivals
    ]


METRICS = (
    Metric("ttfa_audible", "audible TTFA", "request due -> piece with the onset", ttfa_audible),
    Metric("ttfa_heard", "heard", "request due -> onset heard without prebuffer", ttfa_heard),
    Metric("ttfb", "first byte", "request sent -> headers", ttfb),
    Metric("ttfa_wire", "first audio", "request sent -> first samples", ttfa_wire),
    Metric("leading_silence", "silence", "audio before the onset", leading_silence),
)


def _failed(recording: Recording) -> bool:
    return recording.outcome is Outcome.FAILED


def _whole(recording: Recording) -> bool:
    return recording.outcome is Outcome.COMPLETE and bool(recording.arrivals)


def _since(start_ns: int, end_ns: int | None) -> float | None:
    return None if end_ns is None else (end_ns - start_ns) / 1e9


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
