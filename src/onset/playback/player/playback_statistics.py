"""What the daemon counts, and its report for people and monitors."""

import os
from collections import deque
from collections.abc import Iterable
from time import perf_counter_ns
from typing import Any

from onset.playback.player.player import Player, is_null
from onset.playback.player.playhead import FirstSound
from onset.playback.player.track import Event, Track, TrackTotals

REMEMBERED = 20
"""Starts that a report shows."""


class PlaybackStatistics:
    """Counters that only grow. played, stopped: tracks that ended that way."""

    def __init__(self) -> None:
        self.played = self.stopped = 0
        self._starts: deque[Event] = deque(maxlen=REMEMBERED)
        self._totals = TrackTotals()

    def add(self, track: Track) -> None:
        """Add what a track has cost, once however often it is heard."""
        more = track.uncounted
        self._totals = self._totals.plus(more)
        track.counted = track.counted.plus(more)

    def note_start(self, track: Track, sound: FirstSound) -> dict[str, Any]:
        """Keep the moments of a track's first sound; milliseconds are since it was asked for."""
        counters = track.jitter.counters
        start = {
            "asked_ns": track.asked_ns,
            "heard_ns": sound.heard_ns,
            "first_ms": _since(track.first_ns, track.asked_ns),
            "onset_ms": _since(track.onset_arrived_ns, track.asked_ns),
            "lead_ms": None if track.onset is None else _ms(track.onset / track.buffer.rate),
            "taken_ms": _since(sound.taken_ns, track.asked_ns),
            "heard_ms": _since(sound.heard_ns, track.asked_ns),
            "latency_ms": round((sound.heard_ns - sound.taken_ns) / 1e6, 2),
            "prebuffer_ms": _ms(counters.prebuffer),
            "chosen_ms": _ms(counters.chosen),
            "stages_ms": {name: _ms(seconds) for name, seconds in track.stages.items()},
            "waited": track.delayed,
        }
        self._starts.append(start)
        return start

    def report(self, player: Player, waiting: Iterable[Track]) -> dict[str, Any]:
        """The state, the device, the queue, the counters, and the latest starts."""
        track, device = player.track, player.sink.device
        return {
            "pid": os.getpid(),
            "state": "idle" if track is None else "paused" if player.paused else "playing",
            "device": None if device is None else device.name,
            "rate": None if device is None else device.rate,
            "audible": None if device is None else not is_null(device),
            "latency_ms": None if device is None else round(1e3 * player.sink.latency, 1),
            "speed": player.speed,
            "volume": player.sink.volume,
            "playing": None if track is None else _playing(track, player.position),
            "waiting": [_summary(track, 0) for track in waiting],
            "counters": self._counters(player, waiting),
            "starts": list(self._starts),
        }

    def _counters(self, player: Player, waiting: Iterable[Track]) -> dict[str, float]:
        totals = self._totals
        for track in (player.track, *waiting):
            totals = totals if track is None else totals.plus(track.uncounted)
        return {
            "played": self.played,
            "stopped": self.stopped,
            "received_s": round(totals.received, 4),
            "heard_s": round(player.monitor.heard, 4),
            "stalls": totals.stalls,
            "stalled_s": round(totals.stalled, 4),
            "concealed": player.monitor.concealed,
            "xruns": player.sink.xruns,
        }


def _summary(track: Track, position: int) -> dict[str, Any]:
    rate, end = track.buffer.rate, track.buffer.end
    return {
        "caller": track.caller,
        "position_s": round(position / rate, 3),
        "received_s": round(end / rate, 3),
        "length_s": round(end / rate, 3) if track.buffer.complete else None,
    }


def _playing(track: Track, position: int) -> dict[str, Any]:
    """With how long it has been silent now for want of samples."""
    dry = track.jitter.dry_for(perf_counter_ns() / 1e9)
    return _summary(track, position) | {"dry_s": round(dry, 3)}


def _since(moment: int | None, asked: int) -> float | None:
    return None if moment is None else round((moment - asked) / 1e6, 2)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 2)
