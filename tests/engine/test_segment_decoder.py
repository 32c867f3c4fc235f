"""Where a segment begins and ends, its fades, and that the steps do not show."""

from collections.abc import Iterator
from itertools import repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.engine.playout_budget import PlayoutBudget
from onset.engine.segment_decoder import (
    CEILING,
    CONTEXT,
    FADE_IN,
    FADE_OUT,
    FIRST_STEPS,
    KNEE,
    LEAD,
    REST,
    SILENT_ENERGY,
    STEP,
    TAIL,
    FrameSpan,
    limited,
    silence,
    span,
    split,
    steps,
    vocode,
)
from onset.model.backend import AdainStatistics, Decoder, Prosody
from onset.model.costs import STAGE_1
from onset.model.fake_backend import FakeBackend, FakeDecoder
from onset.types import Floats, Halt, Pause


def prosody(tokens: int = 10) -> Prosody:
    backend = FakeBackend()
    front = backend.front(tuple(range(1, tokens + 1)), np.zeros((1, 256), np.float32), 1.0, Halt())
    return backend.trunk(front, Halt())


def audio(p: Prosody, size: int) -> Floats:
    pieces = vocode(FakeBackend(), p, span(p), None, repeat(size), PlayoutBudget(1.0), Halt())
    return np.concatenate([piece for piece in pieces if not isinstance(piece, Pause)])


def with_energy(p: Prosody, energy: Floats) -> Prosody:
    return Prosody(p.durations, p.f0, energy, p.trunk, p.source, p.style)


def test_span_is_the_audible_part_with_its_margins() -> None:
    p = prosody(10)
    begin, end = 2 * FakeBackend.LEAD - LEAD, p.frames - 2 * FakeBackend.TAIL
    assert span(p) == FrameSpan(begin, end + TAIL, TAIL, 0)
    assert span(p).first == begin * 300 and span(p).length == (end + TAIL - begin) * 300


def test_what_is_not_silent_rings_out() -> None:
    p = prosody(10)
    energy, end = p.energy.copy(), p.frames - 2 * FakeBackend.TAIL
    energy[end : end + 14] = -5.6
    place = span(with_energy(p, energy))
    assert (place.end, place.ringing) == (end + TAIL, 14 + REST - TAIL)
    assert place.tail == (14 + REST - TAIL) * 300


@pytest.mark.parametrize(("peak", "kept"), [(-8.4, True), (-8.6, False), (-8.8, False)])
def test_what_rises_once_more_is_kept(peak: float, kept: bool) -> None:
    """As in "Usually." by bf_isabella: the curve falls to silence, and rises by half a unit."""
    p = prosody(10)
    energy, end = p.energy.copy(), p.frames - 2 * FakeBackend.TAIL
    energy[end : end + 10] = np.linspace(-3.5, -9.0, 10)
    energy[end + 10 :] = -9.0
    energy[end + 13] = peak
    last = 14 if kept else int(np.flatnonzero(energy[end:] > SILENT_ENERGY)[-1]) + 1
    assert span(with_energy(p, energy)).ringing == last + REST - TAIL


def test_span_keeps_everything_when_nothing_is_audible() -> None:
    p = prosody()
    silent = with_energy(p, np.full_like(p.energy, -9.5))
    assert span(silent) == FrameSpan(0, p.frames, 0, 0)


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 40))
def test_span_never_leaves_the_segment(tokens: int, shorter: int, noise: int) -> None:
    p = prosody(tokens)
    energy = p.energy.copy()
    energy[max(0, p.frames - shorter) :] = -6.0
    energy[max(0, p.frames - shorter) : max(0, p.frames - noise)] = 3.0
    place = span(with_energy(p, energy))
    assert 0 <= place.begin < place.end <= place.end + place.ringing <= p.frames
    assert 0 <= place.quiet <= TAIL


def test_a_pause_counts_what_is_kept_of_near_silence() -> None:
    assert silence(0.25, FrameSpan(10, 90, 4, 0)) == 6000 - (4 + LEAD) * 300
    assert silence(0.0, FrameSpan(10, 90, 0, 0)) == 0


@given(st.integers(1, 40), st.integers(1, 60))
def test_samples_do_not_depend_on_the_steps(tokens: int, size: int) -> None:
    p = prosody(tokens)
    whole = audio(p, 10_000)
    assert len(whole) == span(p).length + span(p).tail
    assert (audio(p, size) == whole).all()


