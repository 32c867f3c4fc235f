"""Which sample of a track a frame in the ring is, and when the track was first heard.

Frames are counted as the ring counts them, samples as the sample buffer does; between the two lie
resampling and a speed that may change.
"""

from bisect import bisect_right
from collections import deque
from typing import NamedTuple

from onset.playback.player.ring_buffer import LOG, DeviceRead


class StretchedPiece(NamedTuple):
    """From the stretched sample `begin` on: its sample `source`, then `slope` samples for each."""

    begin: int
    source: int
    slope: float


class FirstSound(NamedTuple):
    """`perf_counter_ns` when the device took the audible onset, or the first sample if there is
    none, and when that was heard.
    """

    taken_ns: int
    heard_ns: int


class Playhead:
    """Maps the frames of a ring from `base` on to samples, of which `position` is the first."""

    def __init__(self, base: int, position: int, rate: int, device_rate: int) -> None:
        self.base = base
        self._stretched = 0
        self._ratio = rate / device_rate
        self._device_rate = device_rate
        self._pieces = [StretchedPiece(0, position, 1.0)]
        self._end = position
        self._taken: deque[tuple[DeviceRead, int, int]] = deque(maxlen=LOG)

    def add(self, count: int, begin: int, end: int) -> None:
        """Note that so many stretched samples were made of the samples [begin, end)."""
        slope = (end - begin) / count
        if slope != self._pieces[-1].slope or slope != 1.0:
            self._pieces.append(StretchedPiece(self._stretched, begin, slope))
        self._stretched += count
        self._end = end

    def source(self, frame: int) -> int:
        """Which sample a frame is."""
        stretched = self._stretched_before(frame)
        index = bisect_right(self._pieces, stretched, key=lambda piece: piece.begin) - 1
        piece = self._pieces[max(0, index)]
        position = piece.source + (min(stretched, self._stretched) - piece.begin) * piece.slope
        return min(round(position), self._end)

    def forget(self, frame: int) -> None:
        """Drop what is known of frames before this one."""
        stretched = self._stretched_before(frame)
        while len(self._pieces) > 1 and self._pieces[1].begin <= stretched - 1:
            del self._pieces[0]

    def take(self, reading: DeviceRead) -> None:
        """Note that the device took these frames."""
        end = self.source(reading.first + reading.length)
        self._taken.append((reading, self.source(reading.first), end))

    def first_sound(self, sample: int) -> FirstSound | None:
        """When a sample was taken and heard; None if it was not taken yet."""
        for reading, begin, end in self._taken:
            if end > sample:
                part = max(0, sample - begin) / max(1, end - begin)
                into = round(part * reading.length / self._device_rate * 1e9)
                return FirstSound(reading.taken_ns, reading.heard_ns + into)
        return None

    def _stretched_before(self, frame: int) -> float:
        return max(0, frame - self.base) * self._ratio
