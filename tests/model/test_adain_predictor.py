"""Predicting statistics: the arithmetic, the file, and who is covered."""

from pathlib import Path

import numpy as np
import pytest

from onset.errors import AssetError
from onset.model.adain_predictor import (
    CACHED_MIXES,
    AdainPredictor,
    VoiceCentre,
    _of_mix,
    features,
    load,
    load_kept,
    save,
)
from onset.model.backend import Prosody
from onset.model.fake_backend import FakeBackend
from onset.types import Halt

CHANNELS = 6


def prosody() -> Prosody:
    backend = FakeBackend()
    front = backend.front((1, 2, 3), np.ones((1, 256), np.float32), 1.0, Halt())
    return backend.trunk(front, Halt())


def predictor(slope: float = 0.0, turn: float = 0.0, spread: float = 0.0) -> AdainPredictor:
    """Slopes on the logarithm of the number of frames; `turn` is what am_michael has besides.

    spread: the slope on how far apart the voices of a mix lie.
    """
    size = len(features(prosody()))
    inward = np.zeros((2, size, 1), np.float32)
    inward[:, 0, 0] = 0.5, turn
    centres = {
        name: VoiceCentre(
            np.zeros(size, np.float32),
            np.full(2 * CHANNELS, value, np.float32),
            np.array([1.0, place], np.float32),
            np.zeros(1, np.float32),
            20.0,
        )
        for name, value, place in (("af_heart", 0.5, 0.0), ("am_michael", 1.0, 1.0))
    }
    outward = np.full((1, 2 * CHANNELS), slope, np.float32)
    apart = np.full((1, 1), spread, np.float32)
    unit = np.full(CHANNELS, 2.0, np.float32)
    return AdainPredictor(
        "digest", centres, np.ones(size, np.float32), inward, apart, outward, unit
    )


def test_without_slope_a_voice_has_its_own_centre() -> None:
    statistics = predictor().predict(prosody(), (("am_michael", 1.0),))
    assert np.allclose(statistics.mean, 2.0)
    assert np.allclose(statistics.std, np.exp(1.0))


def test_a_mix_lies_between_its_voices() -> None:
    statistics = predictor().predict(prosody(), (("af_heart", 0.5), ("am_michael", 0.5)))
    assert np.allclose(statistics.mean, 0.75 * 2.0)
    assert np.allclose(np.log(statistics.std), 0.75)


def test_the_slope_follows_the_features() -> None:
    p = prosody()
    statistics = predictor(0.1).predict(p, (("af_heart", 1.0),))
    assert np.allclose(np.log(statistics.std), 0.5 + 0.05 * np.log(p.frames), atol=1e-5)


def test_the_slope_changes_from_voice_to_voice() -> None:
    p = prosody()
    fitted = predictor(0.2, turn=1.5)
    shared, own, half = (
        np.log(fitted.predict(p, mix).std)
        for mix in (
            (("af_heart", 1.0),),
            (("am_michael", 1.0),),
            (("af_heart", 0.5), ("am_michael", 0.5)),
        )
    )
    step = 0.1 * np.log(p.frames)
    assert np.allclose(shared, 0.5 + step, atol=1e-5)
    assert np.allclose(own, 1.0 + 4 * step, atol=1e-5)
    assert np.allclose(half, 0.75 + 2.5 * step, atol=1e-5)


def test_a_mix_of_voices_far_apart_is_not_their_mean() -> None:
    fitted = predictor(slope=0.1, turn=-0.5, spread=4.0)
    near, far, alone = (
        fitted.predict(prosody(), mix)
        for mix in (
            (("af_heart", 0.9), ("am_michael", 0.1)),
            (("af_heart", 0.5), ("am_michael", 0.5)),
            (("am_michael", 1.0),),
        )
    )
    length = 0.1 * 0.5 * np.log(prosody().frames)
    expected = [0.55 + 0.9 * length + 0.1 * 4 * 0.09, 0.75 + 0.5 * length + 0.1 * 4 * 0.25, 1.0]
    assert np.allclose([np.log(each.std[0]) for each in (near, far, alone)], expected, atol=1e-5)


def test_only_so_many_mixes_are_cached() -> None:
    fitted = predictor(0.1)
    for k in range(1, 3 * CACHED_MIXES):
        fitted.predict(prosody(), (("af_heart", 1 / (k + 1)), ("am_michael", k / (k + 1))))
    assert _of_mix.cache_info().currsize == CACHED_MIXES


def test_covers_only_what_was_fitted() -> None:
    assert predictor().covers((("af_heart", 0.3), ("am_michael", 0.7)))
    assert not predictor().covers((("af_heart", 0.3), ("bf_emma", 0.7)))


def test_features_survive_a_segment_without_voice() -> None:
    p = prosody()
    unvoiced = Prosody(p.durations, p.f0 * 0, p.energy, p.trunk, p.source, p.style)
    assert np.isfinite(features(unvoiced)).all()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save(predictor(0.1), tmp_path / "s.npz")
    loaded = load(tmp_path / "s.npz")
    assert loaded.digest == "digest"
    assert [centre.count for centre in loaded.centres.values()] == [20.0, 20.0]
    mix = (("af_heart", 1.0),)
    original = predictor(0.1).predict(prosody(), mix)
    assert np.allclose(loaded.predict(prosody(), mix).mean, original.mean, rtol=2e-3)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.npz").write_bytes(b"nothing")
    with pytest.raises(AssetError, match="no predicted statistics"):
        load(tmp_path / "s.npz")


def same(a: AdainPredictor, b: AdainPredictor) -> bool:
    mixes = (("af_heart", 1.0),), (("af_heart", 0.5), ("am_michael", 0.5))
    pairs = [(a.predict(prosody(), mix), b.predict(prosody(), mix)) for mix in mixes]
    return a.digest == b.digest and all(
        np.array_equal(one.mean, other.mean) and np.array_equal(one.std, other.std)
        for one, other in pairs
    )


def test_a_predictor_that_is_kept_is_the_one_in_the_file(tmp_path: Path) -> None:
    save(predictor(0.1, turn=0.02, spread=0.01), tmp_path / "made.npz")
    for _ in range(2):
        assert same(load_kept(tmp_path / "made.npz", tmp_path), load(tmp_path / "made.npz"))
    (kept,) = (tmp_path / "statistics").glob("made-*/outward.npy")
    kept.write_bytes(kept.read_bytes()[:-1] + b"!")
    assert same(load_kept(tmp_path / "made.npz", tmp_path), load(tmp_path / "made.npz"))


def test_another_predictor_takes_the_place_of_the_kept_one(tmp_path: Path) -> None:
    for slope in (0.1, 0.05):
        save(predictor(slope), tmp_path / "made.npz")
        assert same(load_kept(tmp_path / "made.npz", tmp_path), load(tmp_path / "made.npz"))
    assert len([f for f in (tmp_path / "statistics").glob("made-*") if f.is_dir()]) == 1


def test_a_predictor_loads_where_nothing_can_be_kept(tmp_path: Path) -> None:
    save(predictor(0.1), tmp_path / "made.npz")
    (tmp_path / "file").touch()
    assert same(load_kept(tmp_path / "made.npz", tmp_path / "file"), load(tmp_path / "made.npz"))
    with pytest.raises(AssetError):
        load_kept(tmp_path / "none.npz", tmp_path)
