"""What the listener has before him, counted without a clock."""

import math

from hypothesis import given
from hypothesis import strategies as st

from onset.engine.playout_budget import RESERVE, PlayoutBudget

SECOND = 24_000
FRAMES = 80
"""A second, in decoder frames."""


def test_nothing_is_afforded_before_the_first_sound() -> None:
    lead = PlayoutBudget(0.1)
    lead.works(1.0, FRAMES)
    assert not lead.affords(0.0, 0)


def test_what_is_before_the_listener_is_what_can_be_spent() -> None:
    lead = PlayoutBudget(0.5)
    lead.works(1.0, 10 * FRAMES)  # nobody hears that he waits for the first sound
    lead.hears(SECOND)
    most = int((1.0 - RESERVE) / 0.5 * FRAMES)
    assert lead.affords(1.0, most) and not lead.affords(1.0, most + 1)
    lead.works(1.0, FRAMES)
    assert lead.affords(1.0, most - FRAMES) and not lead.affords(1.0, most - FRAMES + 1)


def test_a_part_of_the_work_costs_its_share() -> None:
    lead = PlayoutBudget(0.5)
    lead.hears(SECOND)
    most = int((1.0 - RESERVE) / 0.5 * FRAMES)
    assert lead.affords(0.25, 4 * most) and not lead.affords(0.25, 4 * most + 4)


def test_small_steps_cost_more() -> None:
    few, many = PlayoutBudget(0.5), PlayoutBudget(0.5)
    for lead, count in ((few, 1), (many, 8)):
        lead.hears(SECOND)
        lead.works(1.0, FRAMES, count)
    most = int((0.5 - RESERVE - 0.5 * 0.02) / 0.5 * FRAMES)
    assert few.affords(1.0, most - 1) and not many.affords(1.0, most - 1)


def test_somebody_else_may_need_the_engine() -> None:
    spare = [math.inf]
    lead = PlayoutBudget(0.1, lambda: spare[0])
    lead.hears(SECOND)
    assert lead.affords(1.0, FRAMES)
    spare[0] = 0.1
    assert not lead.affords(1.0, FRAMES)
    spare[0] = 0.1 + RESERVE + 1e-9
    assert lead.affords(1.0, FRAMES)


def test_after_a_wait_the_first_sound_comes_anew() -> None:
    lead = PlayoutBudget(0.1)
    lead.hears(10 * SECOND)
    lead.ends()
    assert not lead.affords(0.1, 1)
    lead.hears(SECOND)
    assert lead.affords(0.1, FRAMES)


@given(st.lists(st.integers(1, 16), min_size=1, max_size=200))
def test_a_machine_that_only_keeps_up_never_affords_a_segment(steps: list[int]) -> None:
    lead = PlayoutBudget(1.0)
    for frames in steps:
        lead.works(0.85, frames, 1)
        lead.hears(300 * frames)
    assert not lead.affords(0.31, 8 * sum(steps) + 80)
