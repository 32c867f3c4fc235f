"""Steps of one segment: how large they are, when it is refined, and that they do not show."""

from collections.abc import Iterator
from itertools import repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_prosody import prosody, with_energy
from onset.engine.audible_span import audible_span
from onset.engine.dsp import FADE_IN, FADE_OUT
from onset.engine.playout_budget import PlayoutBudget
from onset.engine.segment_decoder import CONTEXT, FIRST_STEPS, STEP, decode_segment, step_sizes
from onset.model.backend import STAGE_1_SHARE, AdainStatistics, Decoder, Prosody
from onset.model.fake_backend import FakeBackend, FakeDecoder
from onset.types import Floats, Halt, Pause


def audio(p: Prosody, size: int) -> Floats:
    pieces = decode_segment(
        FakeBackend(), p, audible_span(p), None, repeat(size), PlayoutBudget(1.0), Halt()
    )
    return np.concatenate([piece for piece in pieces if not isinstance(piece, Pause)])


@given(st.integers(1, 40), st.integers(1, 60))
def test_samples_do_not_depend_on_the_steps(tokens: int, size: int) -> None:
    p = prosody(tokens)
    whole = audio(p, 10_000)
    assert len(whole) == audible_span(p).length + audible_span(p).tail
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
    def unrefined_shares(self) -> tuple[float, ...]:
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
    budget: PlayoutBudget,
    statistics: AdainStatistics | None = KNOWN,
    tokens: int = 60,
) -> list[str]:
    p = prosody(tokens)
    pieces = list(
        decode_segment(backend, p, audible_span(p), statistics, repeat(4), budget, Halt())
    )
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
    budget = PlayoutBudget(0.1)
    budget.produced(240_000)
    assert asked(Refining(0.31, 0.54), budget)[:3] == ["refine", "refine", "step"]


def test_stage_1_is_not_decoded_twice_for_what_is_nearly_over() -> None:
    budget = PlayoutBudget(0.4)  # which affords it only towards the end
    order = asked(Refining(0.31, 0.54), budget)
    assert order.count("refine") == 1


@pytest.mark.parametrize(
    ("pace", "tokens", "heard", "refined"),
    [(0.25, 60, 29, 1), (0.4, 60, 29, 0), (0.4, 60, 1, 1), (0.4, 10, 8, 1)],
)
def test_a_slow_machine_does_not_do_twice_what_was_mostly_heard(
    pace: float, tokens: int, heard: int, refined: int
) -> None:
    """Of 416 frames 116 were heard, or 4; of a word's 116 frames, 32: little work anyway."""
    backend = Refining(STAGE_1_SHARE)
    budget = PlayoutBudget(pace, lambda: 60.0 if backend.asked.count("step") >= heard else 0.0)
    budget.produced(240_000)
    assert asked(backend, budget, tokens=tokens).count("refine") == refined


def test_both_ends_are_faded_and_the_middle_is_untouched() -> None:
    p = prosody()
    flat = with_energy(p, np.ones_like(p.energy))
    faded = audio(flat, 16)
    raw = FakeBackend().decoder(flat, None, 0, Halt()).step(10_000)
    assert abs(faded[0]) < 1e-4 * 0.2 and abs(faded[-1]) < 1e-4 * 0.2
    assert (faded[FADE_IN:-FADE_OUT] == raw[FADE_IN:-FADE_OUT]).all()


def test_an_answer_begins_with_small_steps_and_later_segments_do_not() -> None:
    first, later = step_sizes(first=True), step_sizes(first=False)
    assert [next(first) for _ in FIRST_STEPS] == list(FIRST_STEPS)
    assert next(first) == next(later) == STEP


def test_first_steps_leave_the_listener_ahead() -> None:
    """At (14 + 6 n) ms a step, each costs at most three quarters of what is ahead."""
    ahead = (FIRST_STEPS[0] - CONTEXT) * 12.5 + 4.8  # the first step gives 115 samples more
    for frames in (*FIRST_STEPS[1:], STEP, STEP):
        cost = 14 + 6 * frames
        assert cost <= 0.75 * ahead
        ahead += 12.5 * frames - cost
