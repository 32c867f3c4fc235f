"""Fitting: what a linear world would give back, and that nothing held out was fitted."""

import re
from pathlib import Path

import numpy as np
import pytest

from onset.calibrate import Sample, collect, corpus, fit, plan, read
from onset.engine import Engine
from onset.errors import AssetError
from onset.types import Request

CHANNELS, FEATURES = 5, 12


def grams(lines: list[str], size: int) -> set[tuple[str, ...]]:
    """All runs of `size` words."""
    found = set()
    for line in lines:
        words = re.findall(r"[a-z0-9']+", line.lower())
        found |= {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
    return found


def world(count: int, seed: int = 0) -> list[Sample]:
    """Samples whose statistics are linear in their features."""
    random = np.random.default_rng(seed)
    slopes = np.random.default_rng(99).normal(size=(FEATURES, 2 * CHANNELS)) * 0.1
    made = []
    for _ in range(count):
        features = random.normal(size=FEATURES)
        target = features @ slopes
        made.append(
            Sample(
                features.astype(np.float32),
                target[:CHANNELS].astype(np.float32),
                np.exp(target[CHANNELS:]).astype(np.float32),
            )
        )
    return made


def test_fit_finds_the_slopes_of_a_linear_world() -> None:
    predictor = fit({"af_heart": world(200)}, "digest", ridge=1e-6, rank=10)
    inner, outer = predictor.centres["af_heart"]
    for sample in world(20, seed=1):
        target = outer + ((sample.features - inner) @ predictor.inward) @ predictor.outward
        assert np.allclose(target[:CHANNELS] * predictor.unit, sample.mean, atol=1e-3)
        assert np.allclose(np.exp(target[CHANNELS:]), sample.std, atol=1e-3)


def test_every_voice_has_its_own_centre() -> None:
    shifted = [Sample(s.features, s.mean + 3, s.std) for s in world(50)]
    predictor = fit({"af_heart": world(50), "bm_george": shifted}, "digest", rank=10)
    half = CHANNELS
    one, other = (predictor.centres[name][1][:half] for name in ("af_heart", "bm_george"))
    assert np.allclose((other - one) * predictor.unit, 3, atol=1e-3)


def test_fit_without_samples_is_refused() -> None:
    with pytest.raises(AssetError, match="no samples"):
        fit({}, "digest")


def test_voices_take_turns_and_have_lines_of_their_own() -> None:
    requests = plan(["a", "b"], ["one", "two", "three", "four"], 2, 1.0)
    assert [(r.voice, r.text) for r in requests] == [
        ("a", "one"),
        ("b", "two"),
        ("a", "three"),
        ("b", "four"),
    ]


def test_nothing_held_out_is_fitted() -> None:
    assert not set(corpus()) & set(corpus("heldout"))
    assert not grams(corpus(), 5) & grams(corpus("heldout"), 5)
    assert len(corpus()) >= 400
    assert len(corpus("heldout")) >= 100


def test_what_was_measured_is_not_measured_again(engine: Engine, tmp_path: Path) -> None:
    done = []
    for _ in range(2):
        collect(engine, [Request("No.", "bf_emma")], tmp_path, lambda: done.append(1))
    assert len(done) == 2
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    collect(engine, [Request("No.", "bf_emma")], tmp_path, lambda: None)
    assert path.stat().st_mtime_ns == before
    (sample,) = read(tmp_path)["bf_emma"]
    assert sample.mean.shape == sample.std.shape == (8448,)
    assert sample.std.min() > 0
