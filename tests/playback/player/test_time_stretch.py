"""Faster and slower: as long as it should be, at the same pitch, and at speed 1 the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.playback.player.time_stretch import HOP_SECONDS, SEARCH_SECONDS, TimeStretch
from onset.types import Floats

RATE = 24_000
TONE = np.sin(2 * np.pi * 150 * np.arange(2 * RATE) / RATE).astype(np.float32)


def read(position: int, count: int) -> Floats:
    return TONE[position : position + count]


def heard(stretch: TimeStretch) -> Floats:
    pieces = []
    while len(piece := stretch.next(read, len(TONE), last=True)):
        pieces.append(piece)
    return np.concatenate(pieces)


def test_at_speed_1_every_sample_passes() -> None:
    assert np.array_equal(heard(TimeStretch(RATE)), TONE)


@settings(max_examples=20)
@given(st.floats(0.5, 3.0))
def test_length_follows_speed_and_pitch_stays(speed: float) -> None:
    got = heard(TimeStretch(RATE, speed=speed))
    # What is left when there is nothing more to compare is heard as it is.
    left = SEARCH_SECONDS + HOP_SECONDS + speed * HOP_SECONDS
    assert len(got) == pytest.approx(len(TONE) / speed, abs=left * RATE)
    crossings = np.count_nonzero(np.diff(np.signbit(got)))
    assert crossings / len(got) == pytest.approx(300 / RATE, rel=0.03)
    assert np.abs(np.diff(got)).max() < 2 * np.abs(np.diff(TONE)).max()


def test_the_speed_may_change_at_any_time() -> None:
    stretch, pieces = TimeStretch(RATE), []
    for number in range(60):
        stretch.speed = (1.0, 2.0, 0.7)[number // 20]
        pieces.append(stretch.next(read, len(TONE), last=False))
    got = np.concatenate(pieces)
    assert np.abs(np.diff(got)).max() < 2 * np.abs(np.diff(TONE)).max()


def test_it_waits_for_what_it_must_compare() -> None:
    stretch = TimeStretch(RATE, speed=1.5)
    assert len(stretch.next(read, 100, last=False)) == 0
    assert len(stretch.next(read, 100, last=True)) == 100
