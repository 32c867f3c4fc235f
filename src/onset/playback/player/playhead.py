"""Which sample of an utterance a frame in the ring is, and when its onset was heard.

Frames are counted as the ring counts them, samples as the tape does; in between lie resampling and
a speed that may change. Knows nothing of sound.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from onset.playback.player.ring_buffer import DeviceRead


class StretchedPiece(NamedTuple):
    """Where samples after stretching come from: from number `begin` on, `source` and `slope`."""

    begin: int
    source: int
    slope: float


class TakenSpan(NamedTuple):
    """A reading of the utterance's samples [begin, end)."""

    reading: DeviceRead
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class FirstSound:
    """The first sound of an utterance at the device, `perf_counter_ns`.

    taken_ns: when the device took its audible onset, or its first sample if there is none.
    heard_ns: when that was heard.
    """

    taken_ns: int
    heard_ns: int


class Playhead:
    """Of what was written into a ring from frame `base` on, sample `position` first.

    made: samples after stretching so far. rates: samples a second of the tape, of the device.
    """

    def __init__(self, base: int, position: int, tape_rate: int, device_rate: int) -> None:
        self.base = base
        self.made = 0
        self._ratio = tape_rate / device_rate
        self._rate = device_rate
        self._pieces = [StretchedPiece(0, position, 1.0)]
        self._end = position

    def add(self, count: int, begin: int, end: int) -> None:
        """So many samples were made of [begin, end)."""
        slope = (end - begin) / count
        if slope != self._pieces[-1].slope or slope != 1.0:
            self._pieces.append(StretchedPiece(self.made, begin, slope))
        self.made += count
        self._end = end

    def source(self, frame: int) -> int:
        """Which sample that frame is."""
        made = self._made_before(frame)
        index = bisect_right(self._pieces, made, key=lambda piece: piece.begin) - 1
        piece = self._pieces[max(0, index)]
        position = piece.source + (min(made, self.made) - piece.begin) * piece.slope
        return min(round(position), self._end)

    def forget(self, frame: int) -> None:
        """Let go of what lies before that frame."""
        made = self._made_before(frame)
        while len(self._pieces) > 1 and self._pieces[1].begin <= made - 1:
            del self._pieces[0]

    def took(self, reading: DeviceRead) -> TakenSpan:
        """The samples of a reading."""
        end = self.source(reading.first + reading.length)
        return TakenSpan(reading, self.source(reading.first), end)

    def started(self, taken: Iterable[TakenSpan], sample: int) -> FirstSound | None:
        """When that sample was taken and heard, None if none of these holds it or what follows."""
        found = next((one for one in taken if one.end > sample), None)
        if found is None:
            return None
        part = max(0, sample - found.begin) / max(1, found.end - found.begin)
        into = round(part * found.reading.length / self._rate * 1e9)
        return FirstSound(found.reading.taken_ns, found.reading.heard_ns + into)

    def _made_before(self, frame: int) -> float:
        return max(0, frame - self.base) * self._ratio
