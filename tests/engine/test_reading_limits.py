"""How much is read, and decoded without the whole trunk: by counting, at the machine's pace."""

import pytest

from onset.engine.reading_limits import (
    FIRST_READING,
    LONGEST_OPENING,
    most_phonemes,
    opening_frames,
)
from onset.engine.span_decoding import FIRST_STEPS
from onset.types import MAX_PHONEMES

PACES = (0.12, 0.25, 0.4, 0.7, 1.0)


def test_all_of_a_sentence_is_read_at_once_where_that_is_nearly_free() -> None:
    first = [most_phonemes(pace, 0) for pace in PACES]
    assert first == sorted(first, reverse=True)
    assert FIRST_READING < first[-1] <= first[0] < 2 * FIRST_READING
    assert most_phonemes(0.002, 0) == MAX_PHONEMES


@pytest.mark.parametrize("pace", PACES)
def test_what_plays_leaves_time_to_read_what_follows(pace: float) -> None:
    """A phoneme is 70 ms of audio; reading it and computing its trunk is a tenth of the work."""
    for decoded in (1, 12, 30, 60, 200, 1000):
        most, real = most_phonemes(pace, decoded), min(pace, 0.75)
        assert FIRST_READING <= most <= MAX_PHONEMES
        if most > FIRST_READING:
            assert most * 0.07 * 0.1 * real <= decoded * 0.07 * (1 - real) + 1e-9


def test_a_slower_machine_reads_less_ahead() -> None:
    most = [most_phonemes(pace, 30) for pace in PACES]
    assert most == sorted(most, reverse=True)


def test_an_opening_is_as_short_as_the_machine_allows() -> None:
    for frames in (200, 400, 800):
        opened = [opening_frames(pace, frames) for pace in PACES]
        assert opened == sorted(opened)
        assert FIRST_STEPS[0] < opened[0] < LONGEST_OPENING // 2
        assert opened[-1] == LONGEST_OPENING
    assert opening_frames(0.25, 200) < opening_frames(0.25, 800)
