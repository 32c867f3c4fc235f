"""The seam between the engine and a model: a backend and what it makes.

A backend turns phoneme tokens into prosody (the part that needs the whole segment) and prosody into
audio, step by step. Knows no text, no voices by name, and nothing of who listens.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.types import FRAME_SAMPLES, Floats, Halt

STEP_SAMPLES = FRAME_SAMPLES // 2
"""Samples of one decoder frame: 12.5 ms (80 Hz), the unit the decoder counts in."""


@dataclass(frozen=True, slots=True)
class FrontOutput:
    """What ALBERT and the LSTMs say of a segment. asr: float32 [1, 512, F]; the rest as Prosody."""

    durations: npt.NDArray[np.int64]
    f0: Floats
    energy: Floats
    asr: Floats
    style: Floats


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
class AdainStatistics:
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
    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        """Durations, F0 and energy of 1 to 510 tokens; style [1, 256]. Raises Halted."""

    @abstractmethod
    def trunk(self, front: FrontOutput, halt: Halt) -> Prosody:
        """The rest of the prosody. Raises Halted."""

    @abstractmethod
    def pace(self) -> float:
        """Seconds of work for a second of audio, measured now."""

    @abstractmethod
    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        """Audio from decoder frame `start`, with these statistics or, if None, its own.

        None: every part that is `predicted` must be refined before the first step.
        """
