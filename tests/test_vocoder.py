"""Where a segment begins and ends, its fades, and that the steps do not show."""

from itertools import repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.model import FakeBackend, Prosody
from onset.types import Floats, Halt
from onset.vocoder import (
    CONTEXT,
    FADE_IN,
    FADE_OUT,
    FIRST_STEPS,
    LEAD,
    STEP,
    TAIL,
    span,
    split,
    steps,
    vocode,
)


def prosody(tokens: int = 10) -> Prosody:
    backend = FakeBackend()
    front = backend.front(tuple(range(1, tokens + 1)), np.zeros((1, 256), np.float32), 1.0, Halt())
    return backend.trunk(front, Halt())


def audio(p: Prosody, size: int) -> Floats:
    return np.concatenate(list(vocode(FakeBackend(), p, None, repeat(size), Halt())))


def test_span_is_the_audible_part_with_its_margins() -> None:
    p = prosody(10)
    assert span(p) == (2 * FakeBackend.LEAD - LEAD, p.frames - 2 * FakeBackend.TAIL + TAIL)


def test_span_keeps_everything_when_nothing_is_audible() -> None:
    p = prosody()
    silent = Prosody(p.durations, p.f0, np.full_like(p.energy, -9.5), p.trunk, p.source, p.style)
    assert span(silent) == (0, p.frames)


@given(st.integers(1, 40), st.integers(1, 60))
def test_samples_do_not_depend_on_the_steps(tokens: int, size: int) -> None:
    p = prosody(tokens)
    begin, end = span(p)
    whole = audio(p, 10_000)
    assert len(whole) == (end - begin) * 300
    assert (audio(p, size) == whole).all()


def test_both_ends_are_faded_and_the_middle_is_untouched() -> None:
    p = prosody()
    flat = Prosody(p.durations, p.f0, np.ones_like(p.energy), p.trunk, p.source, p.style)
    faded = audio(flat, 16)
    raw = FakeBackend().decoder(flat, None, 0, Halt()).step(10_000)
    assert abs(faded[0]) < 0.01 * 0.2 and abs(faded[-1]) < 0.01 * 0.2
    assert (faded[FADE_IN:-FADE_OUT] == raw[FADE_IN:-FADE_OUT]).all()


def test_an_answer_begins_with_small_steps_and_later_segments_do_not() -> None:
    first, later = steps(first=True), steps(first=False)
    assert [next(first) for _ in FIRST_STEPS] == list(FIRST_STEPS)
    assert next(first) == next(later) == STEP


def test_first_steps_leave_the_listener_ahead() -> None:
    """At (14 + 6 n) ms a step, each costs at most three quarters of what is ahead."""
    ahead = (FIRST_STEPS[0] - CONTEXT) * 12.5 + 4.8  # the first step gives 115 samples more
    for frames in (*FIRST_STEPS[1:], STEP, STEP):
        cost = 14 + 6 * frames
        assert cost <= 0.75 * ahead
        ahead += 12.5 * frames - cost


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (5, [5]), (12, [5, 5, 2])])
def test_split(count: int, sizes: list[int]) -> None:
    assert [len(piece) for piece in split(np.zeros(count, np.float32), 5)] == sizes
