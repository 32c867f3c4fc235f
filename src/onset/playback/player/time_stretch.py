"""Faster or slower at the same pitch, while it plays: WSOLA over samples that can be read anywhere.

W. Verhelst and M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for
high quality time-scale modification of speech", ICASSP 1993. At speed 1 the samples pass as they
are, also before and after another speed.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from onset.types import Floats

HOP_SECONDS = 0.012
"""Seconds of each cross-fade."""

SEARCH_SECONDS = 0.008
"""How far from where the speed says the most similar samples are looked for: a pitch period of
62 Hz either way."""

PLAIN_SECONDS = 0.05
"""Seconds of a piece at speed 1."""

Read: TypeAlias = Callable[[int, int], Floats]
"""(position, count) -> float32, up to so many from there."""


class TimeStretch:
    """Reads a stream from `position` at `speed`; both may be changed between pieces."""

    def __init__(self, rate: int, position: int = 0, speed: float = 1.0) -> None:
        self.position = position
        self.speed = speed
        self._hop = round(HOP_SECONDS * rate)
        self._search = round(SEARCH_SECONDS * rate)
        self._plain = round(PLAIN_SECONDS * rate)
        self._target = float(position)
        self._up = ((np.arange(self._hop) + 0.5) / self._hop).astype(np.float32)

    def next(self, read: Read, end: int, *, last: bool) -> Floats:
        """The next piece before `end`, empty if more must come first. last: no more will."""
        if self.speed == 1.0:
            return self._pass(read, end)
        reach = max(self.position, int(self._target) + self._search) + self._hop
        if reach > end:
            return self._pass(read, end) if last else np.zeros(0, np.float32)
        return self._similar(read)

    def _pass(self, read: Read, end: int) -> Floats:
        """Samples as they are, right after those that were given last."""
        piece = read(self.position, min(self._plain, end - self.position))
        self.position += len(piece)
        self._target = float(self.position)
        return piece

    def _similar(self, read: Read) -> Floats:
        """One hop that fades from what would follow to the most similar samples near the target."""
        natural = read(self.position, self._hop)
        begin = max(0, int(self._target) - self._search)
        nearby = read(begin, int(self._target) + self._search + self._hop - begin)
        likeness = np.correlate(nearby, natural, "valid")
        energy = np.cumsum(np.concatenate(([0.0], nearby.astype(np.float64) ** 2)))
        norm = np.sqrt(energy[self._hop :] - energy[: -self._hop] + 1e-9)
        best = int(np.argmax(likeness / norm))
        piece: Floats = natural + (nearby[best : best + self._hop] - natural) * self._up
        self.position = begin + best + self._hop
        self._target += self._hop * self.speed
        return piece
