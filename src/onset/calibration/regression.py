"""Fits the AdaIN predictor to measured readings: reduced-rank ridge regression.

`fit` starts anew; `extend` fits the residuals of an earlier predictor and adds them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from onset.errors import AssetError
from onset.model.adain_predictor import AdainPredictor, VoiceCentre, blend
from onset.model.graph.istftnet import ADAIN_LAYERS
from onset.model.voice_styles import DECODER_STYLE, parse
from onset.types import Floats

RANK = 480
"""Rank of the slopes: more would lower the held-out error, and fill more than 8 MB."""

OPENING_RANK = 160
"""The same for the trunk's, whose held-out error is at its least with less (docs/log/
2026-11-29-whole-sentences.md)."""

DIRECTIONS = 12
"""Directions between voices along which the slopes change (docs/log/2026-11-22-all-voices.md)."""

RIDGE = 0.2
"""Ridge penalty, in units of the number of features: the flat bottom of the held-out error."""

EXTENDING_RIDGE = 1.6
"""The same for residuals of an earlier fit (docs/log/2026-11-27-fit-on-earlier-statistics.md)."""

EXTENDING_RANK = 2000
"""Rank of the residuals' slopes, before the two are cut to RANK together."""

MIX_PRIOR = 2.0
"""Prior variance of the slopes on a mix's covariance, against that of all others.

See docs/log/2026-11-22-other-predictors.md.
"""

SOURCE_WEIGHT = 0.25
"""Weight of an error at the source's blocks against one elsewhere, in choosing directions.

With all other statistics true, predicting theirs costs 0.16 dB of 1.34 although their error is
twice as large (docs/log/2026-11-22-predicted-statistics.md).
"""


@dataclass(frozen=True, slots=True)
class ReadingSample:
    """One measured reading: features [1224], true mean and std at each AdaIN [8448]."""

    features: Floats
    mean: Floats
    std: Floats


Samples: TypeAlias = Mapping[str, Sequence[ReadingSample]]
"""By voice or mix. A mix whose voices are not all there is left out of a fit."""


def fit(samples: Samples, digest: str, ridge: float = RIDGE, rank: int = RANK) -> AdainPredictor:
    """Ridge regression on the differences from each voice's own centre, cut to `rank` directions.

    Means are counted in the mean standard deviation of their channel and deviations as logarithms,
    so that one unit of error weighs the same everywhere. Raises AssetError without samples of a
    voice.
    """
    voices = _of_voices(samples)
    unit = np.exp(np.mean([np.log(s.std) for group in voices.values() for s in group], axis=0))
    centres = _centres(voices, unit)
    rows = _centred(samples, centres, unit)
    scale = rows.x.std(0) + np.float32(1e-6)
    weight = _target_weights(len(unit))
    rows = replace(rows, x=rows.x / scale, y=rows.y * weight)
    slopes = _fit_slopes(rows, ridge, rank)
    outward = slopes.outward / weight
    return AdainPredictor(digest, centres, scale, slopes.inward, slopes.mix_inward, outward, unit)


def extend(
    base: AdainPredictor, samples: Samples, ridge: float = EXTENDING_RIDGE, rank: int = RANK
) -> AdainPredictor:
    """`base` plus a fit of its residuals on samples it has not seen; its own are not needed.

    Voices without samples keep their centres. Raises AssetError without samples of a voice, or with
    those of one that `base` does not cover.
    """
    voices = _of_voices(samples)
    if unknown := sorted(set(voices) - set(base.centres)):
        raise AssetError(f"The statistics to go on from lack {', '.join(unknown)}.")
    weight = _target_weights(len(base.unit))
    before = RidgeSlopes(base.inward, base.mix_inward, base.outward * weight)
    usable = {name: group for name, group in samples.items() if _all_in(name, voices)}
    rows = _centred(usable, base.centres, base.unit)
    rows = replace(rows, x=rows.x / base.scale, y=rows.y * weight)
    hidden = before.hidden(rows)
    rows, means = _residuals(replace(rows, y=rows.y - hidden @ before.outward), base.centres)
    added = _fit_slopes(rows, ridge, EXTENDING_RANK)
    slopes = before.concatenated(added)
    slopes = slopes.reduced(np.concatenate([hidden, added.hidden(rows)], 1), rank)
    centres = dict(base.centres)
    for voice, (x, y) in means.items():
        centre = base.centres[voice]
        inward = np.tensordot(centre.coordinates, added.inward, 1)
        shift = (y - x @ inward @ added.outward) / weight
        targets = (centre.targets + shift).astype(np.float32)
        centres[voice] = replace(centre, targets=targets, count=centre.count + len(samples[voice]))
    outward, mix_inward = slopes.outward / weight, slopes.mix_inward
    return replace(
        base, centres=centres, inward=slopes.inward, mix_inward=mix_inward, outward=outward
    )


