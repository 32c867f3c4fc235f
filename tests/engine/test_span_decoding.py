"""Steps of a decode: how large they are, when it is refined, and that they do not show."""

from collections.abc import Callable, Generator, Iterator
from itertools import repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_prosody import prosody, with_energy
from onset.engine.audible_span import FrameSpan, audible_span, joined_span
from onset.engine.dsp import FADE_IN, FADE_OUT
from onset.engine.playout_budget import PlayoutBudget
from onset.engine.span_decoding import (
    CONTEXT,
    FIRST_STEPS,
    JOINED_CONTEXT,
    STEP,
    StepSizes,
    decode,
    first_frame,
)
from onset.model.backend import STAGE_1_SHARE, AdainStatistics, Decoder, Prosody
from onset.model.fake_backend import FakeBackend, FakeDecoder
from onset.types import Floats, Halt, Pause


def audio(p: Prosody, size: int, span: FrameSpan | None = None) -> Floats:
    span = span or audible_span(p.energy)
    decoder = FakeBackend().decoder(p, None, first_frame(span), Halt())
    pieces = decode(decoder, p.frames, span, repeat(size), PlayoutBudget(1.0), predicted=0)
    return np.concatenate([piece for piece in pieces if not isinstance(piece, Pause)])


@given(st.integers(1, 40), st.integers(1, 60))
def test_samples_do_not_depend_on_the_steps(tokens: int, size: int) -> None:
    p = prosody(tokens)
    whole = audio(p, 10_000)
    span = audible_span(p.energy)
    assert len(whole) == span.length + span.tail
    assert (audio(p, size) == whole).all()


@given(st.integers(4, 20), st.integers(1, 60), st.data())
def test_a_decode_goes_on_where_another_span_of_it_ended(
    tokens: int, size: int, data: st.DataObject
) -> None:
    """So that a reading may be left behind a later word than was thought, at no cost."""
    p = prosody(tokens)
    kept = audible_span(p.energy)
    end = data.draw(st.integers(kept.begin + 10, kept.end - 10))
    until, behind = joined_span(kept, None, end), joined_span(kept, end, None)
    backend = FakeBackend()
    decoder, made = backend.decoder(p, None, first_frame(until), Halt()), None
    found = list[Floats]()
    for span in (until, behind):
        pieces = decode(
            decoder, p.frames, span, repeat(size), PlayoutBudget(1.0), predicted=0, made=made
        )
        one, made = _with_result(pieces)
        assert len(one) == span.length + span.tail
        found.append(one)
    mixed = np.concatenate([found[0][: until.length], found[1]])
    mixed[until.length : len(found[0])] += found[0][until.length :]
    assert mixed == pytest.approx(audio(p, size), abs=1e-6)


def _with_result(pieces: Generator[Floats | Pause, None, Floats]) -> tuple[Floats, Floats]:
    """All samples, and what was given behind their span."""
    samples = list[Floats]()
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            behind: Floats = end.value
            return np.concatenate(samples), behind
        if not isinstance(piece, Pause):
            samples.append(piece)


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


def asked(
    backend: Refining,
    budget: PlayoutBudget,
    predicted: int = 2,
    tokens: int = 60,
) -> list[str]:
    p = prosody(tokens)
    span = audible_span(p.energy)
    decoder = backend.decoder(p, None, first_frame(span), Halt())
    pieces = list(decode(decoder, p.frames, span, repeat(4), budget, predicted=predicted))
    assert sum(piece is Pause.TURN for piece in pieces) == backend.asked.count("refine")
    return backend.asked


def test_without_statistics_all_is_refined_before_the_first_step() -> None:
    order = asked(Refining(0.31, 0.54), PlayoutBudget(1.0), predicted=0)
    assert order[:3] == ["refine", "refine", "step"] and order.count("refine") == 2


def test_a_stage_may_be_refined_before_the_first_step() -> None:
    order = asked(Refining(0.31, 0.54), PlayoutBudget(1.0), predicted=1)
    assert order[:2] == ["refine", "step"] and order.count("refine") == 1


def test_a_stage_is_not_refined_behind_the_first_sound_where_there_is_no_time() -> None:
    now, later = PlayoutBudget(0.1, lambda: 60.0), PlayoutBudget(0.1, lambda: 0.0)
    for budget in (now, later):
        budget.produced(240_000)
    assert asked(Refining(0.31, 0.54), now, predicted=1)[0] == "refine"
    assert "refine" not in asked(Refining(0.31, 0.54), later, predicted=1)
    assert later.vetoed, "another time it may be made otherwise"


class InPieces(Refining):
    """Refines in four pieces, each in the log."""

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        return WrittenPieces(self, prosody, start, halt)


class WrittenPieces(Written):
    def refine(self) -> Iterator[None]:
        for _ in range(4):
            self._log.append("piece")
            yield
        self._predicted = self._predicted[1:]


def pieces(spare: Callable[[list[str]], float], predicted: int) -> list[str]:
    """What is done where a listener is ahead, and `spare` tells how far."""
    backend = InPieces(0.31)
    budget = PlayoutBudget(0.1, lambda: spare(backend.asked))
    budget.produced(240_000)
    p = prosody(60)
    span = audible_span(p.energy)
    decoder = backend.decoder(p, None, first_frame(span), Halt())
    list(decode(decoder, p.frames, span, repeat(4), budget, predicted=predicted))
    return backend.asked


def test_refining_makes_way_for_the_next_sound_and_goes_on_behind_it() -> None:
    def spare(done: list[str]) -> float:
        return 0.0 if done.count("piece") >= 2 and done.count("step") < 3 else 60.0

    order = pieces(spare, predicted=2)
    assert order[:8] == ["piece", "piece", "step", "step", "step", "piece", "piece", "step"]


def test_an_exact_decode_is_never_interrupted() -> None:
    order = pieces(lambda _: 0.0, predicted=0)
    assert order[:5] == ["piece"] * 4 + ["step"]


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


def test_what_fades_out_at_a_join_and_what_fades_in_are_the_whole_together() -> None:
    """The fake voice hums the same whatever it is decoded from."""
    p, flat = prosody(40), np.ones(prosody(40).frames, np.float32)
    whole, middle = audible_span(flat), 101
    p = with_energy(p, flat)
    before = audio(p, 16, joined_span(whole, None, middle))
    behind = audio(p, 16, joined_span(whole, middle, None))
    length = (middle - whole.begin) * 300
    mixed = np.concatenate([before, np.zeros(len(behind) - (len(before) - length), np.float32)])
    mixed[length:] += behind
    assert np.abs(mixed - audio(p, 16)).max() < 1e-6


def test_inside_a_sentence_decoding_begins_as_early_as_the_generator_looks_back() -> None:
    whole = audible_span(prosody(40).energy)
    assert first_frame(whole) == whole.begin - CONTEXT
    assert first_frame(joined_span(whole, 100, None)) == 100 - JOINED_CONTEXT


def test_an_answer_begins_with_small_steps() -> None:
    sizes = StepSizes()
    assert [next(sizes) for _ in FIRST_STEPS] == list(FIRST_STEPS)
    assert next(sizes) == STEP


def test_first_steps_leave_the_listener_ahead() -> None:
    """At (14 + 6 n) ms a step, each costs at most three quarters of what is ahead."""
    ahead = (FIRST_STEPS[0] - CONTEXT) * 12.5 + 4.8  # the first step gives 115 samples more
    for frames in (*FIRST_STEPS[1:], STEP, STEP):
        cost = 14 + 6 * frames
        assert cost <= 0.75 * ahead
        ahead += 12.5 * frames - cost