class Refining(FakeBackend):
    """Says it predicts two parts, and writes down what it is asked to do."""

    def __init__(self, *predicted: float) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.predicted = predicted

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        return Written(self, prosody, start, halt)


class Written(FakeDecoder):
    def __init__(self, backend: Refining, prosody: Prosody, start: int, halt: Halt) -> None:
        super().__init__(backend, prosody, start, halt)
        self._log, self._predicted = backend.asked, backend.predicted

    @property
    def predicted(self) -> tuple[float, ...]:
        return self._predicted

    def refine(self) -> Iterator[None]:
        self._log.append("refine")
        yield
        self._predicted = self._predicted[1:]

    def step(self, frames: int) -> Floats:
        self._log.append("step")
        return super().step(frames)


KNOWN = AdainStatistics(np.zeros(1, np.float32), np.ones(1, np.float32))


def asked(
    backend: Refining,
    lead: PlayoutBudget,
    statistics: AdainStatistics | None = KNOWN,
    tokens: int = 60,
) -> list[str]:
    p = prosody(tokens)
    pieces = list(vocode(backend, p, span(p), statistics, repeat(4), lead, Halt()))
    assert sum(piece is Pause.TURN for piece in pieces) == backend.asked.count("refine")
    return backend.asked


def test_without_statistics_all_is_refined_before_the_first_step() -> None:
    order = asked(Refining(0.31, 0.54), PlayoutBudget(1.0), statistics=None)
    assert order[:3] == ["refine", "refine", "step"] and order.count("refine") == 2


def test_a_slow_machine_refines_nothing() -> None:
    assert "refine" not in asked(Refining(0.31, 0.54), PlayoutBudget(1.0))


def test_a_fast_machine_refines_when_it_has_made_enough() -> None:
    order = asked(Refining(0.31, 0.54), PlayoutBudget(0.05))
    assert order[0] == "step" and order.count("refine") == 2
    fast, slow = (
        order.index("refine"),
        asked(Refining(0.31, 0.54), PlayoutBudget(0.2)).index("refine"),
    )
    assert fast < slow


def test_a_lead_from_before_refines_first() -> None:
    lead = PlayoutBudget(0.1)
    lead.hears(240_000)
    assert asked(Refining(0.31, 0.54), lead)[:3] == ["refine", "refine", "step"]


def test_stage_1_is_not_decoded_twice_for_what_is_nearly_over() -> None:
    lead = PlayoutBudget(0.4)  # which affords it only towards the end
    order = asked(Refining(0.31, 0.54), lead)
    assert order.count("refine") == 1


@pytest.mark.parametrize(
    ("pace", "tokens", "heard", "refined"),
    [(0.25, 60, 29, 1), (0.4, 60, 29, 0), (0.4, 60, 1, 1), (0.4, 10, 8, 1)],
)
def test_a_slow_machine_does_not_do_twice_what_was_mostly_heard(
    pace: float, tokens: int, heard: int, refined: int
) -> None:
    """Of 416 frames 116 were heard, or 4; of a word's 116 frames, 32: little work anyway."""
    backend = Refining(STAGE_1)
    lead = PlayoutBudget(pace, lambda: 60.0 if backend.asked.count("step") >= heard else 0.0)
    lead.hears(240_000)
    assert asked(backend, lead, tokens=tokens).count("refine") == refined


def test_both_ends_are_faded_and_the_middle_is_untouched() -> None:
    p = prosody()
    flat = with_energy(p, np.ones_like(p.energy))
    faded = audio(flat, 16)
    raw = FakeBackend().decoder(flat, None, 0, Halt()).step(10_000)
    assert abs(faded[0]) < 1e-4 * 0.2 and abs(faded[-1]) < 1e-4 * 0.2
    assert (faded[FADE_IN:-FADE_OUT] == raw[FADE_IN:-FADE_OUT]).all()


@given(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=50))
def test_what_is_too_loud_is_bent_and_keeps_its_order(values: list[float]) -> None:
    given_samples = np.sort(np.array(values, np.float32))
    bent = limited(given_samples)
    quiet = np.abs(given_samples) <= KNEE
    assert (bent[quiet] == given_samples[quiet]).all()
    assert (np.abs(bent) <= CEILING + 1e-6).all() and (np.diff(bent) >= 0).all()
    assert (np.sign(bent) == np.sign(given_samples)).all()


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
