"""The generator's 48 AdaIN: gamma and beta of a style, and both folded with given statistics.

AdaIN normalises a channel by its mean and standard deviation over time, then applies gamma and beta
from the style. Several AdaIN read the same tensor, so their 9216 channels need 8448 statistics.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from onset.model.backend import AdainStatistics
from onset.model.graph.istftnet import ADAIN_LAYERS, STAGES
from onset.types import Floats

ScaleShift: TypeAlias = tuple[Floats, Floats]
"""What is left of the AdaIN of a stage once its statistics are given: [1, C, 1] each."""

_TO_CHANNELS = np.concatenate(
    [np.arange(a.statistics.start, a.statistics.stop) for a in ADAIN_LAYERS.values()]
)
"""For each of the 9216 channels its index among the 8448 statistics."""

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
        """gamma and beta [1, C, 1] of one AdaIN."""
        channels = ADAIN_LAYERS[key].channels
        return self.gamma[channels].reshape(1, -1, 1), self.beta[channels].reshape(1, -1, 1)

    def folded(self, statistics: AdainStatistics) -> list[ScaleShift]:
        """Normalisation and affine in one: a scale and a shift a channel, for each stage."""
        scale = self.gamma / statistics.std[_TO_CHANNELS]
        shift = self.beta - scale * statistics.mean[_TO_CHANNELS]
        stages = (np.split(part, _STAGE_ENDS[:-1]) for part in (scale, shift))
        return [(a.reshape(1, -1, 1), b.reshape(1, -1, 1)) for a, b in zip(*stages, strict=True)]
