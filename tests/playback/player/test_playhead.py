"""The playhead: which sample a frame is, through resampling and changes of speed."""

import pytest

from onset.playback.player.playhead import FirstSound, Playhead
from onset.playback.player.ring_buffer import DeviceRead


def read(first: int, length: int) -> DeviceRead:
    """Frames taken at 1 s and heard at 2 s."""
    return DeviceRead(10**9, 2 * 10**9, first, length, first)


@pytest.mark.parametrize(("frame", "sample"), [(100, 500), (150, 525), (300, 600), (900, 600)])
def test_frames_of_a_faster_device_are_fewer_samples(frame: int, sample: int) -> None:
    playhead = Playhead(100, 500, 24_000, 48_000)
    playhead.add(100, 500, 600)
    assert playhead.source(frame) == sample


@pytest.mark.parametrize("forgotten", [0, 150, 250])
def test_a_change_of_speed_moves_on_faster_from_there(forgotten: int) -> None:
    playhead = Playhead(0, 0, 24_000, 24_000)
    playhead.add(100, 0, 100)
    playhead.add(100, 100, 300)
    playhead.add(100, 300, 400)
    playhead.forget(forgotten)
    frames = [frame for frame in (50, 150, 250, 300) if frame >= forgotten]
    samples = {50: 50, 150: 200, 250: 350, 300: 400}
    assert [playhead.source(frame) for frame in frames] == [samples[frame] for frame in frames]


def test_the_first_sound_is_timed_within_its_block() -> None:
    playhead = Playhead(0, 0, 24_000, 24_000)
    playhead.add(4_800, 0, 4_800)
    for first in (0, 2_400):
        playhead.take(read(first, 2_400))
    assert playhead.first_sound(1_200) == FirstSound(10**9, 2 * 10**9 + 50_000_000)
    assert playhead.first_sound(3_600) == FirstSound(10**9, 2 * 10**9 + 50_000_000)
    assert playhead.first_sound(4_800) is None
