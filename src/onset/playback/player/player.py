"""The player: one output and the track that is on it. All runs in the event loop but for
`RingBuffer.pull`, which the device's thread calls.
"""

from time import perf_counter_ns

from onset.playback.player.audio_sink import FADE_SECONDS, AudioSink, DeviceOpener
from onset.playback.player.playout import Playout
from onset.playback.player.sample_buffer import EDGE_SECONDS
from onset.playback.player.track import LONGEST_DRY, Track

AHEAD_SECONDS = 0.25
"""Seconds that are kept in the ring: so long may the event loop be busy."""

POLL_SECONDS, FULL_POLL_SECONDS = 0.05, 0.1
"""Seconds between polls, and while the ring is as full as it should be."""

END_SECONDS = 0.005
"""The shortest wait for the end."""


class Player:
    """Plays one track at a time. `poll` it after `poll_interval`, and when samples have come."""

    def __init__(self, opener: DeviceOpener | str = "default") -> None:
        self.sink = AudioSink(opener)
        self.track: Track | None = None
        self.paused = False
        self.speed = 1.0
        self._latest: Playout | None = None

    @property
    def _playout(self) -> Playout | None:
        """What plays the track; None before it has begun, and while the device is gone."""
        return None if self.track is None or self.sink.device is None else self._latest

    @property
    def position(self) -> int:
        """Which sample of the track the device takes next."""
        if self._playout is not None:
            return self._playout.position
        return 0 if self.track is None else self.track.played_to

    @property
    def is_well_filled(self) -> bool:
        """Whether the ring has enough for two polls, so that new samples may wait for the next."""
        begun = self.track is not None and self.track.first_sound is not None
        return begun and self._filled(AHEAD_SECONDS / 2)

    @property
    def poll_interval(self) -> float:
        """Seconds until `poll` has something to do, should nothing come until then."""
        device, playout = self.sink.device, self._playout
        if device is None or self.track is None:
            return POLL_SECONDS
        wait = FULL_POLL_SECONDS if self._filled(AHEAD_SECONDS) else POLL_SECONDS
        if playout is not None and playout.finished and not self.sink.ring.buffered:
            wait = min(wait, max(END_SECONDS, playout.seconds_unheard))
        if (delay := self.track.jitter.delay_left(perf_counter_ns() / 1e9)) > 0:
            wait = min(wait, delay * device.pace)
        return wait / device.pace

    async def load(self, track: Track) -> None:
        """Put a track on; there must be none. Raises Unavailable."""
        self.track, self._latest = track, None
        track.on, track.over = True, False
        await self.sink.open()
        device = self.sink.device
        assert device is not None
        track.xruns = self.sink.xruns
        track.jitter.slack = (device.block + FADE_SECONDS + EDGE_SECONDS) / device.pace
        self._restart(track, track.played_to, fade_in=False)

    async def unload(self) -> None:
        """Fall silent and take the track off."""
        track, latest = self.track, self._latest
        if track is None:
            return
        await self._silence()
        if self._playout is not None:
            self._playout.observe()
            track.played_to = self.position
        track.jitter.end_stall(perf_counter_ns() / 1e9)
        if latest is not None:
            latest.count_stalls()
        self.track = self._latest = None
        self.sink.ring.clear()
        self.resume()

    async def seek(self, position: int) -> None:
        """Go on from another sample of the track."""
        if self.track is None:
            return
        await self._silence()
        if self.sink.device is not None:
            self._restart(self.track, position, fade_in=True)
        else:  # it is gone: go on there once there is another
            self.track.played_to = position

    async def pause(self) -> None:
        """Fall silent, keeping the place to the sample."""
        self.paused = True
        await self._silence()
        if self.track is not None:
            self.track.delayed = True

    def resume(self) -> None:
        """Go on from there."""
        self.paused = False
        self.sink.ring.release()

    def set_speed(self, speed: float) -> None:
        """Play so much faster, within AHEAD_SECONDS."""
        self.speed = speed
        if self._latest is not None:
            self._latest.stretch.speed = speed

    def poll(self) -> bool:
        """Note what the device has done and fill the ring; whether the track is over."""
        playout = self._playout
        if playout is None:
            return False
        track = playout.track
        playout.observe()
        if playout.ended:
            track.played_to = playout.position
            return True
        self._refill(playout)
        # So little may have come that the ring never began with it, and so never ran dry.
        goes_on = track.jitter.playing and playout.left > AHEAD_SECONDS
        waits = not (self.paused or goes_on or track.buffer.complete)
        if waits and track.seconds_since_arrival > LONGEST_DRY:
            track.fail(f"Nothing came for {LONGEST_DRY:g} seconds.")
        return False

    async def recover(self) -> None:
        """Open a device in place of one that is gone; then go on where it was heard."""
        track = self.track
        if not self.sink.lost:
            await self._lose()
        if await self.sink.reopen() and track is not None and self.track is track:
            self._restart(track, track.played_to, fade_in=True)

    async def _lose(self) -> None:
        """Let go of a device that does not answer, and note what was heard of it."""
        if self._playout is not None:
            track = self._playout.track
            track.played_to, track.delayed = self._playout.surely_heard, True
        await self.sink.lose()

    async def _silence(self) -> None:
        if not await self.sink.silence():
            await self._lose()  # or it might read while the ring is cleared

    def _filled(self, seconds: float) -> bool:
        """Whether so much is in the ring."""
        device = self.sink.device
        return device is not None and self.sink.ring.buffered >= seconds * device.rate

    def _restart(self, track: Track, position: int, *, fade_in: bool) -> None:
        """Fill the ring, which is silent, from a sample on."""
        ring = self.sink.ring
        ring.clear(fade_in=fade_in)
        position = max(position, track.buffer.begin)
        playout = self._latest = Playout(track, self.sink, position, self.speed)
        if self.paused:
            ring.hold()
        else:
            ring.release()
        self._refill(playout)

    def _refill(self, playout: Playout) -> None:
        track, device = playout.track, self.sink.device
        if track.buffer is not playout.buffer:  # its source told another rate than was expected
            self._restart(track, track.played_to, fade_in=False)
        elif device is not None:
            playout.refill(AHEAD_SECONDS * device.rate)
