"""Kokoro's generator (iSTFTNet): its interface, and what does not depend on what runs it.

A reading is decoded as a stream, which `StreamingDecoder` drives, or whole, one residual pair at a
time, so that other requests get their turns between the convolutions of a long one.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator as Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from onset.model.backend import AdainStatistics, Prosody, Stepping, finished
from onset.model.decoding.inverse_stft import InverseSTFT
from onset.model.graph.istftnet import ADAIN_LAYERS, STAGES
from onset.model.harmonic_source import HarmonicSource
from onset.model.voice_styles import DECODER_STYLE
from onset.types import Floats, Halt

CooperativeTask: TypeAlias = Coroutine[None, None, Floats]
"""Yields after each piece of work and returns the result, so that other work can go between."""

_TO_CHANNELS = np.concatenate(
    [np.arange(a.statistics.start, a.statistics.stop) for a in ADAIN_LAYERS.values()]
)
"""For each of the AdaIN's 9216 channels its index among the 8448 statistics.

Several AdaIN read the same tensor, so there are fewer statistics than channels.
"""

_STAGE_ENDS = np.cumsum([len(ADAIN_LAYERS) // len(STAGES) * stage.channels for stage in STAGES])
"""Where the channels of each stage end."""


def neutral_statistics() -> AdainStatistics:
    """Means of 0 and deviations of 1: to be measured into."""
    count = int(_TO_CHANNELS.max()) + 1
    return AdainStatistics(np.zeros(count, np.float32), np.ones(count, np.float32))


@dataclass(frozen=True, slots=True)
class AdainAffine:
    """gamma (the 1 included) and beta of all AdaIN for one style: float32 [9216] each."""

    gamma: Floats
    beta: Floats

    def layer(self, key: str) -> tuple[Floats, Floats]:
        """gamma and beta [C] of one AdaIN."""
        channels = ADAIN_LAYERS[key].channels
        return self.gamma[channels], self.beta[channels]

    def folded(self, statistics: AdainStatistics) -> list[tuple[Floats, Floats]]:
        """Normalisation and affine in one: scale and shift [C] for each stage."""
        scale = self.gamma / statistics.std[_TO_CHANNELS]
        shift = self.beta - scale * statistics.mean[_TO_CHANNELS]
        stages = (np.split(part, _STAGE_ENDS[:-1]) for part in (scale, shift))
        return list(zip(*stages, strict=True))


class StageStream(ABC):
    """A stage of the generator as a stream of one reading."""

    @abstractmethod
    def step(self, x: Floats, source: Floats, last: bool, halt: Halt) -> Floats:
        """The outputs [1, C, t] that the inputs [1, C, n] and the source [1, 22, h] complete.

        last: nothing follows, so what is left is complete too. Raises Halted.
        """

    def stepping(self, x: Floats, source: Floats, last: bool, halt: Halt) -> Stepping:
        """`step`, which yields while it waits for the steps of other streams."""
        yield from ()
        return self.step(x, source, last, halt)


class Generator(ABC):
    """folder: what `graph.export` wrote."""

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "constants.npz", allow_pickle=False) as constants:
            self._constants: dict[str, Floats] = dict(constants)
        weight, bias = self._constants["source_weight"], self._constants["source_bias"]
        self.source = HarmonicSource(weight, float(bias[0]))

    def affine(self, style: Floats) -> AdainAffine:
        """gamma and beta of every AdaIN; style [1, 256]."""
        half, c = style[0, :DECODER_STYLE], self._constants
        gamma = half @ c["gamma_weight"] + c["gamma_bias"] + np.float32(1)
        return AdainAffine(gamma, half @ c["beta_weight"] + c["beta_bias"])

    def inverse_stft(self, start: int) -> InverseSTFT:
        """For audio that begins at decoder frame `start`."""
        return InverseSTFT(self._constants["basis"], None if start else self._constants["edge"])

    def decode(self, prosody: Prosody, halt: Halt) -> tuple[Floats, AdainStatistics]:
        """All samples of the reading, and the true statistics they are made with."""
        statistics, x = neutral_statistics(), prosody.trunk
        for number in range(len(STAGES)):
            x = finished(self.full_stage(number, x, prosody, statistics, halt))
        return x, statistics

    @abstractmethod
    def stream(self, stage: int, scale: Floats, shift: Floats) -> StageStream:
        """A stage's stream, whose AdaIN scale and shift [sum of channels] are given."""

    @abstractmethod
    def full_stage(
        self, number: int, x: Floats, prosody: Prosody, statistics: AdainStatistics, halt: Halt
    ) -> CooperativeTask:
        """A stage for the whole reading, to its output [1, C, t] or, of the last, to the samples.

        Writes its part of `statistics`.
        """
