"""Predicts, from the front alone, what the trunk and the generator need of a whole reading.

The first sound of an answer cannot wait for the trunk of a whole sentence. Its ten AdaIN need
statistics over all of it: those of the first are known, for its input is the front's; those of the
others are predicted, and with them what the trunk and the source will be on average, from which
`adain_predictor` predicts the generator's. docs/streaming.md tells what that costs.
"""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from onset.model.adain_predictor import (
    ASSET,
    AdainPredictor,
    joined_features,
    load,
    load_kept,
    log_std,
)
from onset.model.backend import (
    ENTRANCE_CHANNELS,
    SOURCE_CHANNELS,
    TRUNK_CHANNELS,
    TRUNK_OUTPUTS,
    AdainStatistics,
    FrontOutput,
    TrunkEntrance,
)
from onset.model.voice_styles import Mix
from onset.types import Floats

OPENING_ASSET = Path(str(resources.files("onset") / "data" / "opening.npz"))
"""The predictor that ships, made by `onset calibrate`."""

OPENING_FEATURES = 1
"""Version of `opening_features`: samples and predictors of another version are of no use."""

OFFSET = np.float32(1e-3)
"""What `log_std` adds to a deviation."""

GENERATOR_RANK = 160
"""Directions of 480 that the generator's statistics are predicted along: the others change an
opening by less than 0.02 dB, and reading them from memory takes 2 ms."""

INPUTS = (TRUNK_OUTPUTS, SOURCE_CHANNELS)
"""Channels of the trunk and of the source, behind those of the trunk's AdaIN."""


@dataclass(frozen=True, slots=True)
class OpeningStatistics:
    """trunk: at each AdaIN of the trunk, float32 [9482]. generator: at each of the generator."""

    trunk: AdainStatistics
    generator: AdainStatistics


def opening_features(front: FrontOutput, entrance: TrunkEntrance) -> Floats:
    """Features of a reading before its trunk is run, float32 [1184].

    Those of the curves, then mean and log deviation over time of the trunk's 514 inputs behind its
    first AdaIN and activation, then the decoder's half of the style row.
    """
    activated = entrance.activated
    return joined_features(front, [activated.mean(1), log_std(activated)])


def measured(trunk: AdainStatistics, inputs: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """What is predicted: means and deviations [9482 + 512 + 22].

    trunk: its true statistics. inputs: `adain_predictor.generator_inputs` of the same reading.
    """
    mean = np.concatenate([trunk.mean, *(x.mean(1) for x in inputs)])
    std = np.concatenate([trunk.std, *(x.std(1) + OFFSET for x in inputs)])
    return mean, std


@dataclass(frozen=True, slots=True)
class OpeningPredictor:
    """opening: fitted on `opening_features` and `measured`. generator: as in `adain_predictor`."""

    opening: AdainPredictor
    generator: AdainPredictor

    def fits(self, digest: str) -> bool:
        """Whether both were fitted on the model of this sha256."""
        return self.opening.digest == self.generator.digest == digest

    def covers(self, mix: Mix) -> bool:
        """Whether every voice of the mix was fitted."""
        return self.opening.covers(mix) and self.generator.covers(mix)

    def predict(self, front: FrontOutput, entrance: TrunkEntrance, mix: Mix) -> OpeningStatistics:
        """Statistics of a whole reading, for a voice or a mix (name, share) that is covered."""
        found = self.opening.statistics(opening_features(front, entrance), mix)
        mean, std = found.mean[:TRUNK_CHANNELS].copy(), found.std[:TRUNK_CHANNELS].copy()
        mean[:ENTRANCE_CHANNELS], std[:ENTRANCE_CHANNELS] = entrance.mean, entrance.std
        moments, position = list[Floats](), TRUNK_CHANNELS
        for channels in INPUTS:
            place = slice(position, position + channels)
            moments += [found.mean[place], np.log(found.std[place])]
            position += channels
        features = joined_features(front, moments)
        return OpeningStatistics(
            AdainStatistics(mean, std), self.generator.statistics(features, mix, GENERATOR_RANK)
        )


def load_predictor(opening: Path = OPENING_ASSET, generator: Path = ASSET) -> OpeningPredictor:
    """Both predictors. AssetError if a file is not what `adain_predictor.save` writes."""
    return OpeningPredictor(load(opening), load(generator))


def kept_predictor(cache: Path) -> OpeningPredictor:
    """Those that ship, by `adain_predictor.load_kept`: in 30 ms instead of a second."""
    return OpeningPredictor(load_kept(OPENING_ASSET, cache), load_kept(ASSET, cache))
