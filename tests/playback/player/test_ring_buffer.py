"""The ring against a reader that a test moves by hand: nothing lost, nothing broken off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.playback.player.ring_buffer import LOG, RingBuffer
from onset.types import Floats

FADE = 4


def pulled(ring: RingBuffer, count: int) -> Floats:
    out = np.full(count, 9.0, np.float32)
    ring.pull(out, 0.0)
    return out


def ramp(begin: int, count: int) -> Floats:
    """Samples that are all different from each other and from silence."""
    return np.arange(begin + 1, begin + count + 1, dtype=np.float32)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=60))
def test_what_was_written_adds_up_whatever_the_turns(turns: list[tuple[int, int]]) -> None:
    ring, written, heard = RingBuffer(100, FADE), 0, []
    for write, pull in turns:
        count = min(write, ring.room)
        ring.write(ramp(written, count))
        written += count
        heard.append(pulled(ring, pull))
    ring.ending = True
    while ring.buffered:
        heard.append(pulled(ring, 10))
    # Wherever it ran dry the fade out is repeated as the fade in: their sum is the sample, so the
    # whole is too.
    total = float(sum(piece.sum(dtype=np.float64) for piece in heard))
    assert total == pytest.approx(ramp(0, written).sum(dtype=np.float64), rel=1e-5)


def test_an_unbroken_flow_is_untouched() -> None:
    ring = RingBuffer(200, FADE)
    ring.write(ramp(0, 200))
    got = np.concatenate([pulled(ring, 30) for _ in range(6)])
    assert np.array_equal(got, ramp(0, 180))


def test_it_does_not_begin_before_there_is_enough_to_fade() -> None:
    ring = RingBuffer(100, FADE)
    ring.write(ramp(0, 10))
    assert not pulled(ring, 10).any()
    ring.write(ramp(10, FADE))
    assert np.array_equal(pulled(ring, 10), ramp(0, 10))


def test_a_pause_fades_and_both_sides_add_up_to_the_samples() -> None:
    ring = RingBuffer(100, FADE)
    ring.write(np.ones(100, np.float32))
    pulled(ring, 10)
    ring.hold()
    assert not ring.held
    out = pulled(ring, 10)
    assert ring.held
    assert (np.diff(out[: FADE + 1]) < 0).all() and not out[FADE:].any()
    assert not pulled(ring, 10).any()
    ring.release()
    back = pulled(ring, 10)
    assert ring.read == 20
    assert out[:FADE] + back[:FADE] == pytest.approx(np.ones(FADE))
    assert (back[FADE:] == 1).all()


def test_running_dry_is_counted_once_and_concealed_until_it_goes_on() -> None:
    ring = RingBuffer(100, FADE)
    ring.write(ramp(0, 20))
    pulled(ring, 10)
    faded = pulled(ring, 10)
    assert np.abs(np.diff(faded)).max() < 20
    assert (ring.dry, ring.concealed) == (1, 0)
    pulled(ring, 10)
    assert (ring.dry, ring.concealed) == (1, 10)
    ring.write(ramp(20, 40))
    pulled(ring, 10)
    assert (ring.dry, ring.concealed) == (1, 10)


@pytest.mark.parametrize("count", [1, 3, 7, 48, 239])
def test_no_step_however_little_a_device_asks_for_at_once(count: int) -> None:
    fade = 240
    ring = RingBuffer(4_000, fade)
    heard: list[Floats] = []

    def pull(frames: int) -> None:
        heard.extend(pulled(ring, count) for _ in range(-(-frames // count)))

    ring.write(np.ones(2_000, np.float32))
    pull(700)
    ring.hold()
    pull(2 * fade)
    assert ring.held
    ring.release()
    pull(100)  # in the middle of the fade in
    ring.hold()
    pull(3 * fade)
    assert ring.held
    ring.release()
    pull(2_000)  # until it runs dry
    assert ring.dry == 1
    ring.write(np.ones(500, np.float32))
    ring.ending = True
    pull(1_000)
    sound = np.concatenate(heard)
    steps = np.abs(np.diff(sound))
    last = int(np.flatnonzero(sound)[-1])
    assert steps[:last].max() <= 1.5 / fade  # the end itself is the maker's
    assert sound.sum(dtype=np.float64) == pytest.approx(2_500, rel=1e-5)


def test_a_hold_in_a_fade_in_falls_silent_within_both_fades() -> None:
    ring = RingBuffer(4_000, 240)
    ring.write(np.ones(2_000, np.float32))
    ring.clear(fade_in=True)
    ring.write(np.ones(2_000, np.float32))
    pulled(ring, 48)
    ring.hold()
    pulls = 0
    while not ring.held:
        pulled(ring, 48)
        pulls += 1
    assert pulls * 48 <= 2 * 240


def test_the_end_is_heard_whole_and_is_no_underrun() -> None:
    ring = RingBuffer(100, FADE)
    ring.write(ramp(0, 13))
    ring.ending = True
    assert np.array_equal(pulled(ring, 10), ramp(0, 10))
    assert np.array_equal(pulled(ring, 10), np.concatenate([ramp(10, 3), np.zeros(7)]))
    pulled(ring, 10)
    assert (ring.dry, ring.concealed) == (0, 0)


def test_what_is_cleared_is_never_heard() -> None:
    ring = RingBuffer(100, FADE)
    ring.write(ramp(0, 50))
    pulled(ring, 10)
    ring.hold()
    pulled(ring, 10)
    ring.clear()
    ring.write(ramp(1000, 50))
    assert not pulled(ring, 10).any()
    ring.release()
    assert np.array_equal(pulled(ring, 10), ramp(1000, 10))


def test_readings_say_when_which_frames_are_heard() -> None:
    ring = RingBuffer(100, FADE)
    pulled(ring, 7)
    ring.write(ramp(0, 50))
    ring.pull(np.zeros(10, np.float32), 0.5)
    (reading,) = ring.readings()
    assert (reading.first, reading.length, reading.asked) == (0, 10, 7)
    assert reading.heard_ns - reading.taken_ns == 500_000_000
    assert ring.readings() == []


def test_the_log_of_readings_is_bounded() -> None:
    ring = RingBuffer(4 * LOG, FADE)
    ring.write(ramp(0, 4 * LOG))
    for _ in range(2 * LOG):
        pulled(ring, 1)
    assert len(ring.readings()) <= LOG


def test_a_change_of_volume_is_no_step() -> None:
    ring = RingBuffer(100, FADE)
    ring.write(np.ones(100, np.float32))
    pulled(ring, 10)
    ring.gain = 0.0
    out = pulled(ring, 10)
    assert (out[0], out[-1]) == (1.0, 0.0)
    assert np.abs(np.diff(out)).max() < 0.2
    assert not pulled(ring, 10).any()


def test_more_than_there_is_room_for_is_refused() -> None:
    with pytest.raises(ValueError, match="room for 10"):
        RingBuffer(10, FADE).write(ramp(0, 11))
