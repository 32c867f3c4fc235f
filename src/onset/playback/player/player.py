"""The deck: one device, and the utterance that is on it.

Fills the ring from the utterance's tape ahead of the device, at the speed that is wanted, and
reads from the device's clock what has been heard. Everything here runs in the event loop but for
`RingBuffer.pull`, which the device's thread calls.
Knows nothing of queues, callers or sockets.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter_ns

import numpy as np
import soxr

from onset.errors import Unavailable
from onset.playback.device import NULL, Device, open_device
from onset.playback.player.playhead import FirstSound, Playhead, TakenSpan
from onset.playback.player.ring_buffer import LOG, DeviceRead, RingBuffer
from onset.playback.player.sample_buffer import EDGE_SECONDS, SampleBuffer
from onset.playback.player.time_stretch import TimeStretch
from onset.playback.player.track import REORDERING, Track, TrackState
from onset.types import Floats

RING_SECONDS = 0.5
AHEAD_SECONDS = 0.25
"""Seconds that the ring holds, and that are kept in it: so long may the event loop be busy."""

LOW_SECONDS = 0.06
"""Seconds left in the ring when what is missing is given up."""

FADE_SECONDS = 0.005
"""Seconds of every fade."""

HELD_TIMEOUT = 1.0
"""Seconds until a device that does not answer a hold counts as gone."""

LOST_SECONDS = 1.0
"""Seconds without being asked for frames until a device counts as gone."""

RETRY_SECONDS = 1.0
"""Seconds between attempts to open a device that is gone."""

HOLD_POLL = 0.002

LOOK_SECONDS, CALM_SECONDS = 0.05, 0.1
"""Seconds between looks at the device, and while the ring is as full as it should be."""

END_SECONDS = 0.005
"""The shortest wait for the end."""

Open = Callable[[], Device]


class Player:
    """Plays one utterance at a time. `started` of the one that is on, None until it sounds.

    Only growing: heard, seconds that the device took; concealed, frames of silence that it took in
    stalls; xruns, times that it ran dry itself.
    """

    def __init__(self, open_: Open | str = "default") -> None:
        """open_: makes a device, or the name of one as `device.open_device` knows them."""
        self._open: Open = (lambda: open_device(open_)) if isinstance(open_, str) else open_
        self.device: Device | None = None
        self.utterance: Track | None = None
        self.paused = False
        self.speed = 1.0
        self.volume = 1.0
        self.concealed = 0
        self.heard = 0.0
        self.xruns = 0
        self.started: FirstSound | None = None
        self.lost = False
        self._ring = RingBuffer(1, 0)
        self._stretch = TimeStretch(1)
        self._resampler: soxr.ResampleStream | None = None
        self._rate = 0
        self._places: Playhead | None = None
        self._finished = False
        self._last: DeviceRead | None = None
        self._taken: deque[TakenSpan] = deque(maxlen=LOG)
        self._dry = self._concealed_before = self._stalls = 0
        self._opening = asyncio.Lock()
        self._lost_ns = 0

    @property
    def playing(self) -> bool:
        """Whether there is something that is to be heard."""
        return self.utterance is not None and not self.paused

    @property
    def position(self) -> int:
        """Which sample of the utterance the device takes next."""
        if self.utterance is None:
            return 0
        if self.device is None or self._places is None:  # not begun, or waiting for a device
            return self.utterance.played_to
        return self._places.source(self._ring.read)

    @property
    def latency(self) -> float:
        """Seconds from a frame's being taken until it is heard."""
        return 0.0 if self.device is None else self.device.clock.latency

    @property
    def calm(self) -> bool:
        """Whether the ring has enough for two looks, so that what comes may wait for the next."""
        if self.device is None or self.started is None:
            return False
        return self._ring.buffered >= AHEAD_SECONDS / 2 * self.device.rate

    @property
    def look(self) -> float:
        """Seconds until `pump` has something to do, should nothing come until then."""
        device = self.device
        if device is None or self.utterance is None:
            return LOOK_SECONDS
        wait = CALM_SECONDS if self._ring.buffered >= AHEAD_SECONDS * device.rate else LOOK_SECONDS
        if self._finished and not self._ring.buffered:
            wait = min(wait, max(END_SECONDS, self._left(device)))
        if (left := self.utterance.jitter.left(perf_counter_ns() / 1e9)) > 0:
            wait = min(wait, left * device.pace)
        return wait / device.pace

    async def warm(self) -> None:
        """Have a device open and running. Raises Unavailable."""
        async with self._opening:
            if self.device is not None:
                return
            device = await asyncio.to_thread(self._open)
            self._ring = RingBuffer(
                round(RING_SECONDS * device.rate), round(FADE_SECONDS * device.rate)
            )
            self._ring.gain = self.volume
            self._dry = self._concealed_before = 0
            try:
                await asyncio.to_thread(device.start, self._ring.pull)
            except Unavailable:
                await asyncio.to_thread(device.close)
                raise
            self.device, self.lost = device, False

    async def cool(self) -> None:
        """Give the device back."""
        async with self._opening:
            device, self.device = self.device, None
            if device is not None:
                self.xruns += device.clock.xruns
                await asyncio.to_thread(device.close)

    async def load(self, utterance: Track) -> None:
        """Put an utterance on; what was on it must have been taken off. Raises Unavailable."""
        self.utterance, self._places = utterance, None
        self.started = None
        self._taken.clear()
        utterance.state = TrackState.PLAYING
        await self.warm()
        assert self.device is not None
        slack = self.device.block + FADE_SECONDS + EDGE_SECONDS
        utterance.jitter.slack = slack / self.device.pace
        self._restart(utterance.played_to, fade_in=False)

    async def eject(self) -> None:
        """Fall silent and take the utterance off."""
        utterance = self.utterance
        if utterance is None:
            return
        await self._silence()
        if self.device is not None:
            self._observe(utterance)
            utterance.played_to = self.position
        utterance.jitter.give_up(perf_counter_ns() / 1e9)
        self._count_stalls(utterance)
        self.utterance = None
        self._clear(fade_in=False)
        self.paused = False

    async def seek(self, position: int) -> None:
        """Go on from another sample of the utterance."""
        if self.utterance is None:
            return
        await self._silence()
        if self.device is not None:
            self._restart(position, fade_in=True)
        else:  # it is gone: there, once it is back
            self.utterance.played_to = position

    async def pause(self) -> None:
        """Fall silent, keeping the place to the sample."""
        self.paused = True
        await self._silence()
        if self.utterance is not None:
            self.utterance.waited = True

    def resume(self) -> None:
        """Go on from there."""
        self.paused = False
        self._ring.release()

    def set_speed(self, speed: float) -> None:
        """Be heard so much faster, within AHEAD_SECONDS."""
        self.speed = self._stretch.speed = speed

    def set_volume(self, volume: float) -> None:
        """A factor on every sample, within one block of the device."""
        self.volume = self._ring.gain = volume

    def pump(self) -> bool:
        """Look at what the device has done and fill the ring; whether the utterance is over."""
        utterance = self.utterance
        if utterance is None or self.device is None:
            return False
        self._observe(utterance)
        if self._has_ended(utterance):
            utterance.played_to = self.position
            return True
        self._refill(utterance)
        return False

    def is_gone(self) -> bool:
        """Whether the device has stopped asking."""
        if self.device is None:
            return self.lost
        return (perf_counter_ns() - self._ring.asked_ns) / 1e9 > LOST_SECONDS

    async def recover(self) -> bool:
        """Open a device in place of one that is gone and go on where it was heard; whether it is
        there. Nothing plays meanwhile, and nothing is lost.
        """
        utterance = self.utterance
        if not self.lost:
            await self._lose()
        if (perf_counter_ns() - self._lost_ns) / 1e9 < RETRY_SECONDS:
            return False
        self._lost_ns = perf_counter_ns()
        try:
            await self.warm()
        except Unavailable:
            return False
        if utterance is not None and self.utterance is utterance:
            self._restart(utterance.played_to, fade_in=True)
        return True

    async def _lose(self) -> None:
        """Let go of a device that does not answer, and note what was heard of it."""
        self.lost, self._lost_ns = True, 0
        utterance, device = self.utterance, self.device
        if utterance is not None and device is not None and self._places is not None:
            behind = round(self.latency * device.rate)
            heard = max(self._places.base, self._ring.read - behind)
            utterance.played_to = self._places.source(heard)
            utterance.waited = True
        await self.cool()

    async def _silence(self) -> None:
        """Hold the ring and wait until the device has faded out."""
        self._ring.hold()
        deadline = perf_counter_ns() + round(HELD_TIMEOUT * 1e9)
        while self.device is not None and not self._ring.held:
            if perf_counter_ns() > deadline:
                await self._lose()  # or it might read while the ring is cleared
            await asyncio.sleep(HOLD_POLL)

    def _clear(self, *, fade_in: bool) -> None:
        self._ring.clear(fade_in=fade_in)
        if not self.paused:
            self._ring.release()

    def _restart(self, position: int, *, fade_in: bool) -> None:
        """Begin to fill from a sample on; the ring is silent."""
        utterance, device = self.utterance, self.device
        assert utterance is not None and device is not None
        rate = utterance.tape.rate
        self._rate = rate
        position = max(position, utterance.tape.begin)
        self._ring.clear(fade_in=fade_in)
        self._places = Playhead(self._ring.written, position, rate, device.rate)
        self._stretch = TimeStretch(rate, position, self.speed)
        self._resampler = (
            None if rate == device.rate else soxr.ResampleStream(rate, device.rate, 1, "float32")
        )
        self._finished, self._last = False, None
        self._dry, self._concealed_before = self._ring.dry, self._ring.concealed
        self._stalls = utterance.jitter.counters.stalls
        if self.paused:
            self._ring.hold()
        else:
            self._ring.release()
        self._refill(utterance)

    def _refill(self, utterance: Track) -> None:
        device, tape = self.device, utterance.tape
        if device is None:
            return
        if tape.rate != self._rate:  # what came told another rate than was expected
            self._restart(utterance.played_to, fade_in=False)
            return
        now = perf_counter_ns() / 1e9
        there = (tape.end - self._stretch.position) / tape.rate / self.speed
        if there <= 0 and tape.waiting and utterance.silent_for() > REORDERING:
            utterance.conceal()
        ready = utterance.jitter.ready(now, there, complete=tape.complete)
        self._count_stalls(utterance)
        if not ready and not (tape.complete and there <= 0):
            return
        while self._ring.buffered < AHEAD_SECONDS * device.rate and not self._finished:
            if not self._fill_one(utterance, device):
                break

    def _count_stalls(self, utterance: Track) -> None:
        """Count what a stall that is over cost, and tell if it goes on."""
        stalls = utterance.jitter.counters.stalls
        if stalls == self._stalls:
            return
        self._stalls = stalls
        self.concealed += self._ring.concealed - self._concealed_before
        self._concealed_before = self._ring.concealed
        if utterance.jitter.playing:
            utterance.tell("recovered", **self._stall(utterance))

    def _fill_one(self, utterance: Track, device: Device) -> bool:
        """One piece from the tape into the ring; whether there was one."""
        tape, stretch, places = utterance.tape, self._stretch, self._places
        assert places is not None
        source = stretch.position
        piece = stretch.next(tape.read, self._safe_end(tape), last=tape.complete)
        if len(piece):
            places.add(len(piece), source, stretch.position)
            self._ring.write(self._resampled(piece, last=False))
            return True
        if tape.complete:
            self._ring.write(self._resampled(piece, last=True))
            self._ring.ending = self._finished = True
            return False
        missing = tape.waiting or tape.total is not None
        low = self._ring.buffered < LOW_SECONDS * device.rate
        return missing and low and utterance.conceal()

    def _safe_end(self, tape: SampleBuffer) -> int:
        """Up to where the samples will stay as they are: if no more come, the last must fade."""
        kept = 0 if tape.complete else round(EDGE_SECONDS * tape.rate)
        return max(self._stretch.position, tape.end - kept)

    def _resampled(self, piece: Floats, *, last: bool) -> Floats:
        if self._resampler is None:
            return piece
        made: Floats = np.asarray(self._resampler.resample_chunk(piece, last=last), np.float32)
        return made

    def _observe(self, utterance: Track) -> None:
        ring, places, device = self._ring, self._places, self.device
        if places is None or device is None:
            return
        for reading in ring.readings():
            if reading.first < places.base:
                continue
            self._last = reading
            self._taken.append(places.took(reading))
            self.heard += reading.length / device.rate
        if self.started is None and (utterance.onset is not None or utterance.tape.complete):
            self.started = places.started(self._taken, utterance.onset or 0)
        if self._last is not None:
            utterance.played_to = self.position
            utterance.tape.forget(utterance.played_to)
            places.forget(ring.read)
        if ring.dry > self._dry:
            self._dry = ring.dry
            if utterance.jitter.playing:
                utterance.jitter.ran_dry(perf_counter_ns() / 1e9)
                utterance.tell("stalled", position=utterance.played_to)

    def _has_ended(self, utterance: Track) -> bool:
        """Whether the device has played the last sample: by its own clock."""
        device = self.device
        if not self._finished or self._ring.buffered or device is None:
            return False
        if self._last is None:
            written = self._places is not None and self._ring.written > self._places.base
            return utterance.tape.end == 0 or not written
        return self._left(device) <= 0

    def _left(self, device: Device) -> float:
        """Seconds that the device must still ask for until what it took last has been heard."""
        if self._last is None:
            return 0.0
        end = self._last.asked + self._last.length + round(device.clock.latency * device.rate)
        return (end - self._ring.asked) / device.rate

    def _stall(self, utterance: Track) -> dict[str, float | int]:
        counters = utterance.jitter.counters
        return {
            "stalls": counters.stalls,
            "stalled_s": round(counters.stalled, 4),
            "longest_s": round(counters.longest, 4),
            "concealed": self.concealed,
        }


def is_null(device: Device | None) -> bool:
    """Whether nobody hears it."""
    return device is not None and device.name == NULL
