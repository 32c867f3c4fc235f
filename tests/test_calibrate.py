"""Fitting: what a linear world would give back, and that nothing held out was fitted."""

import re
from pathlib import Path

import numpy as np
import pytest

from onset.calibrate import Sample, blends, collect, corpus, fit, plan, read
from onset.engine import Engine
from onset.errors import AssetError
from onset.types import Request
from onset.voices import VOICES, language, parse

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
    for sample in world(20, seed=1):
        target = predictor.targets(sample.features, (("af_heart", 1.0),))
        assert np.allclose(target[:CHANNELS] * predictor.unit, sample.mean, atol=1e-3)
        assert np.allclose(np.exp(target[CHANNELS:]), sample.std, atol=1e-3)


def test_every_voice_has_its_own_centre() -> None:
    shifted = [Sample(s.features, s.mean + 3, s.std) for s in world(50)]
    predictor = fit({"af_heart": world(50), "bm_george": shifted}, "digest", rank=10)
    half = CHANNELS
    one, other = (predictor.centres[name].targets[:half] for name in ("af_heart", "bm_george"))
    assert np.allclose((other - one) * predictor.unit, 3, atol=1e-3)


def test_fit_without_samples_is_refused() -> None:
    with pytest.raises(AssetError, match="no samples"):
        fit({}, "digest")


def test_voices_take_turns_and_have_lines_of_their_own() -> None:
    lines = {"en-us": ["one", "two", "three", "four"]}
    requests = plan(["af_sky", "am_puck"], lines, 2, [])
    assert [(r.voice, r.text) for r in requests] == [
        ("af_sky", "one"),
        ("am_puck", "two"),
        ("af_sky", "three"),
        ("am_puck", "four"),
    ]


def test_every_second_line_is_spoken_at_another_speed() -> None:
    requests = plan(["af_sky"], {"en-us": ["one", "two"]}, 6, [0.5, 2.0])
    assert [r.speed for r in requests] == [1.0, 0.5, 1.0, 2.0, 1.0, 0.5]


def test_mixes_are_of_two_or_three_voices_and_always_the_same() -> None:
    lines = {voice.language: [f"a line in {voice.language}"] for voice in VOICES.values()}
    requests = blends(list(VOICES), lines, 40)
    assert requests == blends(list(VOICES), lines, 80)[:40]
    sizes = [len(parse(request.voice)) for request in requests]
    assert set(sizes) == {2, 3}
    for request in requests:
        assert request.text == f"a line in {language(request.voice)}"


def test_of_one_voice_there_is_no_mix() -> None:
    assert blends(["af_sky"], {"en-us": ["one"]}, 5) == []


def test_fit_finds_how_a_mix_differs_from_the_mean_of_its_voices() -> None:
    """In this world a mix's means are 0.5 times its shares' product away."""
    samples = {"af_heart": world(60), "bm_george": world(60, seed=5)}
    shares = {"af_heart(1)+bm_george(1)": 0.25, "af_heart(3)+bm_george(1)": 0.1875}
    for seed, (mix, product) in enumerate(shares.items()):
        samples[mix] = [
            Sample(s.features, s.mean + np.float32(0.5 * product), s.std) for s in world(40, seed)
        ]
    predictor = fit(samples, "digest", ridge=1e-4, rank=10)
    blend = parse("af_heart(1)+bm_george(2)")
    errors = [
        predictor.targets(s.features, blend)[:CHANNELS] * predictor.unit - s.mean
        for s in world(20, seed=9)
    ]
    assert np.allclose(np.mean(errors, 0), 0.5 * 2 / 9, atol=0.02)
    assert set(predictor.centres) == {"af_heart", "bm_george"}


def test_every_voice_reads_its_own_language() -> None:
    lines = {voice.language: [f"a line in {voice.language}"] for voice in VOICES.values()}
    for request in plan(list(VOICES), lines, 1):
        assert request.text == f"a line in {VOICES[request.voice].language}"


@pytest.mark.parametrize("language", sorted({voice.language for voice in VOICES.values()}))
def test_every_language_has_lines_of_many_lengths(language: str) -> None:
    lengths = sorted(map(len, corpus(language=language)))
    assert len(lengths) >= 108
    assert lengths[0] < 15 and lengths[-1] > 100
    assert len(corpus("heldout", language)) >= 24


def test_nothing_held_out_is_fitted() -> None:
    assert not set(corpus()) & set(corpus("heldout"))
    assert not grams(corpus(), 5) & grams(corpus("heldout"), 5)
    assert len(corpus()) >= 400
    assert len(corpus("heldout")) >= 100


def test_what_was_measured_is_not_measured_again(engine: Engine, tmp_path: Path) -> None:
    requests, done = [Request("No.", "bf_emma"), Request("Yes.", "bf_emma")], []
    for count in (1, 2):
        collect(requests[:count], tmp_path, engine.settings, 1, lambda: done.append(1))
    assert len(done) == 3
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(before) == 2
    collect(requests, tmp_path, engine.settings, 1, lambda: None)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    samples = read(tmp_path)["bf_emma"]
    assert [s.mean.shape for s in samples] == [s.std.shape for s in samples] == [(8448,)] * 2
    assert min(s.std.min() for s in samples) > 0
