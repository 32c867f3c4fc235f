"""Where a reading begins and ends, how long its tail is, and how long the pause behind it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_prosody import prosody, with_energy
from onset.engine.audible_span import (
    LEAD,
    REST,
    SILENT_ENERGY,
    TAIL,
    FrameSpan,
    audible_span,
    pause_samples,
)
from onset.model.fake_backend import FakeBackend


def test_span_is_the_audible_part_with_its_margins() -> None:
    p = prosody(10)
    begin, end = 2 * FakeBackend.LEAD - LEAD, p.frames - 2 * FakeBackend.TAIL
    assert audible_span(p.energy) == FrameSpan(begin, end + TAIL, TAIL, 0)
    assert (
        audible_span(p.energy).first == begin * 300
        and audible_span(p.energy).length == (end + TAIL - begin) * 300
    )


def test_what_is_not_silent_rings_out() -> None:
    p = prosody(10)
    energy, end = p.energy.copy(), p.frames - 2 * FakeBackend.TAIL
    energy[end : end + 14] = -5.6
    span = audible_span(energy)
    assert (span.end, span.tail_frames) == (end + TAIL, 14 + REST - TAIL)
    assert span.tail == (14 + REST - TAIL) * 300


@pytest.mark.parametrize(("peak", "kept"), [(-8.4, True), (-8.6, False), (-8.8, False)])
def test_what_rises_once_more_is_kept(peak: float, kept: bool) -> None:
    """As in "Usually." by bf_isabella: the curve falls to silence, and rises by half a unit."""
    p = prosody(10)
    energy, end = p.energy.copy(), p.frames - 2 * FakeBackend.TAIL
    energy[end : end + 10] = np.linspace(-3.5, -9.0, 10)
    energy[end + 10 :] = -9.0
    energy[end + 13] = peak
    last = 14 if kept else int(np.flatnonzero(energy[end:] > SILENT_ENERGY)[-1]) + 1
    assert audible_span(energy).tail_frames == last + REST - TAIL


def test_span_keeps_everything_when_nothing_is_audible() -> None:
    p = prosody()
    silent = with_energy(p, np.full_like(p.energy, -9.5))
    assert audible_span(silent.energy) == FrameSpan(0, p.frames, 0, 0)


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 40))
def test_span_never_leaves_the_reading(tokens: int, shorter: int, noise: int) -> None:
    p = prosody(tokens)
    energy = p.energy.copy()
    energy[max(0, p.frames - shorter) :] = -6.0
    energy[max(0, p.frames - shorter) : max(0, p.frames - noise)] = 3.0
    span = audible_span(energy)
    assert 0 <= span.begin < span.end <= span.end + span.tail_frames <= p.frames
    assert 0 <= span.quiet <= TAIL


def test_a_pause_counts_what_is_kept_of_near_silence() -> None:
    assert pause_samples(0.25, FrameSpan(10, 90, 4, 0)) == 6000 - (4 + LEAD) * 300
    assert pause_samples(0.0, FrameSpan(10, 90, 0, 0)) == 0
