"""The distance measures: nothing is nothing, and what is wrong is seen."""

from functools import partial

import numpy as np
import pytest

from onset.engine.dsp import limit
from onset.quality.log_mel import (
    clipped,
    level,
    log_mel,
    log_mel_rmse,
    streaming_distance,
    with_random_phases,
)
from onset.quality.renditions.renditions import Renditions
from onset.types import SAMPLE_RATE, Floats, Request


def tone(hertz: float, amplitude: float = 0.1) -> Floats:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def pair(streaming: Floats, exact: Floats) -> Renditions:
    return Renditions(Request("Hm."), streaming, exact, True, (), (), ())


def test_equal_audio_has_no_distance() -> None:
    assert log_mel_rmse(tone(440), tone(440)) == 0.0


def test_silence_equals_silence() -> None:
    assert log_mel_rmse(np.zeros(5000, np.float32), np.full(5000, 1e-7, np.float32)) < 0.01


def test_another_pitch_is_far_and_another_level_is_its_decibels() -> None:
    assert log_mel_rmse(tone(440), tone(880)) > 5
    assert level(tone(440, 0.2)) - level(tone(440, 0.1)) == pytest.approx(6.02, abs=0.01)


def test_a_tone_lies_in_its_band() -> None:
    spectrogram = log_mel(tone(1000))
    mel = 2595 * np.log10(1 + np.array([1000, 12_000]) / 700)
    expected = 81 * mel[0] / mel[1] - 1
    assert spectrogram.shape[1] == 80
    assert abs(int(np.argmax(spectrogram[40])) - expected) <= 1


def test_random_phases_keep_length_and_level_and_are_far() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(0, 0.1, SAMPLE_RATE).astype(np.float32) * tone(2, 1.0)
    control = with_random_phases(noise, random)
    assert control.shape == noise.shape
    assert level(control) == pytest.approx(level(noise), abs=0.01)
    assert 3 < log_mel_rmse(noise, control) < 10


def test_a_comparison_of_equals() -> None:
    found = streaming_distance(pair(tone(300), tone(300)))
    assert (found.log_mel_rmse, found.level, found.clipped) == (0.0, 0.0, (0, 0))
    assert found.finite and found.seconds == 1.0 and found.offset < 1e-4
    assert found == streaming_distance(pair(tone(300), tone(300)))


def test_faults_are_seen() -> None:
    loud = np.clip(tone(300, 3.0), -1, 1)
    assert streaming_distance(pair(loud, tone(300))).clipped == (600, 0)
    assert streaming_distance(
        pair(tone(300) + np.float32(0.02), tone(300))
    ).offset == pytest.approx(0.02)
    broken = tone(300)
    broken[7] = np.nan
    assert not streaming_distance(pair(broken, tone(300))).finite


def test_a_peak_that_touches_full_scale_is_not_clipped() -> None:
    samples = partial(np.zeros, dtype=np.float32)
    assert clipped(np.concatenate([samples(9), np.ones(3, np.float32), samples(9)])) == 0
    assert clipped(np.concatenate([samples(9), -np.ones(4, np.float32)])) == 1


def test_what_the_limiter_bends_is_not_clipped_and_what_it_flattens_is() -> None:
    for amplitude, runs in ((1.2, 0), (3.0, 600)):
        assert streaming_distance(pair(limit(tone(300, amplitude)), tone(300))).clipped == (
            runs,
            0,
        )
