"""The ring buffer between the event loop and the device's thread, with its fades.

One thread writes, the device's reads; neither locks, and the reader neither waits, logs nor
makes arrays. The sound never breaks off: it fades out over samples that stay unread, and fades in
over the same ones, so that both sides of a pause add up to the samples that were written.
"""

from time import perf_counter_ns
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from onset.types import Floats

LOG = 256
"""Reads that are remembered, to find out later which sample was read when."""


class DeviceRead(NamedTuple):
    """Frames that the device took: `length` from the ring's number `first` on.

    taken_ns, heard_ns: `perf_counter_ns` when it took them, and when the first is heard. asked:
    how many frames the device had asked for before.
    """

    taken_ns: int
    heard_ns: int
    first: int
    length: int
    asked: int


class RingBuffer:
    """A bounded queue of mono float32 frames that can be held, and emptied while it is.

    Counters only grow: `written`, `read` in frames; `asked` frames that the device wanted;
    `dry` times it ran dry; `concealed` frames of silence while it was dry.
    """

    def __init__(self, frames: int, fade: int) -> None:
        """frames: how many it holds. fade: how many a fade takes."""
        self._frames = np.zeros(frames, np.float32)
        self._size = frames
        self._fade = fade
        self._ramp_up = ((np.arange(fade) + 0.5) / fade).astype(np.float32)
        self._ramp_down = np.float32(1) - self._ramp_up
        # Written by the writer only:
        self.written = 0
        self.ending = False
        self.gain = 1.0
        self._hold = False
        # Written by the reader only, but for `clear`, when the reader leaves everything alone:
        self.read = self.asked = self.dry = self.concealed = 0
        self.asked_ns = self._heard_ns = perf_counter_ns()
        self.held = False
        self._flowing = self._is_dry = self._needs_fade_in = False
        self._faded_in, self._faded_out = fade, 0  # frames of a fade in, and out, that were heard
        self._gain = 1.0
        self._log: npt.NDArray[np.int64] = np.zeros((LOG, 5), np.int64)
        self._reads = self._reported = 0

    @property
    def buffered(self) -> int:
        """Frames that can still be read."""
        return self.written - self.read

    @property
    def room(self) -> int:
        """Frames that can be written."""
        return self._size - self.buffered

    def write(self, frames: Floats) -> None:
        """Append; raises ValueError where there is no room."""
        count = len(frames)
        if count > self.room:
            raise ValueError(f"{count} frames, room for {self.room}")
        at = self.written % self._size
        first = min(count, self._size - at)
        self._frames[at : at + first] = frames[:first]
        self._frames[: count - first] = frames[first:]
        self.written += count  # last: from here on the reader may have them

    def hold(self) -> None:
        """Ask the reader to fade out and stay; `held` tells when it has."""
        self._hold = True

    def release(self) -> None:
        """Let the reader go on where it stayed, fading in."""
        self.held = False
        self._hold = False

    def clear(self, *, fade_in: bool = False) -> None:
        """Forget what was not read; only while `held`, or with no device. fade_in: what comes next
        begins in the middle of a sound.
        """
        self.read = self.written
        self.ending = self._is_dry = False
        self._flowing, self._faded_out = False, 0
        self._needs_fade_in = fade_in

    def readings(self) -> list[DeviceRead]:
        """The reads since the last call; the oldest are lost if there were more than LOG."""
        reads = self._reads
        begin = max(self._reported, reads - LOG + 1)
        self._reported = reads
        return [DeviceRead(*map(int, self._log[index % LOG])) for index in range(begin, reads)]

    def pull(self, out: Floats, latency: float) -> None:
        """Reader: fill `out` [n] with what is heard in `latency` seconds. Never waits."""
        self.asked_ns = perf_counter_ns()
        self._heard_ns = self.asked_ns + int(latency * 1e9)
        if not self._flowing and not self._hold and self._may_begin(len(out)):
            self._faded_in = 0 if self._needs_fade_in else self._fade
            self._flowing, self._is_dry, self._needs_fade_in = True, False, False
        sounding = 0
        if self._flowing:
            taken = self._take_fade_in(out)
            taken += self._take_plain(out[taken:], taken)
            sounding = taken + self._take_fade_out(out[taken:], taken)
            self._consume(taken)
        out[sounding:] = 0.0
        if self._is_dry:
            self.concealed += len(out) - sounding
        if self._hold and not self._flowing:
            self.held = True
        self.asked += len(out)
        self._apply_gain(out)

    def _may_begin(self, count: int) -> bool:
        """Whether there is enough for this block, and a fade in, with a fade out behind it."""
        available = self.buffered
        if self.ending:
            return available > 0
        return available >= max(count, self._fade if self._needs_fade_in else 0) + self._fade

    def _take_fade_in(self, out: Floats) -> int:
        """Go on fading in; by how many frames. A fade in is never broken off: there is enough."""
        count = min(self._fade - self._faded_in, len(out), self.buffered)
        if count:
            self._copy(out[:count], 0)
            out[:count] *= self._ramp_up[self._faded_in : self._faded_in + count]
            self._faded_in += count
        return count

    def _take_plain(self, out: Floats, taken: int) -> int:
        """Copy frames as they are, but leave enough to fade out, unless that is the end."""
        left = self.buffered - taken
        if self._hold or self._faded_out:
            return 0
        count = min(len(out), left if self.ending else max(0, left - self._fade))
        self._copy(out[:count], taken)
        if self.ending and count < len(out):
            self._flowing = False
        return count

    def _take_fade_out(self, out: Floats, taken: int) -> int:
        """Fade out over frames that stay unread, if there are no more or it is held."""
        if not len(out) or not self._flowing:
            return 0
        if not self._faded_out and not self._hold:
            self._is_dry = True
            self.dry += 1
        left = self.buffered - taken - self._faded_out
        count = min(self._fade - self._faded_out, len(out), left)
        self._copy(out[:count], taken + self._faded_out)
        out[:count] *= self._ramp_down[self._faded_out : self._faded_out + count]
        self._faded_out += count
        if self._faded_out == self._fade or count == left:
            self._flowing, self._needs_fade_in, self._faded_out = False, True, 0
        return count

    def _consume(self, count: int) -> None:
        if not count:
            return
        row = self._log[self._reads % LOG]
        row[0], row[1] = self.asked_ns, self._heard_ns
        row[2], row[3], row[4] = self.read, count, self.asked
        self._reads += 1
        self.read += count  # last: from here on the writer may overwrite them

    def _copy(self, out: Floats, offset: int) -> None:
        """Copy frames, from `offset` after the last that was read on."""
        count, at = len(out), (self.read + offset) % self._size
        first = min(count, self._size - at)
        out[:first] = self._frames[at : at + first]
        out[first:] = self._frames[: count - first]

    def _apply_gain(self, out: Floats) -> None:
        gain = self.gain
        if self._gain != gain:  # over the whole block, so that it is not heard as a step
            out *= np.linspace(self._gain, gain, len(out), dtype=np.float32)
            self._gain = gain
        elif gain != 1.0:
            out *= np.float32(gain)
