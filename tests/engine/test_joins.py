"""Joins of two readings: where they are, and that pitch, energy and phase go on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.engine.joins import (
    EARLIER,
    LEAD_OVER,
    OpenEnd,
    best_end,
    border_frame,
    led_over,
    possible_ends,
)
from onset.model.backend import FrontOutput
from onset.model.harmonic_source import HarmonicSource, phase_at
from onset.types import Floats, Reading, Word

NOTHING = np.zeros((1, 1, 1), np.float32)


def front(f0: Floats, energy: float = 5.0) -> FrontOutput:
    curve = np.full(len(f0), energy, np.float32)
    return FrontOutput(np.array([len(f0) // 2]), f0, curve, NOTHING, NOTHING[0])


def hertz(value: float, frames: int = 100) -> Floats:
    return np.full(frames, value, np.float32)


def test_a_word_begins_in_the_middle_of_the_space_before_it() -> None:
    words = (Word("Hi,", "hI, ", " "), Word("you", "ju ", " "), Word("two.", "tu.", ""))
    durations = np.array([10, *[4] * 10, 10])
    read = FrontOutput(durations, hertz(100, 120), hertz(1, 120), NOTHING, NOTHING[0])
    assert border_frame(Reading(words, 0, 1, 0.0, 10), read, 1) == 2 * (10 + 3 * 4 + 2) - 3


FIVE = tuple(Word(text, f"{text} ", " ") for text in ("ab", "kd", "ef", "ɡh", "ij"))
LENGTHS = (10, *[4, 4, 4] * 5, 10)


def read_five(hertz_of_words: tuple[float, ...], longer: int | None = None) -> FrontOutput:
    """FIVE, each word at a pitch of its own. longer: the word that lasts twice as long."""
    durations = np.array(LENGTHS)
    if longer is not None:
        durations[1 + 3 * longer : 4 + 3 * longer] *= 2
    ends = 2 * np.cumsum(durations)
    f0 = np.full(ends[-1], hertz_of_words[-1], np.float32)
    for word in reversed(range(5)):
        f0[: ends[3 * word + 3]] = hertz_of_words[word]
    return FrontOutput(durations, f0, np.ones_like(f0), NOTHING, NOTHING[0])


def test_a_reading_may_be_left_at_the_last_borders_of_what_is_decoded() -> None:
    assert possible_ends(Reading(FIVE, 0, 4, 0.0, 15)) == (1, 2, 3, 4)[-EARLIER - 1 :]
    assert possible_ends(Reading(FIVE, 2, 4, 0.0, 15)) == (3, 4), "one word is decoded at least"
    assert possible_ends(Reading(FIVE, 0, 5, 0.0, 15)) == (5,), "nothing follows"


def test_a_reading_is_not_left_inside_a_word_or_beside_a_sign_alone() -> None:
    inside = (Word("ab", "ab", ""), Word("kd", "kd ", " "), Word("—", "—", " "), *FIVE[2:])
    assert possible_ends(Reading(inside, 0, 4, 0.0, 15)) == (4,)


def test_a_reading_is_left_where_the_next_one_has_the_same_pitch() -> None:
    window, whole = Reading(FIVE, 0, 4, 0.0, 15), Reading(FIVE, 4, 5, 0.0, 15)
    front, later = read_five((100, 100, 100, 90, 80)), read_five((120, 100, 110, 110, 100))
    assert best_end(window, front, whole, later, (1, 2, 3, 4)) == 2


def test_a_reading_is_not_left_behind_a_word_that_it_draws_out() -> None:
    window, whole = Reading(FIVE, 0, 4, 0.0, 15), Reading(FIVE, 4, 5, 0.0, 15)
    front, later = read_five((100,) * 5, longer=3), read_five((102, 102, 100, 100, 100))
    assert best_end(window, front, whole, later, (2, 3, 4)) == 3
    assert best_end(window, read_five((100,) * 5), whole, later, (2, 3, 4)) == 4, "the control"


def test_the_latest_border_is_taken_where_all_agree() -> None:
    window, whole = Reading(FIVE, 0, 4, 0.0, 15), Reading(FIVE, 4, 5, 0.0, 15)
    same = read_five((100,) * 5)
    assert best_end(window, same, whole, same, (1, 2, 3, 4)) == 4


def test_only_words_that_the_next_reading_has_are_compared() -> None:
    window, short = Reading(FIVE, 0, 4, 0.0, 15), Reading(FIVE[3:], 1, 2, 0.0, 15)
    front = read_five((100, 100, 100, 90, 80))
    assert best_end(window, front, short, read_five((90, 80, 80, 80, 80)), (1, 2, 3, 4)) == 4
    assert best_end(window, front, replace(short, begin=0), front, (1, 2, 3, 4)) == 4


def test_pitch_goes_on_and_is_led_over() -> None:
    before = OpenEnd(front(hertz(200)), 60, 0.0)
    f0 = led_over(before, front(hertz(160)), 40)[0].f0
    assert f0[40] == pytest.approx(200, rel=0.01)
    assert f0[40 + LEAD_OVER] == pytest.approx(160)
    assert (np.diff(f0[40:]) <= 0).all()
    assert np.abs(12 * np.log2(f0[41:] / f0[40:-1])).max() < 0.5, "semitones a frame"


def test_without_leading_over_the_pitch_would_jump() -> None:
    """The control: what a listener would hear, 3.9 semitones."""
    assert 12 * np.log2(hertz(200)[59] / hertz(160)[40]) > 3.8


def test_energy_goes_on_and_is_led_over() -> None:
    before = OpenEnd(front(hertz(200), 6.0), 60, 0.0)
    energy = led_over(before, front(hertz(200), 5.0), 40)[0].energy
    assert energy[40] == pytest.approx(6.0, abs=0.02)
    assert energy[40 + LEAD_OVER] == 5.0


def test_what_is_unvoiced_stays_so() -> None:
    f0 = hertz(160)
    f0[38:45] = 0
    joined = led_over(OpenEnd(front(hertz(200)), 60, 0.0), front(f0), 40)[0].f0
    assert ((joined == 0) == (f0 == 0)).all()


def test_a_difference_that_is_no_difference_of_pitch_is_not_led_over() -> None:
    joined = led_over(OpenEnd(front(hertz(400)), 60, 0.0), front(hertz(100)), 40)[0].f0
    assert joined[40] <= 100 * 2 ** (6 / 12) + 0.1


CURVES = st.lists(st.sampled_from([0.0, 90.0, 140.0, 333.3]), min_size=30, max_size=60)


@given(CURVES, CURVES, st.integers(10, 25), st.integers(10, 25), st.floats(0, 1))
def test_the_phase_of_the_source_goes_on(
    a: list[float], b: list[float], left: int, entered: int, turns: float
) -> None:
    """The excitation before the join and behind it, of two readings that agree around it."""
    first, second = np.array(a, np.float32), np.array(b, np.float32)
    first[left - 2 : left + 2] = second[entered - 2 : entered + 2] = 150.0
    joined, started = led_over(OpenEnd(front(first), left, turns), front(second), entered)
    second = second.copy()
    source = HarmonicSource(np.full(9, 0.3, np.float32), 0.0)
    before = source.excitation(first, turns)[left * 300 : left * 300 + 150]
    behind = source.excitation(second, started)[entered * 300 : entered * 300 + 150]
    assert np.abs(before - behind).max() < 2e-3
    assert joined.durations is not None
    assert 0 <= started < 1


def test_the_phase_is_that_of_the_source() -> None:
    f0 = hertz(100, 20)
    assert phase_at(f0, 8) == pytest.approx(100 * 8 * 300 / 24_000 % 1.0 + 100 * 150 / 24_000)
