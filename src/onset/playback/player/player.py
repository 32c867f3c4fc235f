"""The player: one output, and the track that is on it.

Keeps the ring filled ahead of the device, at the speed that is wanted, and follows what has been
heard. Everything here runs in the event loop but for `RingBuffer.pull`, which the device's thread
calls.
"""

from time import perf_counter_ns

from onset.playback.device import NULL, Device
from onset.playback.player.audio_sink import FADE_SECONDS, AudioSink, DeviceOpener
from onset.playback.player.playout_monitor import PlayoutMonitor
from onset.playback.player.ring_feeder import RingFeeder
from onset.playback.player.sample_buffer import EDGE_SECONDS
from onset.playback.player.track import LONGEST_DRY, Track, TrackState

AHEAD_SECONDS = 0.25
"""Seconds that are kept in the ring: so long may the event loop be busy."""

POLL_SECONDS, FULL_POLL_SECONDS = 0.05, 0.1
"""Seconds between polls, and while the ring is as full as it should be."""

END_SECONDS = 0.005
"""The shortest wait for the end."""


class Player:
    """Plays one track at a time. `poll` it after `poll_interval`, and when samples have come."""

    def __init__(self, opener: DeviceOpener | str = "default") -> None:
        """opener: makes a device, or the name of one as `device.open_device` knows them."""
        self.sink = AudioSink(opener)
        self.monitor = PlayoutMonitor(self.sink)
        self.track: Track | None = None
        self.paused = False
        self.speed = 1.0
        self._feeder: RingFeeder | None = None

    @property
    def position(self) -> int:
        """Which sample of the track the device takes next."""
        if self.track is None:
            return 0
        if self.sink.device is None or self._feeder is None:  # not begun, or waiting for a device
            return self.track.played_to
        return self._feeder.position

    @property
    def is_well_filled(self) -> bool:
        """Whether the ring has enough for two polls, so that new samples may wait for the next."""
        device = self.sink.device
        if device is None or self.monitor.started is None:
            return False
        return self.sink.ring.buffered >= AHEAD_SECONDS / 2 * device.rate

    @property
    def poll_interval(self) -> float:
        """Seconds until `poll` has something to do, should nothing come until then."""
        device, ring = self.sink.device, self.sink.ring
        if device is None or self.track is None:
            return POLL_SECONDS
        full = ring.buffered >= AHEAD_SECONDS * device.rate
        wait = FULL_POLL_SECONDS if full else POLL_SECONDS
        if self._feeder is not None and self._feeder.finished and not ring.buffered:
            wait = min(wait, max(END_SECONDS, self.monitor.seconds_left))
        if (delay := self.track.jitter.delay_left(perf_counter_ns() / 1e9)) > 0:
            wait = min(wait, delay * device.pace)
        return wait / device.pace

    async def load(self, track: Track) -> None:
        """Put a track on; there must be none. Raises Unavailable."""
        self.track, self._feeder = track, None
        self.monitor.begin()
        track.state = TrackState.PLAYING
        await self.sink.open()
        device = self.sink.device
        assert device is not None
        track.jitter.slack = (device.block + FADE_SECONDS + EDGE_SECONDS) / device.pace
        self._restart(track, track.played_to, fade_in=False)

    async def unload(self) -> None:
        """Fall silent and take the track off."""
        track = self.track
        if track is None:
            return
        await self._silence()
        if self.sink.device is not None:
            self._observe(track, self.sink.device)
            track.played_to = self.position
        track.jitter.give_up(perf_counter_ns() / 1e9)
        self.monitor.count_stalls(track)
        self.track = None
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
        if self._feeder is not None:
            self._feeder.set_speed(speed)

    def poll(self) -> bool:
        """Note what the device has done and fill the ring; whether the track is over."""
        track, device, feeder = self.track, self.sink.device, self._feeder
        if track is None or device is None or feeder is None:
            return False
        self._observe(track, device)
        if self.monitor.has_ended(feeder):
            track.played_to = self.position
            return True
        self._refill(track, device, feeder)
        self._check_source(track)
        return False

    async def recover(self) -> bool:
        """Open a device in place of one that is gone and go on where it was heard; whether it is
        there. Nothing plays meanwhile, and nothing is lost.
        """
        track = self.track
        if not self.sink.lost:
            await self._lose()
        if not await self.sink.reopen():
            return False
        if track is not None and self.track is track:
            self._restart(track, track.played_to, fade_in=True)
        return True

    async def _lose(self) -> None:
        """Let go of a device that does not answer, and note what was heard of it."""
        track, device, feeder = self.track, self.sink.device, self._feeder
        if track is not None and device is not None and feeder is not None:
            taken_unheard = round(self.sink.latency * device.rate)
            heard = max(feeder.playhead.base, self.sink.ring.read - taken_unheard)
            track.played_to = feeder.playhead.source(heard)
            track.delayed = True
        await self.sink.lose()

    async def _silence(self) -> None:
        if not await self.sink.silence():
            await self._lose()  # or it might read while the ring is cleared

    def _observe(self, track: Track, device: Device) -> None:
        if self._feeder is not None:
            self.monitor.observe(track, self._feeder, device.rate)

    def _check_source(self, track: Track) -> None:
        """Give up a source that has let the device run dry for LONGEST_DRY."""
        if self.paused or track.jitter.playing or track.buffer.complete:
            return
        if track.seconds_since_arrival > LONGEST_DRY:
            track.fail(f"Nothing came for {LONGEST_DRY:g} seconds.")

    def _restart(self, track: Track, position: int, *, fade_in: bool) -> None:
        """Fill the ring, which is silent, from a sample on."""
        device, ring = self.sink.device, self.sink.ring
        assert device is not None
        position = max(position, track.buffer.begin)
        ring.clear(fade_in=fade_in)
        self._feeder = RingFeeder(track.buffer, ring, device.rate, position, self.speed)
        self.monitor.restart(track)
        if self.paused:
            ring.hold()
        else:
            ring.release()
        self._refill(track, device, self._feeder)

    def _refill(self, track: Track, device: Device, feeder: RingFeeder) -> None:
        if track.buffer is not feeder.buffer:  # its source told another rate than was expected
            self._restart(track, track.played_to, fade_in=False)
            return
        now, complete = perf_counter_ns() / 1e9, track.buffer.complete
        left = feeder.seconds_left
        ready = track.jitter.ready(now, left, complete=complete)
        self.monitor.count_stalls(track)
        if ready or (complete and left <= 0):
            feeder.fill(AHEAD_SECONDS * device.rate)


def is_null(device: Device | None) -> bool:
    """Whether nobody hears it."""
    return device is not None and device.name == NULL
