"""Joins of two readings: where they are, and that pitch, energy and phase go on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.engine.joins import LEAD_OVER, OpenEnd, border_frame, led_over
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
