"""Clips are alike in loudness, in the silence around them, and in nothing else."""

import numpy as np
import pytest

from decoded import decoded
from listening_tones import tone
from onset.errors import AssetError
from onset.quality.listening.clips import (
    LEAD,
    LOUDNESS,
    PEAK,
    TRAIL,
    alike,
    speech_rms,
    trimmed,
    wav,
)
from onset.types import SAMPLE_RATE, Floats


def silence(seconds: float) -> Floats:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def test_all_are_equally_loud() -> None:
    pause = np.concatenate([tone(150), silence(1.0), tone(150)])
    clips = alike({"loud": tone(150, loudness=0.5), "quiet": tone(150, loudness=0.01), "p": pause})
    for clip in clips.values():
        # a pause does not count, but for the frames at its edges
        assert 20 * np.log10(speech_rms(clip)) == pytest.approx(LOUDNESS, abs=0.1)


def test_none_clips_and_all_of_a_sentence_are_turned_down_alike() -> None:
    spike = tone(150)
    spike[6000] = 20.0  # a peak that would be far above full scale
    clips = alike({"spike": spike, "plain": tone(150)})
    assert max(float(np.abs(clip).max()) for clip in clips.values()) == pytest.approx(PEAK)
    assert 20 * np.log10(speech_rms(clips["plain"])) < LOUDNESS - 3


def test_the_silence_around_is_the_same_whatever_it_was() -> None:
    short = trimmed(tone(150))
    long = trimmed(np.concatenate([silence(0.7), tone(150), silence(0.4)]))
    assert len(short) / SAMPLE_RATE == pytest.approx(0.5 + LEAD + TRAIL, abs=0.02)
    assert len(long) / SAMPLE_RATE == pytest.approx(len(short) / SAMPLE_RATE, abs=0.04)
    assert short[0] == long[0] == short[-1] == long[-1] == 0


@pytest.mark.parametrize("samples", [silence(0.5), silence(0), np.full(5000, np.nan, np.float32)])
def test_no_sound_is_refused(samples: Floats) -> None:
    with pytest.raises(AssetError, match="no sound"):
        alike({"nothing": samples})


def test_a_file_has_the_samples() -> None:
    clip = tone(150)
    assert decoded(wav(clip), "wav") == pytest.approx(clip, abs=1e-4)
