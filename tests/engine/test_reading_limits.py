"""How much is read, and decoded without the whole trunk: by counting, at the machine's pace."""

import pytest

from onset.engine.reading_limits import (
    FIRST_READING,
    LONGEST_OPENING,
    most_phonemes,
    opening_frames,
)
from onset.engine.span_decoding import FIRST_STEPS
from onset.model.backend import NATIVE_SHARES, ONNX_SHARES, Shares
from onset.types import MAX_PHONEMES

ANY = pytest.mark.parametrize("shares", [ONNX_SHARES, NATIVE_SHARES])

PACES = (0.12, 0.25, 0.4, 0.7, 1.0)


@ANY
@pytest.mark.parametrize("pace", PACES)
def test_as_much_is_read_first_on_every_machine(pace: float, shares: Shares) -> None:
    assert most_phonemes(pace, 0, shares) == FIRST_READING


@ANY
@pytest.mark.parametrize("pace", PACES)
def test_what_plays_leaves_time_to_read_what_follows(pace: float, shares: Shares) -> None:
    """A phoneme is 70 ms of audio; reading it and computing its trunk is a share of the work."""
    for decoded in (1, 12, 30, 60, 200, 1000):
        most, real = most_phonemes(pace, decoded, shares), min(pace, 0.75)
        assert FIRST_READING <= most <= MAX_PHONEMES
        if most > FIRST_READING:
            assert most * 0.07 * sum(shares) * real <= decoded * 0.07 * (1 - real) + 1e-9


def test_reading_is_a_tenth_of_the_work_on_onnx_runtime() -> None:
    assert sum(ONNX_SHARES) == pytest.approx(0.1) and sum(NATIVE_SHARES) < 0.2


@ANY
def test_a_slower_machine_reads_less_ahead(shares: Shares) -> None:
    most = [most_phonemes(pace, 30, shares) for pace in PACES]
    assert most == sorted(most, reverse=True)


@ANY
def test_an_opening_is_as_short_as_the_machine_allows(shares: Shares) -> None:
    for frames in (200, 400, 800):
        opened = [opening_frames(pace, frames, shares) for pace in PACES]
        assert opened == sorted(opened)
        assert FIRST_STEPS[0] < opened[0] < LONGEST_OPENING // 2
        assert 10 < opened[1] < LONGEST_OPENING // 2
        assert opened[-1] == LONGEST_OPENING
    assert opening_frames(0.25, 200, shares) < opening_frames(0.25, 800, shares)
