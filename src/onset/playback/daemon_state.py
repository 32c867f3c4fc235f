"""What all connections of a daemon share."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from onset.errors import Unavailable
from onset.playback.asked_servers import AskedServers
from onset.playback.player.jitter_buffer import PrebufferHistory
from onset.playback.player.playlist import Playlist
from onset.playback.player.track import Track

POLL_SECONDS = 0.05
"""Seconds after the last poll of the player that samples which arrive are worth another: together
they cost one waking, and each alone costs one."""

TRICKLE = 0.25
"""Seconds of audio a second that are taken from a server beyond the limit, while nothing moves: it
cuts off a client that does not read, after 60 s with ours, and a listener who paused wants to go on
at the same place. The system opens its window again only for hundreds of kilobytes: at a tenth that
took up to 100 s."""

NAMES = 1000
"""Callers whose voices are kept, and sources whose prebuffer history is."""


@dataclass
class DaemonState:
    """wake: ask for a poll of the player now. polled: when that was last, `monotonic`.

    asked: the servers that speech was fetched from.
    """

    playlist: Playlist
    wake: Callable[[], None]
    trickle: float = TRICKLE
    polled: float = 0.0
    asked: AskedServers = field(default_factory=AskedServers)
    _voices: dict[str, str] = field(default_factory=dict)
    _histories: dict[str, PrebufferHistory] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def samples_arrived(self, track: Track) -> None:
        """Wake the player if it waits for samples or runs low, or was not polled for a while."""
        waits = track.buffer.complete or not track.jitter.playing
        low = not self.playlist.player.is_well_filled
        if waits or low or monotonic() - self.polled >= POLL_SECONDS:
            self.wake()

    def history(self, source: str) -> PrebufferHistory:
        """What the streams of one source needed before."""
        if source not in self._histories and len(self._histories) >= NAMES:
            self._histories.clear()
        return self._histories.setdefault(source, PrebufferHistory())

    def voice(self, caller: str) -> str | None:
        """The voice that is kept for a caller."""
        return self._voices.get(caller)

    def set_voice(self, caller: str, voice: str | None) -> None:
        """Keep a voice for a caller; None forgets it. Raises Unavailable."""
        if voice is None:
            self._voices.pop(caller, None)
        elif caller in self._voices or len(self._voices) < NAMES:
            self._voices[caller] = voice
        else:
            raise Unavailable(f"The voices of {NAMES} callers are kept already.", 60.0)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
