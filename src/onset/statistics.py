"""The generator's AdaIN statistics, predicted from what is known before it runs.

A linear map from features of the prosody to the mean and log standard deviation at each AdaIN,
with slopes shared by all voices, of low rank, and a centre per voice. docs/streaming.md tells why
this is enough. Knows nothing of the generator that uses them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from onset.errors import AssetError
from onset.model import Prosody, Statistics
from onset.source import VOICED_HZ
from onset.types import Floats
from onset.voices import Mix

ASSET = Path(str(resources.files("onset") / "data" / "statistics.npz"))
"""The statistics that ship, made by `onset calibrate`."""


FEATURES = 2
"""Raised whenever `features` changes: samples and assets of another kind are of no use."""

SILENT_ENERGY = -3.0
"""Energy below which a frame is counted as silence (-9.5 is the model's own)."""

LEAK = 0.1
"""Slope of the activation that the generator begins with (istftnet.py, `_stage`)."""


def features(prosody: Prosody) -> Floats:
    """What the statistics are predicted from, float32 [2248].

    Length, pauses, summaries of F0 and energy; mean and log deviation over time of the trunk's 512
    channels, before and after the generator's first activation, and of the source's 22; the
    decoder's half of the style row.
    """
    trunk, source = prosody.trunk[0], prosody.source[0]
    bent = np.where(trunk > 0, trunk, np.float32(LEAK) * trunk)
    moments = [part for x in (trunk, bent, source) for part in (x.mean(1), _log_std(x))]
    return np.concatenate([_curves(prosody), *moments, prosody.style[0, :128]]).astype(np.float32)


def _curves(prosody: Prosody) -> Floats:
    """Length, share of voiced, unvoiced and silent frames, quantiles of energy and F0: [28]."""
    silent = prosody.energy < SILENT_ENERGY
    voiced = (prosody.f0 > VOICED_HZ) & ~silent
    pitch = prosody.f0[prosody.f0 > VOICED_HZ]
    pitch = pitch if len(pitch) else np.full(1, 150.0, np.float32)
    padding = 1.0 - 2.0 * float(prosody.durations[1:-1].sum()) / prosody.frames
    length = [np.log(prosody.frames), 1 / np.sqrt(prosody.frames), padding]
    shares = [voiced.mean(), (~voiced & ~silent).mean(), silent.mean()]
    spread = [np.log(pitch.mean()), pitch.std() / 50]
    energy = [prosody.energy.mean(), prosody.energy.std()]
    points = np.linspace(0, 1, 9)
    quantiles = [*np.quantile(prosody.energy, points), *np.quantile(pitch, points)]
    return np.array([*length, *shares, *spread, *energy, *quantiles], np.float32)


def _log_std(x: Floats) -> Floats:
    """Logarithm of the deviation over time; the offset keeps a steady channel finite."""
    deviation: Floats = np.log(x.std(1) + np.float32(1e-3))
    return deviation


@dataclass(frozen=True, slots=True)
class Predictor:
    """Predicted statistics for the voices it was fitted on, of one model.

    centres: voice -> (mean feature [D], mean target [2 * 8448]). inward [D, r] and outward
    [r, 2 * 8448] are the slopes. unit [8448]: the standard deviation that means are counted in.
    """

    digest: str
    centres: Mapping[str, tuple[Floats, Floats]]
    inward: Floats
    outward: Floats
    unit: Floats

    def covers(self, mix: Mix) -> bool:
        """Whether every voice of the mix was fitted."""
        return all(name in self.centres for name, _ in mix)

    def predict(self, prosody: Prosody, mix: Mix) -> Statistics:
        """Statistics for a voice or a mix (name, share) that `covers` says yes to."""
        known = [(self.centres[name], np.float32(share)) for name, share in mix]
        inner = np.sum([share * centre[0] for centre, share in known], axis=0)
        outer = np.sum([share * centre[1] for centre, share in known], axis=0)
        target = outer + ((features(prosody) - inner) @ self.inward) @ self.outward
        half = len(self.unit)
        mean = (target[:half] * self.unit).astype(np.float32)
        return Statistics(mean, np.exp(target[half:]).astype(np.float32))


def save(predictor: Predictor, path: Path) -> None:
    """Write a predictor in float16, about 34 kB a voice and 4 MB for the slopes."""
    names = sorted(predictor.centres)
    np.savez_compressed(
        path,
        allow_pickle=False,
        digest=np.array(predictor.digest),
        voices=np.array(names),
        inner=np.stack([predictor.centres[name][0] for name in names]).astype(np.float32),
        outer=np.stack([predictor.centres[name][1] for name in names]).astype(np.float16),
        inward=predictor.inward.astype(np.float16),
        outward=predictor.outward.astype(np.float16),
        unit=predictor.unit.astype(np.float32),
    )


def load(path: Path) -> Predictor:
    """Read what `save` wrote. AssetError if it is not that."""
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        floats = {name: parts[name].astype(np.float32) for name in _ARRAYS}
        centres = zip(floats["inner"], floats["outer"], strict=True)
        return Predictor(
            digest=str(parts["digest"]),
            centres=dict(zip(map(str, parts["voices"]), centres, strict=True)),
            inward=floats["inward"],
            outward=floats["outward"],
            unit=floats["unit"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise AssetError(f"{path} holds no predicted statistics: {error}") from error


_ARRAYS = ("inner", "outer", "inward", "outward", "unit")
