"""The seam between the engine and a model: a backend, what it makes, and a fake one.

A backend turns phoneme tokens into prosody (the part that needs the whole segment) and prosody into
audio, step by step. Knows no text, no voices by name, and nothing of who listens.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.errors import Halted
from onset.types import FRAME_SAMPLES, Floats, Halt

STEP_SAMPLES = FRAME_SAMPLES // 2
"""Samples of one decoder frame: 12.5 ms (80 Hz), the unit the decoder counts in."""


@dataclass(frozen=True, slots=True)
class Prosody:
    """All that is known of a segment before its samples. F = sum of durations, 25 ms each.

    durations: int64 [n + 2], frames of each token, the two pads included. f0 (Hz, 0 where
    unvoiced) and energy: float32 [2F]. trunk: float32 [1, 512, 2F]. source: float32
    [1, 22, 120F + 1]. style: float32 [1, 256].
    """

    durations: npt.NDArray[np.int64]
    f0: Floats
    energy: Floats
    trunk: Floats
    source: Floats
    style: Floats

    @property
    def frames(self) -> int:
        """Decoder frames (12.5 ms), 2F."""
        return int(self.trunk.shape[2])


@dataclass(frozen=True, slots=True)
class Statistics:
    """Mean and standard deviation over time at each AdaIN of the generator, float32 [8448] each."""

    mean: Floats
    std: Floats


class Decoder(ABC):
    """The audio of one segment, from a start frame to its end."""

    remaining: int
    """Decoder frames whose samples are not out yet."""

    refined: list[Floats]
    """Of each part that was refined what it gave for the whole segment."""

    known: Sequence[Floats] = ()
    """The same of another decoder of the segment, if there was one: it is not decoded again."""

    @property
    @abstractmethod
    def predicted(self) -> tuple[float, ...]:
        """Of each part that goes by predicted statistics its share of all work, the next first."""

    @abstractmethod
    def refine(self) -> Iterator[None]:
        """Decode the next part of `predicted` whole, a piece of work at a time: what follows goes
        by its true statistics. Raises Halted."""

    @abstractmethod
    def step(self, frames: int) -> Floats:
        """The next samples, float32 [n]: about `frames` * 300, all that is left if fewer remain.

        Raises Halted if the stop button is pressed.
        """


class Backend(ABC):
    """What the engine asks of a model. One thread at a time."""

    digest: str
    """sha256 of the model file: the key of everything measured on it."""

    @abstractmethod
    def front(self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt) -> "Front":
        """Durations, F0 and energy of 1 to 510 tokens; style [1, 256]. Raises Halted."""

    @abstractmethod
    def trunk(self, front: "Front", halt: Halt) -> Prosody:
        """The rest of the prosody. Raises Halted."""

    @abstractmethod
    def pace(self) -> float:
        """Seconds of work for a second of audio, measured now."""

    @abstractmethod
    def decoder(
        self, prosody: Prosody, statistics: Statistics | None, start: int, halt: Halt
    ) -> Decoder:
        """Audio from decoder frame `start`, with these statistics or, if None, its own.

        None: every part that is `predicted` must be refined before the first step.
        """


@dataclass(frozen=True, slots=True)
class Front:
    """What ALBERT and the LSTMs say of a segment. asr: float32 [1, 512, F]; the rest as Prosody."""

    durations: npt.NDArray[np.int64]
    f0: Floats
    energy: Floats
    asr: Floats
    style: Floats


class FakeBackend(Backend):
    """A model of known length and delay that hums: for tests, and to try clients without a model.

    Every token lasts three frames (75 ms at speed 1) between 300 ms and 400 ms of silence.
    delay: seconds each front and each step takes.
    """

    LEAD, TOKEN, TAIL = 12, 3, 16

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.digest = "fake"

    def front(self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt) -> Front:
        self._work(halt)
        length = max(1, round(self.TOKEN / speed))
        durations = np.array([self.LEAD, *[length] * len(tokens), self.TAIL], np.int64)
        frames = 2 * int(durations.sum())
        f0, energy = np.zeros(frames, np.float32), np.full(frames, -9.5, np.float32)
        speech = slice(2 * self.LEAD, -2 * self.TAIL)
        f0[speech], energy[speech] = 220.0, 8.0
        return Front(durations, f0, energy, np.zeros((1, 1, frames), np.float32), style)

    def trunk(self, front: Front, halt: Halt) -> Prosody:
        self._work(halt)
        empty = np.zeros((1, 1, len(front.f0)), np.float32)
        return Prosody(front.durations, front.f0, front.energy, empty, empty, front.style)

    def pace(self) -> float:
        return 1.0

    def decoder(
        self, prosody: Prosody, statistics: Statistics | None, start: int, halt: Halt
    ) -> Decoder:
        return FakeDecoder(self, prosody, start, halt)

    def _work(self, halt: Halt) -> None:
        if self.delay:
            time.sleep(self.delay)
        if halt.is_set:
            raise Halted("Stopped.")


class FakeDecoder(Decoder):
    """A hum of 220 Hz at -14 dBFS where the prosody is voiced."""

    def __init__(self, backend: FakeBackend, prosody: Prosody, start: int, halt: Halt) -> None:
        self._backend, self._halt = backend, halt
        time_s = np.arange(prosody.frames * STEP_SAMPLES) / (80 * STEP_SAMPLES)
        loud = np.repeat(prosody.energy > 0, STEP_SAMPLES) * 0.2
        self.samples: Floats = (np.sin(2 * np.pi * 220 * time_s) * loud).astype(np.float32)
        self._next = start
        self.refined = []
        self.remaining = prosody.frames - start

    @property
    def predicted(self) -> tuple[float, ...]:
        return ()

    def refine(self) -> Iterator[None]:
        return iter(())

    def step(self, frames: int) -> Floats:
        self._backend._work(self._halt)
        frames = min(frames, self.remaining)
        first, self._next = self._next, self._next + frames
        self.remaining -= frames
        piece: Floats = self.samples[first * STEP_SAMPLES : self._next * STEP_SAMPLES]
        return piece
