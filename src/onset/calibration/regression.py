"""From measured segments to a predictor: ridge regression, or what an earlier one gets wrong.

Linear for one voice, with slopes that change from voice to voice along the directions in which
their styles differ. Knows nothing of how the segments were spoken or where they are kept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from onset.errors import AssetError
from onset.model.adain_predictor import STYLE, AdainPredictor, VoiceCentre, blend
from onset.model.graph.istftnet import norms, slot_channels
from onset.model.voice_styles import parse
from onset.types import Floats

RANK = 480
"""Directions kept of the slopes: more would lower the held-out error, and fill more than 8 MB."""

DIRECTIONS = 12
"""Directions between voices along which the slopes change (docs/log.md)."""

RIDGE = 0.2
"""Ridge penalty, in units of the number of features: the flat bottom of the held-out error."""

EXTENDING_RIDGE = 1.6
"""The same where only what is left of an earlier fit is fitted (docs/log.md)."""

EXTENDING_RANK = 2000
"""Directions of what is left, before the two are cut to RANK together."""


APART = 2.0
"""How freely a mix may differ from the mean of its voices, against the slopes (docs/log.md)."""

SOURCE_WEIGHT = 0.25
"""How much an error at the source's blocks counts against one elsewhere, in choosing directions.

With all others true, predicting theirs costs 0.16 dB of 1.34 although their error is twice as
large (docs/log.md).
"""


@dataclass(frozen=True, slots=True)
class SegmentSample:
    """One measured segment: features [1224], true mean and std at each AdaIN [8448]."""

    features: Floats
    mean: Floats
    std: Floats


def fit(
    samples: Mapping[str, Sequence[SegmentSample]],
    digest: str,
    ridge: float = RIDGE,
    rank: int = RANK,
) -> AdainPredictor:
    """Ridge regression on what differs from each voice's own centre, cut to `rank` directions.

    samples: by voice or mix; a mix whose voices are not all there is left out. Means are counted
    in the mean standard deviation of their channel and deviations as logarithms, so that one unit
    of error weighs the same everywhere. Raises AssetError without samples of a voice.
    """
    alone = _alone(samples)
    unit = np.exp(np.mean([np.log(s.std) for group in alone.values() for s in group], axis=0))
    centres = _centres(alone, unit)
    rows = _rows(samples, centres, unit)
    scale = rows.x.std(0) + np.float32(1e-6)
    weight = _weights(len(unit))
    rows = replace(rows, x=rows.x / scale, y=rows.y * weight)
    slopes = _low_rank(rows, ridge, rank)
    return AdainPredictor(
        digest, centres, scale, slopes.inward, slopes.apart, slopes.outward / weight, unit
    )


def extend(
    known: AdainPredictor,
    samples: Mapping[str, Sequence[SegmentSample]],
    ridge: float = EXTENDING_RIDGE,
    rank: int = RANK,
) -> AdainPredictor:
    """`known` and what it gets wrong, fitted on samples it has not seen: none of its own are lost.

    samples: as for `fit`. Voices without samples keep their centres. Raises AssetError without
    samples of a voice, or with those of one that `known` does not cover.
    """
    alone = _alone(samples)
    if strangers := sorted(set(alone) - set(known.centres)):
        raise AssetError(f"The statistics to go on from lack {', '.join(strangers)}.")
    weight = _weights(len(known.unit))
    before = RidgeSlopes(known.inward, known.apart, known.outward * weight)
    rows = _rows({k: v for k, v in samples.items() if _within(k, alone)}, known.centres, known.unit)
    rows = replace(rows, x=rows.x / known.scale, y=rows.y * weight)
    hidden = before.hidden(rows)
    rows, moved = _news(replace(rows, y=rows.y - hidden @ before.outward), known.centres)
    wrong = _low_rank(rows, ridge, EXTENDING_RANK)
    both = before.beside(wrong)
    both = both.cut(np.concatenate([hidden, wrong.hidden(rows)], 1), rank)
    centres = dict(known.centres)
    for voice, (x, y) in moved.items():
        centre = known.centres[voice]
        inward = np.tensordot(centre.place, wrong.inward, 1)
        shift = (y - x @ inward @ wrong.outward) / weight
        targets = (centre.targets + shift).astype(np.float32)
        centres[voice] = replace(centre, targets=targets, count=centre.count + len(samples[voice]))
    # Made anew: a copy by `replace` would share what is folded already.
    outward = both.outward / weight
    return AdainPredictor(
        known.digest, centres, known.scale, both.inward, both.apart, outward, known.unit
    )


def _alone(samples: Mapping[str, Sequence[SegmentSample]]) -> dict[str, Sequence[SegmentSample]]:
    alone = {name: group for name, group in samples.items() if len(parse(name)) == 1}
    if not alone:
        raise AssetError("There are no samples to fit.")
    return alone


def _within(mix: str, voices: Collection[str]) -> bool:
    return all(name in voices for name, _ in parse(mix))


@dataclass(frozen=True, slots=True)
class CentredSamples:
    """Samples as differences from the centres of their voices, one a row.

    names: voice or mix. x [N, D]: features. places [N, K + 1], spreads [N, M]: of the centres.
    y [N, T]: targets. trust [N]: how many samples each stands for.
    """

    names: list[str]
    x: Floats
    places: Floats
    spreads: Floats
    y: Floats
    trust: Floats


def _rows(
    samples: Mapping[str, Sequence[SegmentSample]], centres: Mapping[str, VoiceCentre], unit: Floats
) -> CentredSamples:
    found = [
        (name, sample, blend(centres, parse(name)))
        for name, group in samples.items()
        if _within(name, centres)
        for sample in group
    ]
    return CentredSamples(
        [name for name, _, _ in found],
        np.array([sample.features - centre.features for _, sample, centre in found], np.float32),
        np.array([centre.place for _, _, centre in found]),
        np.array([centre.spread for _, _, centre in found]),
        np.array([_target(s, unit) - centre.targets for _, s, centre in found], np.float32),
        np.ones(len(found), np.float32),
    )


def _news(
    rows: CentredSamples, known: Mapping[str, VoiceCentre]
) -> tuple[CentredSamples, dict[str, tuple[Floats, Floats]]]:
    """The rows less the mean x and y of their voices, and those means.

    What an earlier fit on n samples gets wrong on m new ones is m / (m + n) of what is to be
    changed; the other n say that it was right, so that each new one stands for (m + n) / m.
    """
    names = np.array(rows.names)
    voices = [name for name in dict.fromkeys(rows.names) if len(parse(name)) == 1]
    new = {v: int(np.sum(names == v)) for v in voices}
    shares = {v: new[v] / (new[v] + known[v].count) for v in voices}
    share = np.array([shares.get(name, 1.0) for name in rows.names], np.float32)
    y = rows.y * share[:, None]
    means = {v: (rows.x[names == v].mean(0), y[names == v].mean(0)) for v in voices}
    away = (
        np.array([sum(part * means[v][k] for v, part in parse(name)) for name in rows.names])
        for k in range(2)
    )
    x, y = (have - mean.astype(np.float32) for have, mean in zip((rows.x, y), away, strict=True))
    return replace(rows, x=x, y=y, trust=np.float32(1) / share), means


def _centres(
    samples: Mapping[str, Sequence[SegmentSample]], unit: Floats
) -> dict[str, VoiceCentre]:
    inner = {voice: np.mean([s.features for s in group], 0) for voice, group in samples.items()}
    outer = {v: np.mean([_target(s, unit) for s in g], 0) for v, g in samples.items()}
    places = _places(np.stack([inner[voice][-STYLE:] for voice in samples]))
    sides = places.shape[1] - 1
    none = np.zeros(sides * (sides + 1) // 2, np.float32)
    return {
        voice: VoiceCentre(inner[voice], outer[voice], place, none, len(samples[voice]))
        for voice, place in zip(samples, places, strict=True)
    }


def _places(styles: Floats) -> Floats:
    """A one, and coordinates along the directions in which voices differ most: [V, K + 1].

    The mean square distance from the middle is 1, so the slopes' change weighs as they do.
    """
    away = styles - styles.mean(0)
    _, _, axes = np.linalg.svd(away, full_matrices=False)
    found = away @ axes[: min(DIRECTIONS, len(styles) - 1)].T
    size = np.sqrt(np.mean(np.sum(found**2, 1)))
    found = found / (size if size > 0 else 1)
    return np.concatenate([np.ones((len(styles), 1)), found], 1).astype(np.float32)


def _weights(channels: int) -> Floats:
    """The weight of each target, [2 * channels]: means, then deviations."""
    blocks = {norm.slot: norm.key.startswith("noise_res") for norm in norms()}
    sizes = slot_channels()
    source = np.repeat([blocks[slot] for slot in range(len(sizes))], sizes)
    one = np.where(source, SOURCE_WEIGHT, 1.0).astype(np.float32)
    return np.tile(one, 2) if channels == len(one) else np.ones(2 * channels, np.float32)


def _target(sample: SegmentSample, unit: Floats) -> Floats:
    return np.concatenate([sample.mean / unit, np.log(sample.std)]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class RidgeSlopes:
    """inward [K + 1, D, r], apart [M, r], outward [r, T], as in Predictor."""

    inward: Floats
    apart: Floats
    outward: Floats

    def hidden(self, rows: CentredSamples) -> Floats:
        """What lies between inward and outward, [N, r]."""
        parts = (rows.places[:, [k]] * (rows.x @ part) for k, part in enumerate(self.inward))
        total: Floats = sum(parts, start=rows.spreads @ self.apart)
        return total

    def beside(self, other: "RidgeSlopes") -> "RidgeSlopes":
        """Both, added."""
        pairs = (self.inward, other.inward), (self.apart, other.apart)
        inward, apart = (np.concatenate(pair, axis=-1) for pair in pairs)
        return RidgeSlopes(inward, apart, np.concatenate([self.outward, other.outward]))

    def cut(self, hidden: Floats, rank: int) -> "RidgeSlopes":
        """Only the directions in which the fitted values of `hidden` [N, r] spread most."""
        size, axes = _directions(hidden @ self.outward, rank)
        turn = self.outward @ (axes.T / size)
        return RidgeSlopes(self.inward @ turn, self.apart @ turn, axes * size[:, None])


def _directions(fitted: Floats, rank: int) -> tuple[Floats, Floats]:
    """Axes [r, T] along which fitted values [N, T] spread most, behind the size of each [r].

    Size: the root mean square over the samples.
    """
    spread, vectors = np.linalg.eigh((fitted @ fitted.T).astype(np.float64))
    kept = np.flatnonzero(spread > spread[-1] * 1e-9)[::-1][:rank]
    axes = (vectors[:, kept].T @ fitted) / np.sqrt(spread[kept])[:, None]
    size = np.sqrt(spread[kept] / len(fitted))
    return size.astype(np.float32), axes.astype(np.float32)


def _low_rank(rows: CentredSamples, ridge: float, rank: int) -> RidgeSlopes:
    """Ridge regression, solved in the samples' space.

    The directions kept are those in which the fitted values spread most, each scaled to a mean
    square of 1 over the samples.
    """
    x, places, spreads = rows.x, rows.places, rows.spreads
    own = (x @ x.T) * (places @ places.T) / x.shape[1]
    kernel = (own + APART * (spreads @ spreads.T)).astype(np.float64)
    dual = np.linalg.solve(kernel + np.diag(ridge / rows.trust), rows.y).astype(np.float32)
    size, axes = _directions(kernel.astype(np.float32) @ dual, rank)
    inner, outward = dual @ (axes.T / size), axes * size[:, None]
    inward = [(x * places[:, [k]]).T @ inner / x.shape[1] for k in range(places.shape[1])]
    apart = APART * spreads.T @ inner
    return RidgeSlopes(np.stack(inward).astype(np.float32), apart.astype(np.float32), outward)
