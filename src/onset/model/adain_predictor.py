"""The generator's AdaIN statistics, predicted from what is known before it runs.

A map from features of the prosody to the mean and log standard deviation at each AdaIN: linear for
one voice, with a centre of its own and with slopes that change from voice to voice as the voices'
styles do. docs/streaming.md tells why this is enough. Knows nothing of the generator that uses
them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from zipfile import ZIP_LZMA, ZipFile

import numpy as np
import numpy.typing as npt

from onset.errors import AssetError
from onset.model.backend import AdainStatistics, Prosody
from onset.model.harmonic_source import VOICED_HZ
from onset.model.voice_styles import Mix
from onset.types import Floats

ASSET = Path(str(resources.files("onset") / "data" / "statistics.npz"))
"""The statistics that ship, made by `onset calibrate`."""


FEATURES = 3
"""Raised whenever `features` changes: samples and assets of another kind are of no use."""

SILENT_ENERGY = -3.0
"""Energy below which a frame is counted as silence (-9.5 is the model's own)."""

LEAK = 0.1
"""Slope of the activation that the generator begins with (istftnet.py, `_stage`)."""


STYLE = 128
"""The last features: the decoder's half of the style row."""


def features(prosody: Prosody) -> Floats:
    """What the statistics are predicted from, float32 [1224].

    Length, pauses, summaries of F0 and energy; mean and log deviation over time of the trunk's 512
    channels, behind the generator's first activation, and of the source's 22; the decoder's half
    of the style row.
    """
    trunk, source = prosody.trunk[0], prosody.source[0]
    bent = np.where(trunk > 0, trunk, np.float32(LEAK) * trunk)
    moments = [part for x in (bent, source) for part in (x.mean(1), _log_std(x))]
    style = prosody.style[0, :STYLE]
    return np.concatenate([_curves(prosody), *moments, style]).astype(np.float32)


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


OUTWARD_STEP = 3e-4
"""What `save` counts the outward slopes in: each is off by 0.0001 of a deviation."""

INWARD_STEP = 3e-6
"""The same for the inward slopes, times how much their direction moves the targets."""

CENTRE_STEP = 2e-3
"""The same for a voice's targets, as differences from the mean of all voices."""

KEPT = 16
"""Voices and mixes whose folded slopes are kept: 2 MB each."""


@dataclass(frozen=True, slots=True)
class VoiceCentre:
    """A voice on average: its features [D], its targets [2C], where its style lies [K + 1].

    count: segments it was fitted on.

    Targets are C means in units of `AdainPredictor.unit`, then C logarithms of deviations. The
    first number of `place` is 1: the slopes that all voices share. spread [K (K + 1) / 2]: how far
    apart the voices of a mix lie, the covariance of their places; zeros for one voice.
    """

    features: Floats
    targets: Floats
    place: Floats
    spread: Floats
    count: float


def blend(centres: Mapping[str, VoiceCentre], mix: Mix) -> VoiceCentre:
    """The centre of a mix: the mean of its voices'. What it is not the mean of, `spread` tells."""
    known = [(centres[name], np.float32(share)) for name, share in mix]
    place = _sum(share * centre.place for centre, share in known)
    apart = _sum(
        share * np.outer(centre.place - place, centre.place - place)[1:, 1:]
        for centre, share in known
    )
    return VoiceCentre(
        features=_sum(share * centre.features for centre, share in known),
        targets=_sum(share * centre.targets for centre, share in known),
        place=place,
        spread=apart[np.triu_indices(len(apart))],
        count=sum(float(share) * centre.count for centre, share in known),
    )


@dataclass(frozen=True, slots=True)
class AdainPredictor:
    """Predicted statistics for the voices it was fitted on, of one model.

    scale [D]: the deviations that features are counted in. inward [K + 1, D, r] and outward
    [r, 2C]: the slopes, as functions of a voice's place; what lies between them varies by about 1
    from segment to segment. apart [M, r]: the same slopes for a mix's spread. unit [C]: the
    standard deviations that means are counted in.
    """

    digest: str
    centres: Mapping[str, VoiceCentre]
    scale: Floats
    inward: Floats
    apart: Floats
    outward: Floats
    unit: Floats
    _folded: dict[Mix, tuple[VoiceCentre, Floats]] = field(default_factory=dict, repr=False)

    def covers(self, mix: Mix) -> bool:
        """Whether every voice of the mix was fitted."""
        return all(name in self.centres for name, _ in mix)

    def predict(self, prosody: Prosody, mix: Mix) -> AdainStatistics:
        """Statistics for a voice or a mix (name, share) that `covers` says yes to."""
        target = self.targets(features(prosody), mix)
        half = len(self.unit)
        return AdainStatistics(target[:half] * self.unit, np.exp(target[half:]))

    def targets(self, given: Floats, mix: Mix) -> Floats:
        """Means in units, then logarithms of deviations: float32 [2C]."""
        centre, inward = self._slopes(mix)
        hidden = ((given - centre.features) / self.scale) @ inward
        targets: Floats = (centre.targets + hidden @ self.outward).astype(np.float32)
        return targets

    def _slopes(self, mix: Mix) -> tuple[VoiceCentre, Floats]:
        """The centre of a mix and its inward slopes [D, r], folded once: they are 25 MB before.

        A mix's targets are not the mean of its voices': they move with how far apart those are.
        """
        known = self._folded.get(mix)
        if known is None:
            centre = blend(self.centres, mix)
            bent = centre.targets + centre.spread @ self.apart @ self.outward
            centre = replace(centre, targets=bent.astype(np.float32))
            known = centre, np.tensordot(centre.place, self.inward, 1).astype(np.float32)
            while len(self._folded) >= KEPT:
                self._folded.pop(next(iter(self._folded)), None)
            self._folded[mix] = known
        return known


def _sum(parts: Iterable[Floats]) -> Floats:
    total: Floats = np.sum(list(parts), axis=0).astype(np.float32)
    return total


def save(predictor: AdainPredictor, path: Path) -> None:
    """Write a predictor in whole numbers of steps fine enough to cost nothing (docs/log.md).

    Equal steps in what reaches the targets: directions that move them little take few levels, and
    compress to few bits. LZMA, direction by direction: a fifth smaller than deflate.
    """
    names = sorted(predictor.centres)
    centres = [predictor.centres[name] for name in names]
    targets = np.stack([centre.targets for centre in centres])
    middle = targets.mean(0)
    moved = np.sqrt(np.mean(predictor.outward**2, axis=1))
    steps = (INWARD_STEP / np.where(moved > 0, moved, 1)).astype(np.float32)
    parts = {
        "digest": np.array(predictor.digest),
        "voices": np.array(names),
        "features": np.stack([centre.features for centre in centres]).astype(np.float16),
        "middle": middle,
        "targets": _counted(targets - middle, CENTRE_STEP),
        "places": np.stack([centre.place for centre in centres]),
        "counts": np.array([centre.count for centre in centres]),
        "scale": predictor.scale,
        "inward": np.moveaxis(_counted(predictor.inward, steps), -1, 0),
        "inward_steps": steps,
        "apart": predictor.apart,
        "outward": _counted(predictor.outward, OUTWARD_STEP),
        "steps": np.array([CENTRE_STEP, OUTWARD_STEP], np.float32),
        "unit": predictor.unit,
    }
    with ZipFile(path, "w", ZIP_LZMA) as file:  # what numpy.savez writes, but for the method
        for name, part in parts.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(part, order="C"), allow_pickle=False)