def _of_voices(samples: Samples) -> dict[str, Sequence[ReadingSample]]:
    """The samples of single voices. AssetError if there are none."""
    voices = {name: group for name, group in samples.items() if len(parse(name)) == 1}
    if not voices:
        raise AssetError("There are no samples to fit.")
    return voices


def _all_in(mix: str, voices: Collection[str]) -> bool:
    return all(name in voices for name, _ in parse(mix))


@dataclass(frozen=True, slots=True)
class CentredSamples:
    """Samples as differences from the centres of their voices, one a row.

    names: voice or mix. x [N, D]: features. coordinates [N, K + 1], covariances [N, M]: of the
    centres. y [N, T]: targets. counts [N]: how many samples each stands for.
    """

    names: list[str]
    x: Floats
    coordinates: Floats
    covariances: Floats
    y: Floats
    counts: Floats


def _centred(samples: Samples, centres: Mapping[str, VoiceCentre], unit: Floats) -> CentredSamples:
    rows = [
        (name, sample, blend(centres, parse(name)))
        for name, group in samples.items()
        if _all_in(name, centres)
        for sample in group
    ]
    return CentredSamples(
        [name for name, _, _ in rows],
        np.array([sample.features - centre.features for _, sample, centre in rows], np.float32),
        np.array([centre.coordinates for _, _, centre in rows]),
        np.array([centre.covariance for _, _, centre in rows]),
        np.array([_targets(s, unit) - centre.targets for _, s, centre in rows], np.float32),
        np.ones(len(rows), np.float32),
    )


def _residuals(
    rows: CentredSamples, centres: Mapping[str, VoiceCentre]
) -> tuple[CentredSamples, dict[str, tuple[Floats, Floats]]]:
    """The rows less the mean x and y of their voices, and those means.

    The earlier fit had n samples of a voice, and there are m new ones. A fit on all of them would
    change by m / (m + n) of the residuals of the new ones, and each new one stands for (m + n) / m.
    """
    names = np.array(rows.names)
    voices = [name for name in dict.fromkeys(rows.names) if len(parse(name)) == 1]
    new = {v: int(np.sum(names == v)) for v in voices}
    shares = {v: new[v] / (new[v] + centres[v].count) for v in voices}
    share = np.array([shares.get(name, 1.0) for name in rows.names], np.float32)
    y = rows.y * share[:, None]
    means = {v: (rows.x[names == v].mean(0), y[names == v].mean(0)) for v in voices}
    x_means, y_means = (
        np.array([sum(part * means[v][k] for v, part in parse(name)) for name in rows.names])
        for k in range(2)
    )
    x, y = rows.x - x_means.astype(np.float32), y - y_means.astype(np.float32)
    return replace(rows, x=x, y=y, counts=np.float32(1) / share), means


