"""Predicts the generator's AdaIN statistics from the prosody, before the generator runs.

A linear map of low rank, from features of a reading to the mean and the log standard deviation at
each AdaIN. Every voice has a centre of its own, and the slopes change from voice to voice as the
voices' styles do. docs/streaming.md tells why this is enough; `onset calibrate` fits it.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from zipfile import ZIP_LZMA, ZipFile

import numpy as np
import numpy.typing as npt

from onset.errors import AssetError
from onset.model.assets import known_sha256
from onset.model.backend import AdainStatistics, FrontOutput, Prosody
from onset.model.graph.graph_folder import made
from onset.model.harmonic_source import VOICED_HZ
from onset.model.npz_file import read_npz
from onset.model.voice_styles import DECODER_STYLE, Mix
from onset.types import Floats

ASSET = Path(str(resources.files("onset") / "data" / "statistics.npz"))
"""The predictor that ships, made by `onset calibrate`."""

FEATURES = 3
"""Version of `features`: samples and predictors of another version are of no use."""

SILENT_ENERGY = -3.0
"""Energy below which a frame is counted as silence (-9.5 is the model's own)."""

LEAK = 0.1
"""Slope of the LeakyReLU that the generator begins with (istftnet.py, `_upsample`)."""


def features(prosody: Prosody) -> Floats:
    """Features of a reading, float32 [1224].

    Length, pauses, summaries of F0 and energy; mean and log deviation over time of the trunk's 512
    channels, after the generator's first activation, and of the source's 22. The last 128 are the
    decoder's half of the style row.
    """
    moments = [part for x in generator_inputs(prosody) for part in (x.mean(1), log_std(x))]
    return joined_features(prosody, moments)


def generator_inputs(prosody: Prosody) -> tuple[Floats, Floats]:
    """What the generator begins with: the activated trunk [512, 2F] and the source [22, n]."""
    trunk = prosody.trunk[0]
    return np.where(trunk > 0, trunk, np.float32(LEAK) * trunk), prosody.source[0]


def joined_features(curves: FrontOutput | Prosody, moments: Sequence[Floats]) -> Floats:
    """Features of the curves, then moments of what else is known, then those of the style."""
    style = curves.style[0, :DECODER_STYLE]
    return np.concatenate([_curve_features(curves), *moments, style]).astype(np.float32)


def _curve_features(prosody: FrontOutput | Prosody) -> Floats:
    """Length, share of voiced, unvoiced and silent frames, quantiles of energy and F0: [28]."""
    frames = len(prosody.f0)
    silent = prosody.energy < SILENT_ENERGY
    voiced = (prosody.f0 > VOICED_HZ) & ~silent
    pitch = prosody.f0[prosody.f0 > VOICED_HZ]
    pitch = pitch if len(pitch) else np.full(1, 150.0, np.float32)
    padding = 1.0 - 2.0 * float(prosody.durations[1:-1].sum()) / frames
    length = [np.log(frames), 1 / np.sqrt(frames), padding]
    shares = [voiced.mean(), (~voiced & ~silent).mean(), silent.mean()]
    spread = [np.log(pitch.mean()), pitch.std() / 50]
    energy = [prosody.energy.mean(), prosody.energy.std()]
    points = np.linspace(0, 1, 9)
    quantiles = [*np.quantile(prosody.energy, points), *np.quantile(pitch, points)]
    return np.array([*length, *shares, *spread, *energy, *quantiles], np.float32)


def log_std(x: Floats) -> Floats:
    """Log standard deviation over time; the offset keeps that of a constant channel finite."""
    deviation: Floats = np.log(x.std(1) + np.float32(1e-3))
    return deviation


OUTWARD_STEP = 3e-4
"""Quantisation step of the outward slopes in a file: each is off by 0.0001 of a deviation."""

INWARD_STEP = 3e-6
"""The same for the inward slopes, times how much their direction changes the targets."""

CENTRE_STEP = 2e-3
"""The same for a voice's targets, as differences from the mean of all voices."""

KEPT = 1
"""Version of the arrays that `load_kept` keeps."""

CACHED_MIXES = 16
"""Voices and mixes whose centre and slopes are cached: 2 MB each."""


@dataclass(frozen=True, slots=True)
class VoiceCentre:
    """A voice's, or a mix's, mean features [D] and mean targets [2C].

    Targets are C means in units of `AdainPredictor.unit`, then C log standard deviations.
    coordinates [K + 1]: a 1, then the style's coordinates among those of all voices. covariance
    [K (K + 1) / 2]: of the coordinates of a mix's voices, how far apart they are; zeros for one
    voice. count: readings it was fitted on.
    """

    features: Floats
    targets: Floats
    coordinates: Floats
    covariance: Floats
    count: float


def blend(centres: Mapping[str, VoiceCentre], mix: Mix) -> VoiceCentre:
    """The mean of the centres of a mix's voices, and the covariance of their coordinates."""
    voices = [(centres[name], np.float32(share)) for name, share in mix]
    mean = _sum(share * voice.coordinates for voice, share in voices)
    covariance = _sum(
        share * np.outer(voice.coordinates - mean, voice.coordinates - mean)[1:, 1:]
        for voice, share in voices
    )
    return VoiceCentre(
        features=_sum(share * voice.features for voice, share in voices),
        targets=_sum(share * voice.targets for voice, share in voices),
        coordinates=mean,
        covariance=covariance[np.triu_indices(len(covariance))],
        count=sum(float(share) * voice.count for voice, share in voices),
    )


@dataclass(frozen=True, slots=True, eq=False)
class AdainPredictor:
    """Predicts the statistics of the voices it was fitted on, for the model `digest`.

    targets = centre.targets + ((features - centre.features) / scale) @ slopes, and the slopes are
    of low rank: an inward matrix [D, r] times an outward one.

    scale [D]: standard deviations of the features. inward [K + 1, D, r]: one inward matrix for
    each of a voice's coordinates. mix_inward [M, r]: the same for a mix's covariance. outward
    [r, 2C]. The r numbers between inward and outward have a variance of about 1 over readings.
    unit [C]: the standard deviations that means are counted in.
    """

    digest: str
    centres: Mapping[str, VoiceCentre]
    scale: Floats
    inward: Floats
    mix_inward: Floats
    outward: Floats
    unit: Floats

    def covers(self, mix: Mix) -> bool:
        """Whether every voice of the mix was fitted."""
        return all(name in self.centres for name, _ in mix)

    def predict(self, prosody: Prosody, mix: Mix) -> AdainStatistics:
        """Statistics for a voice or a mix (name, share) that is covered."""
        return self.statistics(features(prosody), mix)

    def statistics(self, reading: Floats, mix: Mix, rank: int | None = None) -> AdainStatistics:
        """The same from a reading's features, along the first `rank` directions only."""
        target = self.targets(reading, mix, rank)
        half = len(self.unit)
        return AdainStatistics(target[:half] * self.unit, np.exp(target[half:]))

    def targets(self, reading: Floats, mix: Mix, rank: int | None = None) -> Floats:
        """From a reading's features: means in units, then log deviations, float32 [2C]."""
        centre, inward = _of_mix(self, mix)
        hidden = ((reading - centre.features) / self.scale) @ inward[:, :rank]
        targets: Floats = (centre.targets + hidden @ self.outward[:rank]).astype(np.float32)
        return targets


@lru_cache(CACHED_MIXES)
def _of_mix(predictor: AdainPredictor, mix: Mix) -> tuple[VoiceCentre, Floats]:
    """The centre of a mix and its inward slopes [D, r]; cached, for `inward` is 25 MB.

    A mix's targets are not the mean of its voices': the covariance shifts them.
    """
    centre = blend(predictor.centres, mix)
    shifted = centre.targets + centre.covariance @ predictor.mix_inward @ predictor.outward
    centre = replace(centre, targets=shifted.astype(np.float32))
    return centre, np.tensordot(centre.coordinates, predictor.inward, 1).astype(np.float32)


def mix_cache_info() -> tuple[int, int, int]:
    """Looks into the cache of mixes that found something, and that did not; its entries."""
    info = _of_mix.cache_info()
    return info.hits, info.misses, info.currsize


def _sum(parts: Iterable[Floats]) -> Floats:
    total: Floats = np.sum(list(parts), axis=0).astype(np.float32)
    return total


def save(predictor: AdainPredictor, path: Path) -> None:
    """Write a predictor, quantised to steps fine enough to cost nothing.

    The steps are equal in their effect on the targets: directions that change them little take few
    levels, and compress to few bits. LZMA, direction by direction: a fifth smaller than deflate.
    See docs/log/2026-11-27-remaining-distance.md.
    """
    names = sorted(predictor.centres)
    centres = [predictor.centres[name] for name in names]
    targets = np.stack([centre.targets for centre in centres])
    mean = targets.mean(0)
    effect = np.sqrt(np.mean(predictor.outward**2, axis=1))
    steps = (INWARD_STEP / np.where(effect > 0, effect, 1)).astype(np.float32)
    parts = {
        "digest": np.array(predictor.digest),
        "voices": np.array(names),
        "features": np.stack([centre.features for centre in centres]).astype(np.float16),
        "middle": mean,
        "targets": _quantised(targets - mean, CENTRE_STEP),
        "places": np.stack([centre.coordinates for centre in centres]),
        "counts": np.array([centre.count for centre in centres]),
        "scale": predictor.scale,
        "inward": np.moveaxis(_quantised(predictor.inward, steps), -1, 0),
        "inward_steps": steps,
        "apart": predictor.mix_inward,
        "outward": _quantised(predictor.outward, OUTWARD_STEP),
        "steps": np.array([CENTRE_STEP, OUTWARD_STEP], np.float32),
        "unit": predictor.unit,
    }
    with ZipFile(path, "w", ZIP_LZMA) as file:  # what numpy.savez writes, but for the method
        for name, part in parts.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(part, order="C"), allow_pickle=False)


