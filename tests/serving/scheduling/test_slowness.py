"""How much longer work takes than counted: soon believed, slowly forgotten."""

import pytest

from onset.serving.scheduling.slowness import FALLING, IDLE, RISING, Slowness
from speaking import Clock


def worked(slowness: Slowness, counted: float, times: float) -> float:
    """Its value after so much counted work, in turns, that took `times` as long."""
    turns = round(counted / 0.02)
    for _ in range(turns):
        slowness.add(times * 0.02, 0.02)
    return slowness.value


def test_nothing_is_slow_before_it_was_measured() -> None:
    assert Slowness(Clock()).value == 1.0


@pytest.mark.parametrize("times", [0.3, 0.9, 1.0])
def test_a_machine_is_never_faster_than_its_pace(times: float) -> None:
    assert worked(Slowness(Clock()), 10.0, times) == 1.0


def test_it_rises_within_a_sentence_and_falls_over_answers() -> None:
    slowness = Slowness(Clock())
    assert worked(slowness, FALLING, 1.0) == pytest.approx(1.0)
    assert worked(slowness, 2 * RISING, 3.0) > 2.3
    assert worked(slowness, 2 * RISING, 1.0) > 1.2, "one good sentence proves nothing"
    assert worked(slowness, 6 * FALLING, 1.0) < 1.05


def test_one_long_turn_is_not_a_slow_machine() -> None:
    slowness = Slowness(Clock())
    worked(slowness, FALLING, 1.0)
    slowness.add(0.1, 0.02)
    assert slowness.value < 1.5


def test_work_that_was_counted_before_it_is_done_does_not_confuse_it() -> None:
    slowness = Slowness(Clock())
    slowness.add(0.05, 1.0)  # the first piece of a refinement, which is counted whole
    for _ in range(19):
        slowness.add(0.05, 0.0)
    assert slowness.value == pytest.approx(1.0, abs=0.05)


def test_what_was_slow_is_forgotten_when_nobody_came_for_a_while() -> None:
    clock = Clock()
    slowness = Slowness(clock)
    before = worked(slowness, FALLING, 2.0)
    clock.now += IDLE
    assert slowness.value == before > 1.5
    clock.now += 1
    assert slowness.value == 1.0
    assert worked(slowness, 0.1, 1.0) == pytest.approx(1.0)


def test_another_pace_begins_anew() -> None:
    slowness = Slowness(Clock())
    worked(slowness, FALLING, 2.0)
    slowness.forget()
    assert slowness.value == 1.0
