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


def features(prosody: Prosody) -> Floats:
    """What the statistics are predicted from, float32 [1204].

    The number of frames, summaries of F0 and energy, mean and deviation over time of the trunk's
    512 and the source's 22 channels, and the decoder's half of the style row.
    """
    voiced = prosody.f0 > VOICED_HZ
    pitch = prosody.f0[voiced] if voiced.any() else np.full(1, 150.0, np.float32)
    silent = 1.0 - 2.0 * float(prosody.durations[1:-1].sum()) / prosody.frames
    scalars = [
        np.log(prosody.frames),
        1 / np.sqrt(prosody.frames),
        voiced.mean(),
        np.log(pitch.mean()),
        pitch.std() / 50,
        prosody.energy.mean(),
        prosody.energy.std(),
        silent,
    ]
    trunk, source = prosody.trunk[0], prosody.source[0]
    return np.concatenate(
        [
            np.array(scalars, np.float32),
            *(part for x in (trunk, source) for part in (x.mean(1), x.std(1))),
            prosody.style[0, :128],
        ]
    ).astype(np.float32)


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
    """Write a predictor in float16, about 70 kB a voice and 3 MB for the slopes."""
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
