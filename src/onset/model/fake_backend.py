"""A backend without a model, which hums: for tests, and to try clients without loading a model."""

import time

import numpy as np

from onset.errors import Halted
from onset.model.backend import (
    DECODER_FRAME_SAMPLES,
    ENTRANCE_CHANNELS,
    SOURCE_CHANNELS,
    TRUNK_OUTPUTS,
    AdainStatistics,
    Backend,
    Decoder,
    FrontOutput,
    Prosody,
    TrunkEntrance,
)
from onset.model.streaming_decoder import SPECTRUM_FRAMES
from onset.types import Floats, Halt


class FakeBackend(Backend):
    """A model whose audio has a known length, and whose work a known duration.

    delay: seconds that each front, trunk and step takes.
    """

    LEAD, TOKEN, TAIL = 12, 3, 16
    """Frames of 25 ms: the silence before speech, each token at speed 1, the silence after."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.digest, self.runs_on = "fake", "nothing"

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        self._work(halt)
        length = max(1, round(self.TOKEN / speed))
        durations = np.array([self.LEAD, *[length] * len(tokens), self.TAIL], np.int64)
        frames = 2 * int(durations.sum())
        f0, energy = np.zeros(frames, np.float32), np.full(frames, -9.5, np.float32)
        speech = slice(2 * self.LEAD, -2 * self.TAIL)
        f0[speech], energy[speech] = 220.0, 8.0
        return FrontOutput(durations, f0, energy, _nothing(TRUNK_OUTPUTS, frames // 2), style)

    def trunk(self, front: FrontOutput, halt: Halt, turns: float = 0.0) -> Prosody:
        self._work(halt)
        trunk, source = _nothing(TRUNK_OUTPUTS, len(front.f0)), self.source(front.f0, turns)
        return Prosody(front.durations, front.f0, front.energy, trunk, source, front.style)

    def trunk_entrance(self, front: FrontOutput, halt: Halt) -> TrunkEntrance:
        mean = np.zeros(ENTRANCE_CHANNELS, np.float32)
        return TrunkEntrance(mean, mean + 1, _nothing(ENTRANCE_CHANNELS, len(front.f0) // 2)[0])

    def trunk_part(
        self, front: FrontOutput, statistics: AdainStatistics, begin: int, end: int, halt: Halt
    ) -> Floats:
        self._work(halt)
        return _nothing(TRUNK_OUTPUTS, end - begin)

    def source(self, f0: Floats, turns: float = 0.0) -> Floats:
        return _nothing(SOURCE_CHANNELS, SPECTRUM_FRAMES * len(f0) + 1)

    def pace(self, halt: Halt) -> float:
        return 1.0

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        return FakeDecoder(self, prosody, start, halt)

    def _work(self, halt: Halt) -> None:
        if self.delay:
            time.sleep(self.delay)
        if halt.is_set:
            raise Halted("Stopped.")


def _nothing(channels: int, frames: int) -> Floats:
    """Zeros [1, channels, frames] that take no memory; they cannot be written to."""
    return np.broadcast_to(np.zeros((1, channels, 1), np.float32), (1, channels, frames))


class FakeDecoder(Decoder):
    """A hum of 220 Hz at -14 dBFS where the prosody is voiced."""

    def __init__(self, backend: FakeBackend, prosody: Prosody, start: int, halt: Halt) -> None:
        self._backend, self._halt = backend, halt
        time_s = np.arange(prosody.frames * DECODER_FRAME_SAMPLES) / (80 * DECODER_FRAME_SAMPLES)
        loud = np.repeat(prosody.energy > 0, DECODER_FRAME_SAMPLES) * 0.2
        self.samples: Floats = (np.sin(2 * np.pi * 220 * time_s) * loud).astype(np.float32)
        self._next = start
        self.remaining = prosody.frames - start

    def step(self, frames: int) -> Floats:
        self._backend._work(self._halt)
        frames = min(frames, self.remaining)
        first, self._next = self._next, self._next + frames
        self.remaining -= frames
        return self.samples[first * DECODER_FRAME_SAMPLES : self._next * DECODER_FRAME_SAMPLES]
