"""Overlap-add of decodes: the quiet or fading tail of one is mixed into the samples that follow.

To cut the tail off would lose what the model made; to wait for it would leave a gap in a sentence.
"""

import numpy as np

from onset.types import Floats


class TailMixer:
    """Tails of earlier decodes, float32, to be mixed into the next samples played."""

    def __init__(self) -> None:
        self._tails = np.zeros(0, np.float32)
        self._left = self._end = 0

    def begin(self, length: int) -> None:
        """Start a decode of `length` samples; what it has beyond them is its tail."""
        self._left, self._end = length, 0

    def push(self, samples: Floats) -> Floats:
        """Take the next samples; return those to play now. Its tail is kept."""
        body, tail = samples[: self._left], samples[self._left :]
        self._left -= len(body)
        mixed = self.mix(body)
        begin, self._end = self._end, self._end + len(tail)
        self._tails = np.pad(self._tails, (0, max(0, self._end - len(self._tails))))
        self._tails[begin : self._end] += tail
        return mixed

    def mix(self, samples: Floats) -> Floats:
        """A copy of `samples` with the tails added that sound at the same time."""
        tails, self._tails = self._tails[: len(samples)], self._tails[len(samples) :]
        mixed = samples.copy()
        mixed[: len(tails)] += tails
        return mixed

    @property
    def left(self) -> Floats:
        """All tails that are left."""
        return self._tails

    def resume(self, tails: Floats) -> None:
        """Go on where another mixer had these left."""
        self._tails = tails

    def flush(self) -> Floats:
        """All tails that are left, for where nothing follows at once."""
        tails, self._tails = self._tails, np.zeros(0, np.float32)
        return tails
