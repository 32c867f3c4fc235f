"""What the daemon counts, and its report for people and monitors."""

import os
from collections import deque
from collections.abc import Collection
from time import perf_counter_ns
from typing import Any

import numpy as np

from onset.playback.player.player import Player
from onset.playback.player.playhead import FirstSound
from onset.playback.player.track import LOST, Event, Track
from onset.protocol.http_api import PlayingOutcome

REMEMBERED = 20
"""Starts that a report shows."""


class PlaybackStatistics:
    """Counters that only grow. played, stopped: tracks that ended that way."""

    def __init__(self) -> None:
        self.played = self.stopped = 0
        self._starts: deque[Event] = deque(maxlen=REMEMBERED)
        self._totals = np.zeros(3)

    def add(self, track: Track) -> None:
        """Add what a track has cost since it was added last: once, however often it is heard."""
        counters, buffer = track.jitter.counters, track.buffer
        totals = np.array([buffer.end / buffer.rate, counters.stalls, counters.stalled])
        self._totals += totals - track.counted
        track.counted = totals

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
            "latency_ms": _since(sound.heard_ns, sound.taken_ns),
            "prebuffer_ms": _ms(counters.prebuffer),
            "chosen_ms": _ms(counters.chosen),
            "stages_ms": {name: _ms(seconds) for name, seconds in track.stages.items()},
            "waited": track.delayed,
        }
        self._starts.append(start)
        return start

    def note_end(self, track: Track, player: Player, outcome: PlayingOutcome) -> Event:
        """What became of a track that was heard, in the words of PlaybackEnd."""
        counters, device = track.jitter.counters, player.sink.device
        return {
            "outcome": "failed" if track.failed else outcome,
            "audible": device is None or device.audible,
            "played_s": round(track.heard, 4),
            "stalls": counters.stalls,
            "stalled_ms": _ms(counters.stalled),
            "concealed_ms": _ms(track.concealed),
            "latency_ms": None if device is None else _ms(device.clock.latency),
            "xruns": player.sink.xruns - track.xruns,
        }

    def report(self, player: Player, waiting: Collection[Track]) -> dict[str, Any]:
        """The state, the device, the queue, the counters, and the latest starts."""
        track, device, playing = player.track, player.sink.device, None
        for waiter in waiting:
            self.add(waiter)
        if track is not None:
            self.add(track)
            # For how long it has been silent now for want of samples.
            dry = track.jitter.dry_for(perf_counter_ns() / 1e9)
            playing = _summary(track, player.position) | {"dry_s": round(dry, 3)}
        received, stalls, stalled = self._totals.tolist()
        return {
            "pid": os.getpid(),
            "state": "idle" if track is None else "paused" if player.paused else "playing",
            "device": None if device is None else device.name,
            "rate": None if device is None else device.rate,
            "audible": None if device is None else device.audible,
            "latency_ms": None if device is None else round(1e3 * device.clock.latency, 1),
            "speed": player.speed,
            "volume": player.sink.volume,
            "playing": playing,
            "waiting": [_summary(waiter, 0) for waiter in waiting],
            "counters": {
                "played": self.played,
                "stopped": self.stopped,
                "received_s": round(received, 4),
                "heard_s": round(player.sink.heard, 4),
                "stalls": int(stalls),
                "stalled_s": round(stalled, 4),
                "concealed": player.sink.concealed,
                "lost": LOST,
                "xruns": player.sink.xruns,
            },
            "starts": list(self._starts),
        }


def _summary(track: Track, position: int) -> dict[str, Any]:
    rate, end = track.buffer.rate, track.buffer.end
    return {
        "caller": track.caller,
        "position_s": round(position / rate, 3),
        "received_s": round(end / rate, 3),
        "length_s": round(end / rate, 3) if track.buffer.complete else None,
    }


def _since(moment: int | None, asked: int) -> float | None:
    return None if moment is None else round((moment - asked) / 1e6, 2)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 2)
