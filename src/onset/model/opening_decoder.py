"""A decoder that begins before the trunk of the whole reading is there.

The trunk is computed as far as the steps need it, with predicted statistics; the generator's are
predicted too. What is heard later is decoded from the whole trunk (engine/answer.py).
"""

from collections.abc import Iterator

import numpy as np

from onset.model.backend import (
    SOURCE_CHANNELS,
    Backend,
    Decoder,
    FrontOutput,
    Prosody,
    Stepping,
    finished,
)
from onset.model.opening_predictor import OpeningStatistics
from onset.model.streaming_decoder import SPECTRUM_FRAMES, WARM_UP
from onset.types import Floats, Halt

FIRST_PART = 10
"""Decoder frames of the first steps that the first part of the trunk is made for: two steps.

Each part reads all of the trunk's weights, 134 MB, which takes as long as computing 80 frames.
"""

SOURCE_AHEAD = 8
"""Decoder frames of source behind the trunk's: its blocks look 4 ahead, its STFT a little."""


class OpeningDecoder(Decoder):
    """Decodes frames from `start` to `end` of a reading, given statistics of all of it.

    turns: the phase of the source at the reading's first sample. It cannot be refined.
    """

    def __init__(
        self,
        backend: Backend,
        front: FrontOutput,
        statistics: OpeningStatistics,
        start: int,
        end: int,
        turns: float,
        halt: Halt,
    ) -> None:
        self._backend, self._front, self._halt = backend, front, halt
        self._statistics = statistics.trunk
        frames, channels = len(front.f0), front.asr.shape[1]
        self._end = min(frames, _even(end + WARM_UP))
        self._filled = start - start % 2
        self._fed = start
        trunk = np.zeros((1, channels, frames), np.float32)
        source = np.zeros((1, SOURCE_CHANNELS, SPECTRUM_FRAMES * frames + 1), np.float32)
        known = backend.source(front.f0[: self._end + SOURCE_AHEAD], turns)
        source[:, :, : known.shape[2]] = known
        self._prosody = Prosody(front.durations, front.f0, front.energy, trunk, source, front.style)
        self._inner = backend.decoder(self._prosody, statistics.generator, start, halt)
        self.remaining = self._inner.remaining
        self._fill(min(self._end, start + FIRST_PART + WARM_UP))

    def refine(self) -> Iterator[None]:
        raise NotImplementedError("An opening is not refined: nothing of it is known exactly.")

    def step(self, frames: int) -> Floats:
        return finished(self.stepping(frames))

    def stepping(self, frames: int) -> Stepping:
        self._fed += frames
        if self._fed + WARM_UP > self._filled:
            self._fill(max(self._end, self._fed + WARM_UP))
        samples = yield from self._inner.stepping(frames)
        self.remaining = self._inner.remaining
        return samples

    def _fill(self, until: int) -> None:
        """Compute the trunk up to `until`."""
        begin, end = self._filled, min(len(self._front.f0), _even(until))
        if end > begin:
            self._prosody.trunk[:, :, begin:end] = self._backend.trunk_part(
                self._front, self._statistics, begin, end, self._halt
            )
            self._filled = end


def _even(frame: int) -> int:
    return frame + frame % 2