def _counted(array: Floats, step: Floats | float) -> npt.NDArray[np.int16]:
    """In whole steps. AssetError should a number need more of them than 16 bits hold."""
    counts = np.round(array / step)
    if np.abs(counts).max(initial=0) > np.iinfo(np.int16).max:
        raise AssetError("The statistics are too large for the steps they are written in.")
    return counts.astype(np.int16)


def load(path: Path) -> AdainPredictor:
    """Read what `save` wrote. AssetError if it is not that."""
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        centre_step, outward_step = parts["steps"]
        targets = parts["middle"] + centre_step * parts["targets"]
        spreads = np.zeros((len(targets), len(parts["apart"])), np.float32)
        features = parts["features"].astype(np.float32)
        counts = parts["counts"].tolist()
        rows = zip(features, targets, parts["places"], spreads, counts, strict=True)
        return AdainPredictor(
            digest=str(parts["digest"]),
            centres={
                str(name): VoiceCentre(*row)
                for name, row in zip(parts["voices"], rows, strict=True)
            },
            scale=parts["scale"],
            inward=np.moveaxis(parts["inward"], 0, -1) * parts["inward_steps"],
            apart=parts["apart"],
            outward=parts["outward"] * outward_step,
            unit=parts["unit"],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise AssetError(f"{path} holds no predicted statistics: {error}") from error