def _quantised(array: Floats, step: Floats | float) -> npt.NDArray[np.int16]:
    """In whole steps. AssetError if a number needs more of them than 16 bits hold."""
    counts = np.round(array / step)
    if np.abs(counts).max(initial=0) > np.iinfo(np.int16).max:
        raise AssetError("The statistics are too large for the steps they are written in.")
    return counts.astype(np.int16)


def load(path: Path) -> AdainPredictor:
    """Read what `save` wrote. AssetError if it is not that."""
    try:
        return _predictor(_numbers(read_npz(path)))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise AssetError(f"{path} holds no predicted statistics: {error}") from error


def load_kept(path: Path, cache: Path) -> AdainPredictor:
    """As `load`, from arrays that are kept in `cache` and mapped, so that processes share them.

    They are written there the first time: 90 MB for both predictors.
    """

    def build(folder: Path) -> None:
        for older in folder.parent.glob(f"{path.stem}-*"):  # of a predictor that shipped before
            shutil.rmtree(older, ignore_errors=True)
        for name, part in _numbers(read_npz(path)).items():
            np.save(folder / f"{name}.npy", part, allow_pickle=False)

    try:
        digest = known_sha256(path, cache)
        kept = made(cache / "statistics" / f"{path.stem}-{digest[:16]}-{KEPT}", build)
        files = kept.glob("*.npy")
        return _predictor({f.stem: np.asarray(np.load(f, mmap_mode="r")) for f in files})
    except (OSError, ValueError, KeyError, TypeError, IndexError, AssetError):
        return load(path)  # a cache that cannot be written costs time, nothing else


