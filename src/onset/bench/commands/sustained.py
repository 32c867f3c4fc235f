"""One long answer from end to end: does it keep ahead of the listener?

Knows nothing of first sounds.
"""

from collections.abc import Sequence

from rich.table import Table

from onset.bench.analysis.metrics import (
    audio_seconds,
    gaps,
    playback,
    prebuffer,
    request_duration,
    rtf_stream,
    rtf_whole,
    ttfa_audible,
)
from onset.bench.analysis.simulated_player import SimulatedPlayback
from onset.bench.records.recording import Recording
from onset.bench.report.formatting import ABSENT, milliseconds, shown
from onset.stats.quantiles import quantile

PREBUFFERS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds of audio that a player may wait for before it starts."""


def table(recording: Recording) -> Table:
    """What each player would have heard."""
    made = Table(title="The same stream in players that wait for some audio first")
    for column in ("prebuffer ms", "sound after ms", "stalls", "stalled s", "efficiency"):
        made.add_column(column, justify="right")
    for seconds, played in _players(recording):
        made.add_row(shown(seconds), *_row(played))
    return made


def summary(recording: Recording) -> dict[str, object]:
    """The figures of the stream, units in the keys; None is not measured."""
    between: Sequence[float] = gaps(recording)
    return {
        "schema": 1,
        "bench": "stream",
        "outcome": recording.outcome,
        "detail": recording.detail,
        "audio_seconds": audio_seconds(recording),
        "request_seconds": request_duration(recording),
        "ttfa_audible_ms": milliseconds(ttfa_audible(recording)),
        "rtf_stream": rtf_stream(recording),
        "rtf_whole": rtf_whole(recording),
        "chunks": len(recording.arrivals),
        "chunk_gap_ms_p50": milliseconds(quantile(between, 0.5)),
        "chunk_gap_ms_p95": milliseconds(quantile(between, 0.95)),
        "chunk_gap_ms_max": milliseconds(max(between, default=None)),
        "required_prebuffer_ms": milliseconds(prebuffer(recording)),
        "players": [
            {"prebuffer_ms": milliseconds(seconds)} | _player(played)
            for seconds, played in _players(recording)
        ],
    }


def _players(recording: Recording) -> list[tuple[float, SimulatedPlayback | None]]:
    return [(seconds, playback(recording, seconds)) for seconds in PREBUFFERS]


def _row(played: SimulatedPlayback | None) -> tuple[str, ...]:
    if played is None:
        return (ABSENT,) * 4
    stalled = f"{played.stall_seconds:.3f}"
    return shown(played.start), str(len(played.stalls)), stalled, f"{played.efficiency:.4f}"


def _player(played: SimulatedPlayback | None) -> dict[str, object]:
    return {
        "start_ms": milliseconds(played.start) if played else None,
        "stalls": len(played.stalls) if played else None,
        "stall_seconds": played.stall_seconds if played else None,
        "efficiency_ratio": played.efficiency if played else None,
        "smooth": played.smooth if played else None,
    }
