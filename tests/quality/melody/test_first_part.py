"""The first part is laid over one-shot, word by word."""

import numpy as np
import pytest

from drooping import drooping_engine
from onset.model.backend import DECODER_FRAME_SAMPLES
from onset.quality.melody.first_part import (
    FirstAudio,
    FirstParts,
    first_part_distance,
    speak_first_parts,
)
from onset.quality.melody.melodies import FRAGMENTS, KINDS
from onset.quality.renditions.word_contours import WordPlace
from onset.types import SAMPLE_RATE, Floats, Request

LONG = (
    "The committee will announce the final results of the election tomorrow and everybody who "
    "has been waiting since the early morning will be allowed to go home and have something to eat."
)


def tone(hertz: float, frames: int) -> Floats:
    time = np.arange(frames * DECODER_FRAME_SAMPLES) / SAMPLE_RATE
    return (0.1 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def audio(*words: tuple[float, int], end: int | None = None) -> FirstAudio:
    """A tone a word: its pitch in Hz and its decoder frames. end: frames of the first part."""
    places, begin = [], 0
    for index, (_, frames) in enumerate(words):
        places.append(WordPlace(index, 1, begin, begin + frames, frames, 0, 0))
        begin += frames
    samples = np.concatenate([tone(*word) for word in words])
    return FirstAudio(samples, places, (end or begin) * DECODER_FRAME_SAMPLES)


def distance(one_shot: FirstAudio, streaming: FirstAudio) -> float:
    return first_part_distance(FirstParts(one_shot, {"1": streaming})).log_mel_rmse["1"]


TWO = audio((500, 40), (900, 40))


def test_the_same_has_no_distance() -> None:
    found = first_part_distance(FirstParts(TWO, {"1": TWO}))
    assert found.log_mel_rmse == {"1": 0.0} and found.seconds["1"] == pytest.approx(1.0, abs=0.05)


def test_a_longer_word_is_no_distance_and_another_one_is() -> None:
    assert distance(TWO, audio((500, 80), (900, 40))) < 3
    assert distance(TWO, audio((500, 40), (700, 40))) > 10


def test_what_lies_behind_the_part_does_not_count() -> None:
    """A word of which the part has a half is laid over half of it."""
    other = audio((500, 40), (900, 20), (300, 20), end=60)
    words = [*TWO.words[:1], WordPlace(1, 1, 40, 80, 40, 0, 0)]
    half = FirstAudio(other.samples, words, other.end)
    found = first_part_distance(FirstParts(TWO, {"1": half}))
    assert found.log_mel_rmse["1"] < 0.5
    assert found.seconds["1"] == pytest.approx(0.75, abs=0.05)
    assert distance(TWO, FirstAudio(other.samples, words, 80 * DECODER_FRAME_SAMPLES)) > 5


def test_no_more_is_spoken_than_is_compared() -> None:
    parts = speak_first_parts(drooping_engine(), Request(LONG))
    assert set(parts.kinds) == set(KINDS)
    for kind, begun in parts.kinds.items():
        assert begun.end <= len(begun.samples) < begun.end + 4800
        last = max(word.letters for word in begun.words if word.begin < begun.end // 300)
        assert last <= parts.one_shot.words[-1].letters
        assert (begun.end > 2 * SAMPLE_RATE) == (kind == FRAGMENTS), kind
    assert len(parts.one_shot.samples) < 4 * SAMPLE_RATE
    found = first_part_distance(parts)
    assert found.log_mel_rmse["0.25"] < 0.5
