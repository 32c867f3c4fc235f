"""Where speech becomes audible, on sounds whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.audio.onset_detection import OnsetDetector
from onset.types import SAMPLE_RATE
from scripted_server import silence, tone

FRAME = SAMPLE_RATE // 200


def frames(pattern: str) -> bytes:
    """A sound of 5 ms frames: "#" is loud, "." is silent."""
    return b"".join(tone(0.005) if mark == "#" else silence(0.005) for mark in pattern)


def noise(level: float) -> bytes:
    """100 ms of a square wave, whose RMS is `level` of full scale."""
    wave = np.where(np.arange(SAMPLE_RATE // 10) % 2, level, -level) * 32768
    return wave.astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("pattern", "onset"),
    [
        ("##########", 0),
        ("...##########", 3),
        ("..########..", 2),
        ("..#.#######.#...", 2),
        (".#######..................##########", 26),
        ("#########", None),
        ("#.#.#.#.#.#.#.#.", None),
        ("....................", None),
        ("", None),
    ],
    ids=[
        "at once",
        "after silence",
        "two quiet at the end",
        "two quiet within",
        "a click before",
        "too short",
        "crackle",
        "silence",
        "nothing",
    ],
)
def test_onset_is_the_first_loud_frame_that_is_kept(pattern: str, onset: int | None) -> None:
    expected = None if onset is None else onset * FRAME
    assert OnsetDetector(SAMPLE_RATE).feed(frames(pattern)) == expected


@pytest.mark.parametrize(("level", "audible"), [(0.0103, True), (0.0097, False)])
def test_threshold_is_40_db_below_full_scale(level: float, audible: bool) -> None:
    assert (OnsetDetector(SAMPLE_RATE).feed(noise(level)) is not None) is audible


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
def test_onset_is_within_one_frame_at_every_rate(rate: int) -> None:
    sound = silence(0.333, rate) + tone(0.2, rate=rate)
    found = OnsetDetector(rate).feed(sound)
    assert found is not None
    assert abs(found / rate - 0.333) <= 0.005


@given(st.lists(st.integers(1, 4000), max_size=8))
def test_onset_is_the_same_however_the_sound_arrives(sizes: list[int]) -> None:
    sound = silence(0.1) + tone(0.1)
    finder, at = OnsetDetector(SAMPLE_RATE), 0
    for size in [*sizes, len(sound)]:
        finder.feed(sound[at : at + 2 * size])
        at += 2 * size
    assert finder.sample == 20 * FRAME


def test_onset_is_known_as_soon_as_it_was_kept() -> None:
    finder = OnsetDetector(SAMPLE_RATE)
    assert finder.feed(silence(0.1) + tone(0.049)) is None
    assert finder.feed(tone(0.001)) == 20 * FRAME
