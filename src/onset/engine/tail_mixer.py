"""What rings on behind a segment: nearly silent, it is heard together with what follows.

To cut it off would be to lose what the model made; to wait for it, a gap inside of a sentence.
Knows nothing of what makes the samples.
"""

import numpy as np

from onset.types import Floats


class TailMixer:
    """The samples, float32, that segments left behind, from the one that is heard next on."""

    def __init__(self) -> None:
        self._left = np.zeros(0, np.float32)
        self._alone = self._end = 0

    def begin(self, length: int) -> None:
        """A segment begins, of so many samples before what follows it may begin."""
        self._alone, self._end = length, 0

    def push(self, samples: Floats) -> Floats:
        """The segment's next samples: those to be heard now. What exceeds its length is kept."""
        heard, tail = samples[: self._alone], samples[self._alone :]
        self._alone -= len(heard)
        mixed = self.mix(heard)
        self._keep(tail)
        return mixed

    def mix(self, samples: Floats) -> Floats:
        """`samples` with what rings on meanwhile."""
        ringing, self._left = self._left[: len(samples)], self._left[len(samples) :]
        mixed = samples.copy()
        mixed[: len(ringing)] += ringing
        return mixed

    def rest(self) -> Floats:
        """All that still rings, where nothing follows at once."""
        rest, self._left = self._left, np.zeros(0, np.float32)
        return rest

    def _keep(self, tail: Floats) -> None:
        begin, self._end = self._end, self._end + len(tail)
        self._left = np.pad(self._left, (0, max(0, self._end - len(self._left))))
        self._left[begin : self._end] += tail