def _numbers(parts: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays of a predictor from those of its file."""
    centre_step, outward_step = parts["steps"]
    return {
        **{name: parts[name] for name in ("digest", "voices", "places", "counts", "scale", "unit")},
        "features": parts["features"].astype(np.float32),
        "targets": parts["middle"] + centre_step * parts["targets"],
        # In the order in which a voice's slopes are summed up: 1 ms for a new voice, not 13.
        "inward": np.multiply(
            np.moveaxis(parts["inward"], 0, -1), parts["inward_steps"], order="C"
        ),
        "mix_inward": parts["apart"],
        "outward": parts["outward"] * outward_step,
    }


def _predictor(numbers: Mapping[str, Any]) -> AdainPredictor:
    """The predictor of arrays as `_numbers` has them."""
    voices = numbers["voices"].tolist()
    alone = np.zeros((len(voices), len(numbers["mix_inward"])), np.float32)
    columns = (
        *(numbers["features"], numbers["targets"], numbers["places"]),
        *(alone, numbers["counts"].tolist()),
    )
    rows = zip(voices, *columns, strict=True)
    return AdainPredictor(
        digest=str(numbers["digest"]),
        centres={name: VoiceCentre(*row) for name, *row in rows},
        **{name: numbers[name] for name in ("scale", "inward", "mix_inward", "outward", "unit")},
    )
