"""How much audio the listener has ahead, counted without a clock, at a pace measured once."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import fake_engine
from onset.engine.playout_budget import (
    MARGIN,
    PACES,
    RESERVE,
    MachinePace,
    PlayoutBudget,
    pace_class,
)
from onset.model.fake_backend import FakeBackend
from onset.trace import Trace
from onset.types import Halt

SECOND = 24_000
FRAMES = 80
"""A second, in decoder frames."""


def test_nothing_is_afforded_before_the_first_sound() -> None:
    budget = PlayoutBudget(0.1)
    budget.spend(1.0, FRAMES)
    assert not budget.affords(0.0, 0)


def test_what_the_listener_has_buffered_can_be_spent() -> None:
    budget = PlayoutBudget(0.5)
    budget.spend(1.0, 10 * FRAMES)  # free: the first sound is not out yet
    budget.produced(SECOND)
    most = int((1.0 - RESERVE) / 0.5 * FRAMES)
    assert budget.affords(1.0, most) and not budget.affords(1.0, most + 1)
    budget.spend(1.0, FRAMES)
    assert budget.affords(1.0, most - FRAMES) and not budget.affords(1.0, most - FRAMES + 1)


def test_a_part_of_the_work_costs_its_share() -> None:
    budget = PlayoutBudget(0.5)
    budget.produced(SECOND)
    most = int((1.0 - RESERVE) / 0.5 * FRAMES)
    assert budget.affords(0.25, 4 * most) and not budget.affords(0.25, 4 * most + 4)


def test_small_steps_cost_more() -> None:
    few, many = PlayoutBudget(0.5), PlayoutBudget(0.5)
    for budget, count in ((few, 1), (many, 8)):
        budget.produced(SECOND)
        budget.spend(1.0, FRAMES, count)
    most = int((0.5 - RESERVE - 0.5 * 0.02) / 0.5 * FRAMES)
    assert few.affords(1.0, most - 1) and not many.affords(1.0, most - 1)


def test_nothing_is_afforded_that_another_request_has_no_time_for() -> None:
    spare = [math.inf]
    budget = PlayoutBudget(0.1, lambda: spare[0])
    budget.produced(SECOND)
    assert budget.affords(1.0, FRAMES)
    spare[0] = 0.1
    assert not budget.affords(1.0, FRAMES)
    spare[0] = 0.1 + RESERVE + 1e-9
    assert budget.affords(1.0, FRAMES)


def test_a_step_is_urgent_where_nothing_else_fits_before_it() -> None:
    spare = [math.inf]
    budget = PlayoutBudget(0.1, lambda: spare[0])
    assert not budget.urgent(0.85, 16), "nobody hears anything yet"
    budget.produced(SECOND)
    assert not budget.urgent(0.85, 16)
    spare[0] = 0.1 * (0.85 * 0.2 + 0.02) + RESERVE - 1e-9
    assert budget.urgent(0.85, 16) and budget.vetoed
    assert not PlayoutBudget(0.1).urgent(0.85, 16)


def test_all_work_is_counted_also_before_the_first_sound() -> None:
    trace = Trace()
    budget = PlayoutBudget(0.1, trace=trace)
    budget.spend(0.5, 2 * FRAMES)
    budget.produced(SECOND)
    budget.spend(0.25, FRAMES)
    budget.count(0.25, FRAMES)
    assert trace.counted == pytest.approx(0.15)
    assert budget.ahead == pytest.approx(1 - 0.025)


def test_after_a_reset_work_is_free_until_the_next_sound() -> None:
    budget = PlayoutBudget(0.1)
    budget.produced(10 * SECOND)
    budget.reset()
    assert not budget.affords(0.1, 1)
    budget.produced(SECOND)
    assert budget.affords(0.1, FRAMES)


@given(st.lists(st.integers(1, 16), min_size=1, max_size=200))
def test_a_machine_that_only_keeps_up_never_affords_a_segment(steps: list[int]) -> None:
    budget = PlayoutBudget(1.0)
    for frames in steps:
        budget.spend(0.85, frames, 1)
        budget.produced(300 * frames)
    assert not budget.affords(0.31, 8 * sum(steps) + 80)


class Paced(FakeBackend):
    def __init__(self, *measured: float) -> None:
        super().__init__()
        self._measured = list(measured)

    def pace(self, halt: Halt) -> float:
        return self._measured.pop(0)


@pytest.mark.parametrize(
    ("measured", "pace"),
    [
        *[(0.1, 0.12), (0.12, 0.25), (0.25 / MARGIN, 0.25), (0.24, 0.4)],
        *[(0.6, 0.7), (0.69, 1.0), (3.0, 1.0)],
    ],
)
def test_a_measured_pace_is_rounded_up(measured: float, pace: float) -> None:
    assert pace_class(measured) == pace
    assert pace in (*PACES, 1.0)


def test_an_engine_takes_the_pace_of_its_backend() -> None:
    assert fake_engine(backend=Paced(0.24)).pace == 0.4
    assert fake_engine().pace == 1.0


def test_a_faster_pace_counts_at_once_and_a_slower_one_when_two_say_so() -> None:
    pace = MachinePace(Paced(0.9, 0.3, 0.6, 0.2, 0.6, 0.9, 0.2), None)
    seen = [pace.value]
    for expected in (0.3, 0.6, 0.2, 0.6, 0.9, 0.2):
        assert pace.measure(Halt()) == expected
        seen.append(pace.value)
    assert seen == [1.0, 0.4, 0.4, 0.25, 0.25, 1.0, 0.25]


def test_a_pace_that_is_set_stays() -> None:
    pace = MachinePace(Paced(0.9, 0.9), 0.4)
    assert [pace.measure(Halt()), pace.measure(Halt())] == [0.9, 0.9]
    assert pace.value == 0.4


def test_a_veto_is_noted_only_where_the_budget_would_have_afforded_it() -> None:
    budget = PlayoutBudget(0.1, lambda: 0.0)
    budget.produced(SECOND)
    assert not budget.affords(1.0, 100 * FRAMES) and not budget.vetoed, "too much for anybody"
    assert not budget.affords(1.0, FRAMES) and budget.vetoed
    alone = PlayoutBudget(0.1, lambda: 9.0)
    alone.produced(SECOND)
    assert alone.affords(1.0, FRAMES) and not alone.vetoed
