"""One track on its way to one device: the ring is filled, and what was heard is noted."""

from time import perf_counter_ns

import numpy as np
import soxr

from onset.playback.player.audio_sink import AudioSink
from onset.playback.player.playhead import Playhead
from onset.playback.player.ring_buffer import DeviceRead
from onset.playback.player.sample_buffer import EDGE_SECONDS
from onset.playback.player.time_stretch import TimeStretch
from onset.playback.player.track import Track
from onset.types import Floats


class Playout:
    """Plays a track from `position` on, into the empty ring of the sink's open device.

    finished: the last sample is in the ring. stretch: its speed may be changed.
    """

    def __init__(self, track: Track, sink: AudioSink, position: int, speed: float) -> None:
        assert sink.device is not None
        self.track, self.buffer = track, track.buffer
        self.finished = False
        self._sink, self._ring, self._device = sink, sink.ring, sink.device
        rate, device_rate = track.buffer.rate, sink.device.rate
        self._playhead = Playhead(sink.ring.written, position, rate, device_rate)
        self.stretch = TimeStretch(rate, position, speed)
        self._resampler: soxr.ResampleStream | None = None
        if rate != device_rate:
            self._resampler = soxr.ResampleStream(rate, device_rate, 1, "float32")
        self._last: DeviceRead | None = None
        self._dry, self._concealed_before = sink.ring.dry, sink.ring.concealed
        self._stalls = track.jitter.counters.stalls

    @property
    def position(self) -> int:
        """Which sample the device takes next."""
        return self._playhead.source(self._ring.read)

    @property
    def surely_heard(self) -> int:
        """Up to which sample it was heard, even if the device plays nothing of what it holds."""
        unheard = round(self._device.clock.latency * self._device.rate)
        return self._playhead.source(max(self._playhead.base, self._ring.read - unheard))

    @property
    def seconds_unheard(self) -> float:
        """Seconds that the device must still ask for until what it took last has been heard."""
        if self._last is None:
            return 0.0
        latency = round(self._device.clock.latency * self._device.rate)
        end = self._last.asked + self._last.length + latency
        return (end - self._ring.asked) / self._device.rate

    @property
    def ended(self) -> bool:
        """Whether the device has played the last sample, by its own clock."""
        if not self.finished or self._ring.buffered:
            return False
        if self._last is None:
            return self.buffer.end == 0 or self._ring.written <= self._playhead.base
        return self.seconds_unheard <= 0

    @property
    def left(self) -> float:
        """Seconds that are there and not in the ring yet."""
        return (self.buffer.end - self.stretch.position) / self.buffer.rate / self.stretch.speed

    def refill(self, frames: float) -> None:
        """Write until that many frames are in the ring, if there are samples and it is time."""
        complete = self.buffer.complete
        left = self.left
        ready = self.track.jitter.ready(perf_counter_ns() / 1e9, left, complete=complete)
        self.count_stalls()
        if ready or (complete and left <= 0):
            while self._ring.buffered < frames and not self.finished and self._write_piece():
                pass

    def observe(self) -> None:
        """Note what the device took since the last call, and tell if it ran dry."""
        track, ring, playhead = self.track, self._ring, self._playhead
        for reading in ring.readings():
            if reading.first < playhead.base:
                continue
            self._last = reading
            playhead.take(reading)
            self._sink.heard += reading.length / self._device.rate
            track.heard += reading.length / self._device.rate
        if track.first_sound is None and (track.onset is not None or track.buffer.complete):
            track.first_sound = playhead.first_sound(track.onset or 0)
        if self._last is not None:
            track.played_to = self.position
            track.buffer.forget(track.played_to)
            playhead.forget(ring.read)
        if ring.dry > self._dry:
            self._dry = ring.dry
            if track.jitter.playing:
                track.jitter.ran_dry(perf_counter_ns() / 1e9)
                track.tell("stalled", position=track.played_to)

    def count_stalls(self) -> None:
        """Count what a stall that is over cost, and tell if it goes on."""
        counters, ring = self.track.jitter.counters, self._ring
        if counters.stalls == self._stalls:
            return
        self._stalls = counters.stalls
        concealed = ring.concealed - self._concealed_before
        self._sink.concealed += concealed
        self.track.concealed += concealed / self._device.rate
        self._concealed_before = ring.concealed
        if self.track.jitter.playing:
            self.track.tell(
                "recovered",
                stalls=counters.stalls,
                stalled_s=round(counters.stalled, 4),
                longest_s=round(counters.longest, 4),
                concealed=self._sink.concealed,
            )

    def _write_piece(self) -> bool:
        """Move one piece into the ring; whether there was one."""
        source, last = self.stretch.position, self.buffer.complete
        # What comes last must be able to fade out if no more comes.
        reserve = 0 if last else round(EDGE_SECONDS * self.buffer.rate)
        piece = self.stretch.next(
            self.buffer.read, max(source, self.buffer.end - reserve), last=last
        )
        if len(piece):
            self._playhead.add(len(piece), source, self.stretch.position)
            self._ring.write(self._resampled(piece, last=False))
            return True
        if last:
            self._ring.write(self._resampled(piece, last=True))
            self._ring.ending = self.finished = True
        return False

    def _resampled(self, piece: Floats, *, last: bool) -> Floats:
        if self._resampler is None:
            return piece
        resampled: Floats = np.asarray(self._resampler.resample_chunk(piece, last=last), np.float32)
        return resampled
