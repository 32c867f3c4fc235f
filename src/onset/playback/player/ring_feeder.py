"""From a track's buffer into the ring: stretched, resampled, with a record of what is where."""

import numpy as np
import soxr

from onset.playback.player.playhead import Playhead
from onset.playback.player.ring_buffer import RingBuffer
from onset.playback.player.sample_buffer import EDGE_SECONDS, SampleBuffer
from onset.playback.player.time_stretch import TimeStretch
from onset.types import Floats


class RingFeeder:
    """Fills a ring with the samples of one buffer from `position` on.

    finished: the last sample is in the ring.
    """

    def __init__(
        self, buffer: SampleBuffer, ring: RingBuffer, device_rate: int, position: int, speed: float
    ) -> None:
        self.buffer = buffer
        self.finished = False
        self.playhead = Playhead(ring.written, position, buffer.rate, device_rate)
        self._ring = ring
        self._stretch = TimeStretch(buffer.rate, position, speed)
        self._resampler: soxr.ResampleStream | None = None
        if buffer.rate != device_rate:
            self._resampler = soxr.ResampleStream(buffer.rate, device_rate, 1, "float32")

    @property
    def position(self) -> int:
        """Which sample the device takes next."""
        return self.playhead.source(self._ring.read)

    @property
    def seconds_left(self) -> float:
        """Seconds of sound in the buffer that are not in the ring yet."""
        speed = self._stretch.speed
        return (self.buffer.end - self._stretch.position) / self.buffer.rate / speed

    def set_speed(self, speed: float) -> None:
        """Stretch what follows to this speed."""
        self._stretch.speed = speed

    def fill(self, frames: float) -> None:
        """Write until that many frames are in the ring, as far as there are samples."""
        while self._ring.buffered < frames and not self.finished:
            if not self._write_piece():
                break

    def _write_piece(self) -> bool:
        """Move one piece into the ring; whether there was one."""
        source = self._stretch.position
        piece = self._stretch.next(self.buffer.read, self._safe_end(), last=self.buffer.complete)
        if len(piece):
            self.playhead.add(len(piece), source, self._stretch.position)
            self._ring.write(self._resampled(piece, last=False))
            return True
        if self.buffer.complete:
            self._ring.write(self._resampled(piece, last=True))
            self._ring.ending = self.finished = True
        return False

    def _safe_end(self) -> int:
        """Up to where samples may be taken: the last must fade out if no more come."""
        reserve = 0 if self.buffer.complete else round(EDGE_SECONDS * self.buffer.rate)
        return max(self._stretch.position, self.buffer.end - reserve)

    def _resampled(self, piece: Floats, *, last: bool) -> Floats:
        if self._resampler is None:
            return piece
        resampled: Floats = np.asarray(self._resampler.resample_chunk(piece, last=last), np.float32)
        return resampled
