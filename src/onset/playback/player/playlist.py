"""The playlist: the tracks that wait, and whose turn it is at the player."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from onset.errors import Unavailable
from onset.playback.player.playback_statistics import PlaybackStatistics
from onset.playback.player.player import Player
from onset.playback.player.track import Event, Track
from onset.protocol.http_api import PlayingOutcome
from onset.protocol.playback_frames import Policy

LONGEST_QUEUE = 32
"""Tracks that may wait."""

IDLE_POLL_SECONDS = 1.0
"""Seconds between polls of the device while nothing is on."""

IDLE_SECONDS = 20.0
"""Seconds that the device stays open with nothing to play: to have it ready is what it costs."""


class Playlist:
    """The queue before a player. `tick` it after `poll_interval`, and when samples have come.

    lock: whoever changes what plays holds it, since a change fades out before it acts. last: the
    track that was on last, which can be heard again.
    """

    def __init__(self, player: Player, announce: Callable[[Event], None]) -> None:
        """announce: takes events that concern every caller."""
        self.player = player
        self.lock = asyncio.Lock()
        self.last: Track | None = None
        self._statistics = PlaybackStatistics()
        self._announce = announce
        self._queue: deque[Track] = deque()
        self._busy_at = monotonic()
        self._device_name: str | None = None

    @property
    def idle(self) -> bool:
        """Whether there is nothing to be played."""
        return self.player.track is None and not self._queue

    @property
    def idle_for(self) -> float:
        """Seconds since there was something to play."""
        return monotonic() - self._busy_at if self.idle else 0.0

    @property
    def poll_interval(self) -> float:
        """Seconds until the next `tick` at the latest."""
        return IDLE_POLL_SECONDS if self.idle else self.player.poll_interval

    async def add(self, track: Track, policy: Policy) -> int:
        """Take a track in; how many are before it. Raises Unavailable if it is refused."""
        async with self.lock:
            if policy == "refuse" and not self.idle:
                raise Unavailable("Something is playing.", 1.0)
            if len(self._queue) >= LONGEST_QUEUE:
                raise Unavailable(f"{LONGEST_QUEUE} utterances are waiting already.", 5.0)
            self._busy_at = monotonic()
            track.delayed = not self.idle and policy == "queue"
            if policy == "interrupt":
                await self._take_off("interrupted")
                self._queue.appendleft(track)
            else:
                self._queue.append(track)
            self._begin_due()  # its source works while a device is opened
            ahead = len(self._unfinished()) - 1 if policy == "queue" else 0
            refused = await self._advance()
            if refused is not None and track.over:
                raise refused
            self._begin_due()
            return ahead

    async def stop(self, track: Track | None = None) -> None:
        """Fall silent now: one track, or all that are on or wait."""
        async with self.lock:
            if track is None:
                while self._queue:
                    self._drop(self._queue.pop(), "stopped")
            elif track in self._queue:
                self._queue.remove(track)
                self._drop(track, "stopped")
            if track is None or track is self.player.track:
                await self._take_off("stopped")
                await self._advance()

    async def skip(self) -> None:
        """Go on with what waits."""
        async with self.lock:
            await self._take_off("skipped")
            await self._advance()

    async def repeat_last(self, position: int) -> None:
        """Play the last track again from a sample on; for whoever holds the lock."""
        last, self.last = self.last, None
        if last is not None:
            last.played_to, last.delayed = position, True
            last.tell("moved", position=position)
            await self.player.load(last)

    async def tick(self) -> None:
        """Fill the ring and go on with the next track, unless a control does so just now."""
        if self.lock.locked():
            return
        async with self.lock:
            await self._check_device()
            track = self.player.track
            if self.player.poll() and track is not None:
                self._complete(track)
                await self._advance()
            self._begin_due()
            self._note_start()
            if not self.idle:
                self._busy_at = monotonic()
            elif self.idle_for > IDLE_SECONDS:
                await self.player.sink.close()

    async def close(self) -> None:
        """Fall silent and give the device back."""
        await self.stop()
        await self.player.sink.close()

    def report(self) -> dict[str, Any]:
        """Everything that a person or a monitor may ask."""
        return self._statistics.report(self.player, self._queue)

    def _unfinished(self) -> list[Track]:
        """What is on and what waits."""
        return [track for track in (self.player.track, *self._queue) if track is not None]

    async def _advance(self) -> Unavailable | None:
        """Put the next track on, if none is; why it could not be."""
        refused = None
        while self.player.track is None and self._queue:
            track = self._queue.popleft()
            try:
                await self.player.load(track)
            except Unavailable as error:
                refused = error
                self.player.track = None
                self._drop(track, "unavailable")
        return refused

    def _begin_due(self) -> None:
        """Start the source of the track that is on, and of the next once all before it has come: a
        server that keeps up with one would refuse a second.
        """
        for track in self._unfinished():
            track.begin()
            if not track.buffer.complete:
                return

    async def _take_off(self, reason: str) -> None:
        track = self.player.track
        if track is not None:
            await self.player.unload()
            self._drop(track, reason)

    def _drop(self, track: Track, reason: str) -> None:
        self._tell_end(track, "stopped")
        track.stop(reason)
        self._statistics.stopped += 1
        self._statistics.add(track)
        if track.played_to:
            self.last = track
            track.buffer.cut()  # what came can be heard again, and nothing more will

    def _complete(self, track: Track) -> None:
        self.player.track = None
        self._tell_end(track, "complete")
        track.complete()
        self._statistics.played += 1
        self._statistics.add(track)
        self.last = track

    def _tell_end(self, track: Track, outcome: PlayingOutcome) -> None:
        """Tell whoever fetched a track what became of it, once, if anything of it was heard."""
        tell, track.on_over = track.on_over, None
        if tell is not None and track.started:
            tell(self._statistics.note_end(track, self.player, outcome))

    def _note_start(self) -> None:
        """Tell once when a track was first heard."""
        track, device = self.player.track, self.player.sink.device
        if track is None or track.first_sound is None or track.started:
            return
        track.started = True
        start = self._statistics.note_start(track, track.first_sound)
        audible = device is None or device.audible
        track.tell("started", audible=audible, **start)
        if track.on_started is not None:
            track.on_started(start | {"audible": audible, "device": self._device_name})

    async def _check_device(self) -> None:
        """Replace a device that is gone; while nothing is on, give it back."""
        player, device = self.player, self.player.sink.device
        if self.idle:
            if device is not None and player.sink.is_gone:
                await player.sink.close()  # the next track gets another
        elif player.sink.is_gone:
            if self._device_name is not None:
                self._announce_device("lost", None)
            await player.recover()
        elif device is not None and self._device_name != device.name:
            self._announce_device("open", device.name)

    def _announce_device(self, state: str, name: str | None) -> None:
        self._device_name = name
        self._announce({"event": "device", "state": state, "name": name})