def _centres(samples: Samples, unit: Floats) -> dict[str, VoiceCentre]:
    features = {voice: np.mean([s.features for s in group], 0) for voice, group in samples.items()}
    targets = {v: np.mean([_targets(s, unit) for s in group], 0) for v, group in samples.items()}
    coordinates = _coordinates(np.stack([features[v][-DECODER_STYLE:] for v in samples]))
    directions = coordinates.shape[1] - 1
    none = np.zeros(directions * (directions + 1) // 2, np.float32)
    return {
        voice: VoiceCentre(features[voice], targets[voice], place, none, len(samples[voice]))
        for voice, place in zip(samples, coordinates, strict=True)
    }


def _coordinates(styles: Floats) -> Floats:
    """A one, and coordinates along the directions in which voices differ most: [V, K + 1].

    Their mean square distance from the mean is 1, so the slopes' changes weigh as the slopes do.
    """
    centred = styles - styles.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    projected = centred @ axes[: min(DIRECTIONS, len(styles) - 1)].T
    size = np.sqrt(np.mean(np.sum(projected**2, 1)))
    projected = projected / (size if size > 0 else 1)
    return np.concatenate([np.ones((len(styles), 1)), projected], 1).astype(np.float32)


def _target_weights(channels: int) -> Floats:
    """The weight of each target, [2 * channels]: means, then deviations."""
    weights = np.ones((2, channels), np.float32)
    if channels == max(layer.statistics.stop for layer in ADAIN_LAYERS.values()):
        for key, layer in ADAIN_LAYERS.items():
            if key.startswith("noise_res"):
                weights[:, layer.statistics] = SOURCE_WEIGHT
    return weights.ravel()


def _targets(sample: ReadingSample, unit: Floats) -> Floats:
    return np.concatenate([sample.mean / unit, np.log(sample.std)]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class RidgeSlopes:
    """inward [K + 1, D, r], mix_inward [M, r], outward [r, T], as in `AdainPredictor`."""

    inward: Floats
    mix_inward: Floats
    outward: Floats

    def hidden(self, rows: CentredSamples) -> Floats:
        """The values between inward and outward, [N, r]."""
        parts = (rows.coordinates[:, [k]] * (rows.x @ part) for k, part in enumerate(self.inward))
        total: Floats = sum(parts, start=rows.covariances @ self.mix_inward)
        return total

    def concatenated(self, other: "RidgeSlopes") -> "RidgeSlopes":
        """The sum of both maps: their ranks add up."""
        pairs = (self.inward, other.inward), (self.mix_inward, other.mix_inward)
        inward, mix_inward = (np.concatenate(pair, axis=-1) for pair in pairs)
        outward = np.concatenate([self.outward, other.outward])
        return RidgeSlopes(inward, mix_inward, outward)

    def reduced(self, hidden: Floats, rank: int) -> "RidgeSlopes":
        """Only the directions in which the fitted values of `hidden` [N, r] vary most."""
        into, outward = _directions(hidden @ self.outward, rank)
        turn = self.outward @ into
        return RidgeSlopes(self.inward @ turn, self.mix_inward @ turn, outward)


def _directions(fitted: Floats, rank: int) -> tuple[Floats, Floats]:
    """From targets [T, r] and back [r, T], along the directions in which `fitted` varies most.

    Each direction has a mean square of 1 over the samples.
    """
    variance, vectors = np.linalg.eigh((fitted @ fitted.T).astype(np.float64))
    largest = np.flatnonzero(variance > variance[-1] * 1e-9)[::-1][:rank]
    axes = (vectors[:, largest].T @ fitted) / np.sqrt(variance[largest])[:, None]
    size = np.sqrt(variance[largest] / len(fitted)).astype(np.float32)
    axes = axes.astype(np.float32)
    return axes.T / size, axes * size[:, None]


def _fit_slopes(rows: CentredSamples, ridge: float, rank: int) -> RidgeSlopes:
    """Ridge regression in its dual form (a kernel over samples), reduced to `rank`."""
    x, coordinates, covariances = rows.x, rows.coordinates, rows.covariances
    own = (x @ x.T) * (coordinates @ coordinates.T) / x.shape[1]
    kernel = (own + MIX_PRIOR * (covariances @ covariances.T)).astype(np.float64)
    dual = np.linalg.solve(kernel + np.diag(ridge / rows.counts), rows.y).astype(np.float32)
    into, outward = _directions(kernel.astype(np.float32) @ dual, rank)
    inner = dual @ into
    inward = [(x * column[:, None]).T @ inner / x.shape[1] for column in coordinates.T]
    mix_inward = MIX_PRIOR * covariances.T @ inner
    return RidgeSlopes(np.stack(inward).astype(np.float32), mix_inward.astype(np.float32), outward)
