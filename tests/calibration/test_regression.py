"""Fitting: a linear world is found again, and an earlier fit is extended by its residuals."""

from dataclasses import replace

import numpy as np
import pytest

from onset.calibration.regression import ReadingSample, extend, fit
from onset.errors import AssetError
from onset.model.adain_predictor import AdainPredictor
from onset.model.voice_styles import parse

CHANNELS, FEATURES = 5, 12


def world(count: int, seed: int = 0) -> list[ReadingSample]:
    """Samples whose statistics are linear in their features."""
    random = np.random.default_rng(seed)
    slopes = np.random.default_rng(99).normal(size=(FEATURES, 2 * CHANNELS)) * 0.1
    made = []
    for _ in range(count):
        features = random.normal(size=FEATURES)
        target = features @ slopes
        made.append(
            ReadingSample(
                features.astype(np.float32),
                target[:CHANNELS].astype(np.float32),
                np.exp(target[CHANNELS:]).astype(np.float32),
            )
        )
    return made


def test_fit_finds_the_slopes_of_a_linear_world() -> None:
    predictor = fit({"af_heart": world(200)}, "digest", ridge=1e-6, rank=10)
    for sample in world(20, seed=1):
        target = predictor.targets(sample.features, (("af_heart", 1.0),))
        assert np.allclose(target[:CHANNELS] * predictor.unit, sample.mean, atol=1e-3)
        assert np.allclose(np.exp(target[CHANNELS:]), sample.std, atol=1e-3)


def test_every_voice_has_its_own_centre() -> None:
    shifted = [ReadingSample(s.features, s.mean + 3, s.std) for s in world(50)]
    predictor = fit({"af_heart": world(50), "bm_george": shifted}, "digest", rank=10)
    half = CHANNELS
    one, other = (predictor.centres[name].targets[:half] for name in ("af_heart", "bm_george"))
    assert np.allclose((other - one) * predictor.unit, 3, atol=1e-3)


def test_fit_without_samples_is_refused() -> None:
    with pytest.raises(AssetError, match="no samples"):
        fit({}, "digest")


def test_fit_finds_how_a_mix_differs_from_the_mean_of_its_voices() -> None:
    """In this world a mix's means are 0.5 times its shares' product away."""
    samples = {"af_heart": world(60), "bm_george": world(60, seed=5)}
    shares = {"af_heart(1)+bm_george(1)": 0.25, "af_heart(3)+bm_george(1)": 0.1875}
    for seed, (mix, product) in enumerate(shares.items()):
        samples[mix] = [
            ReadingSample(s.features, s.mean + np.float32(0.5 * product), s.std)
            for s in world(40, seed)
        ]
    predictor = fit(samples, "digest", ridge=1e-4, rank=10)
    blend = parse("af_heart(1)+bm_george(2)")
    errors = [
        predictor.targets(s.features, blend)[:CHANNELS] * predictor.unit - s.mean
        for s in world(20, seed=9)
    ]
    assert np.allclose(np.mean(errors, 0), 0.5 * 2 / 9, atol=0.02)
    assert set(predictor.centres) == {"af_heart", "bm_george"}


def misses(predictor: AdainPredictor, name: str, samples: list[ReadingSample]) -> float:
    """Root mean square error of the means, in their own units."""
    errors = [
        predictor.targets(s.features, parse(name))[:CHANNELS] * predictor.unit - s.mean
        for s in samples
    ]
    return float(np.sqrt(np.mean(np.square(errors))))


def test_an_extension_corrects_the_residuals_of_an_earlier_fit() -> None:
    """Few samples first, whose slopes are poor; then many of one voice alone."""
    early = fit({"af_heart": world(8), "bm_george": world(8, seed=5)}, "digest", rank=10)
    later = extend(early, {"af_heart": world(200, seed=3)}, ridge=1e-4, rank=10)
    unseen = world(40, seed=9)
    assert misses(early, "af_heart", unseen) > 0.1
    assert misses(later, "af_heart", unseen) < 0.02
    assert later.digest == "digest" and set(later.centres) == set(early.centres)
    assert later.outward.shape == (10, 2 * CHANNELS)


def test_new_samples_weigh_as_much_as_earlier_ones() -> None:
    """A voice whose means have moved by 2 is met where three quarters of all samples are."""
    early = fit({"af_heart": world(30), "bm_george": world(30, seed=5)}, "digest", rank=10)
    moved = [replace(s, mean=s.mean + np.float32(2)) for s in world(90, seed=3)]
    later = extend(early, {"af_heart": moved}, rank=10)
    assert later.centres["af_heart"].count == 120
    unseen = [replace(s, mean=s.mean + np.float32(1.5)) for s in world(40, seed=9)]
    assert misses(later, "af_heart", unseen) < 0.1
    assert misses(later, "bm_george", world(40, seed=9)) < 0.1


def test_samples_that_are_predicted_well_change_nothing() -> None:
    early = fit({"af_heart": world(200)}, "digest", ridge=1e-6, rank=10)
    later = extend(early, {"af_heart": world(30, seed=3)}, rank=10)
    for sample in world(20, seed=9):
        before, after = (p.targets(sample.features, parse("af_heart")) for p in (early, later))
        assert np.allclose(before, after, atol=1e-3)


def test_a_fit_is_extended_only_for_voices_it_covers() -> None:
    early = fit({"af_heart": world(30)}, "digest", rank=10)
    with pytest.raises(AssetError, match="lack bm_george"):
        extend(early, {"bm_george": world(30)})
