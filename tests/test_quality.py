"""The distance measures, and that streaming keeps its promise on a few held-out texts."""

import numpy as np
import pytest

from onset.calibrate import corpus
from onset.engine import Engine
from onset.quality import compare, level, log_mel, log_mel_rmse
from onset.types import SAMPLE_RATE, Floats, Request

PROMISED_DB = 1.0
FITTED = ("af_heart", "am_michael", "bf_emma", "bm_george", "af_bella", "am_fenrir")


def tone(hertz: float, amplitude: float = 0.1) -> Floats:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


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


def test_streaming_is_near_the_exact_decode(engine: Engine) -> None:
    """A held-out sentence for each voice; `onset quality` is the whole gate.

    Lines of a few words are further away, 1.2 dB (docs/log.md): the promise is for the mix.
    """
    sentences = [line for line in corpus("heldout") if 60 <= len(line) <= 120]
    requests = [Request(line, voice) for line, voice in zip(sentences, FITTED, strict=False)]
    found = [compare(engine, request) for request in requests]
    errors = sorted(c.log_mel_rmse for c in found)
    assert float(np.median(errors)) <= PROMISED_DB, errors
    assert max(errors) <= 2 * PROMISED_DB, errors
    assert max(abs(c.level) for c in found) <= 0.5
