"""The interface between the engine and a model.

A `SpeechModel` is the least that any model must do: read phoneme tokens, which gives durations for
the timestamps, and decode any frame of the reading on, a step at a time. A `Backend` is a Kokoro,
which does more: it turns tokens into `Prosody`, which needs the whole reading, and prosody into
audio, with statistics that may be predicted.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from onset.types import FRAME_SAMPLES, MAX_PHONEMES, Floats, Halt, Pause

DECODER_FRAME_SAMPLES = FRAME_SAMPLES // 2
"""Samples of one decoder frame: 12.5 ms (80 Hz), half a duration frame."""

TRUNK_CHANNELS = 9482
"""Channels of the trunk's ten AdaIN, two in each of five residual blocks (hexgrad/kokoro
istftnet.py, Decoder): 514, 1024, 1090, 1024, 1090, 1024, 1090, 1024, 1090, 512."""

ENTRANCE_CHANNELS = 514
"""Channels of the first of them: the text's encoding, F0 and energy."""

TRUNK_OUTPUTS = 512
"""Channels of the trunk's output, and of the encoded text it begins with."""

SOURCE_CHANNELS = 22
"""Magnitudes and phases of the harmonic source's 20-point STFT."""

STAGE_0_SHARE, STAGE_1_SHARE = 0.29, 0.56
"""Shares of the measured compute time: the generator's two stages."""


class Shares(NamedTuple):
    """Shares of the measured compute time, of what precedes the generator."""

    front: float
    trunk: float


ONNX_SHARES, NATIVE_SHARES = Shares(0.04, 0.06), Shares(0.085, 0.065)
"""Of the decoder on ONNX Runtime, and in the native library, where all but the front takes half or
a third as long (docs/log/2026-11-27-refining.md, 2026-11-30-native-library.md)."""


@dataclass(frozen=True, slots=True)
class FrontOutput:
    """Output of the text encoder, the duration predictor and the F0 and energy predictor.

    asr: aligned text encoding, float32 [1, 512, F]. The other fields: see `Prosody`.
    """

    durations: npt.NDArray[np.int64]
    f0: Floats
    energy: Floats
    asr: Floats
    style: Floats


@dataclass(frozen=True, slots=True)
class Prosody:
    """All inputs of the generator for one reading. F = sum of durations, 25 ms each.

    durations: int64 [n + 2], frames of each token, the two pads included. f0 (Hz, 0 where
    unvoiced) and energy: float32 [2F]. trunk: output of the decoder's residual blocks, float32
    [1, 512, 2F]. source: spectrum of the harmonic source, float32 [1, 22, 120F + 1].
    style: float32 [1, 256].
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
    """Mean and standard deviation over time that each AdaIN normalises with, float32 [8448] each.

    They are measured on a whole reading ("true") or predicted before it is decoded.
    """

    mean: Floats
    std: Floats


@dataclass(frozen=True, slots=True)
class TrunkEntrance:
    """The trunk's first AdaIN over a whole reading, which is known before the trunk is run.

    mean, std [514]: its statistics. activated [514, F]: what it and its activation make.
    """

    mean: Floats
    std: Floats
    activated: Floats


Stepping: TypeAlias = Generator[Pause, None, Floats]
"""Returns a step's output; yields while the step waits to be computed with those of others."""


def finished(task: Generator[object, None, Floats]) -> Floats:
    """Run a task to its result without pauses."""
    while True:
        try:
            next(task)
        except StopIteration as end:
            result: Floats = end.value
            return result


class Decoder(ABC):
    """The audio of one reading, from a start frame to its end.

    One that works with predicted statistics can be refined while it streams: a stage of the
    generator is run over the whole reading, and later steps use its exact output. By default there
    is nothing to refine.
    """

    remaining: int
    """Decoder frames whose samples are not out yet."""

    refined_outputs: Sequence[Floats] = ()
    """Output of each refined stage for the whole reading, the first stage first."""

    reusable_outputs: Sequence[Floats] = ()
    """`refined_outputs` of another decoder of the same reading: `refine` takes these first."""

    @property
    def unrefined_shares(self) -> tuple[float, ...]:
        """Shares of all work of the stages that are still to be refined, the next one first."""
        return ()

    def refine(self) -> Iterator[None]:
        """Refine the next stage; yields between pieces of work. Raises Halted."""
        return iter(())

    @abstractmethod
    def step(self, frames: int) -> Floats:
        """The next `frames` * 300 samples or so, fewer at the end, float32. Raises Halted."""

    def stepping(self, frames: int) -> Stepping:
        """`step`, for who can do something else while it waits."""
        yield from ()
        return self.step(frames)


class SpeechModel(ABC):
    """A model on some runtime. One thread at a time may use it."""

    most_phonemes: int = MAX_PHONEMES
    """Tokens it reads at once, at most."""

    runs_on: str
    """What decodes, for people to read."""

    shares: Shares = ONNX_SHARES
    """How its work is divided."""

    batch: int = 1
    """Of how many streams it computes steps together, at most."""

    lacking: str | None = None
    """Why what would decode sooner does not, in a sentence; None: it does."""

    @abstractmethod
    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        """Durations, F0 and energy of the tokens of a reading; style [1, 256]. Raises Halted."""

    @abstractmethod
    def decoder_from(self, front: FrontOutput, start: int, halt: Halt) -> Decoder:
        """The samples of a reading from decoder frame `start` on, with nothing to be refined.

        Raises Halted.
        """


class Backend(SpeechModel):
    """A Kokoro. It reads 1 to 510 tokens at once."""

    digest: str
    """sha256 of the model file: the key of everything measured on it."""

    lead: int = 0
    """Samples that a decoder's first step gives beyond its frames, unless all was refined."""

    closing: int = 0
    """Decoder frames: a step that would leave fewer than these takes them too."""

    @abstractmethod
    def trunk(self, front: FrontOutput, halt: Halt, turns: float = 0.0) -> Prosody:
        """The rest of the prosody. turns: as for `source`. Raises Halted."""

    @abstractmethod
    def trunk_entrance(self, front: FrontOutput, halt: Halt) -> TrunkEntrance:
        """The first AdaIN of the trunk, for the whole reading. Raises Halted."""

    @abstractmethod
    def trunk_part(
        self, front: FrontOutput, statistics: AdainStatistics, begin: int, end: int, halt: Halt
    ) -> Floats:
        """Trunk of the decoder frames [begin, end), both even: [1, 512, end - begin].

        statistics: those of the whole reading at each AdaIN of the trunk, float32 [9482] each. With
        the true ones the part is that of the whole trunk. Raises Halted.
        """

    @abstractmethod
    def source(self, f0: Floats, turns: float = 0.0) -> Floats:
        """Spectrum of the harmonic source, float32 [1, 22, 60 n + 1], for F0 [n] in Hz.

        turns: the phase of the fundamental at the first sample, in turns.
        """

    @abstractmethod
    def pace(self, halt: Halt) -> float:
        """Real-time factor, measured now: seconds of work for a second of audio."""

    @abstractmethod
    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        """Audio from decoder frame `start` on, with predicted statistics or, if None, true ones.

        None: the caller must refine every stage of `unrefined_shares` before the first step.
        """

    def decoder_from(self, front: FrontOutput, start: int, halt: Halt) -> Decoder:
        decoder = self.decoder(self.trunk(front, halt), None, start, halt)
        while decoder.unrefined_shares:
            for _ in decoder.refine():
                pass
        return decoder
