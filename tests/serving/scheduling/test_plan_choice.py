"""Which plan an answer gets: what was asked for, or what keeps the promise now."""

from contextlib import nullcontext

import pytest

from fakes import STREAMING, OneStudent, fake_engine, predictor, scheduling, words
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import Busy
from onset.model.fake_backend import FakeBackend
from onset.model.students import Students
from onset.serving.scheduling.plan_choice import GOOD, IDLE, MISSED, PlanChoice
from onset.serving.scheduling.scheduler import Scheduler
from onset.trace import Trace
from onset.types import Mode, PlanName, Request
from speaking import Clock, listen, soon

SENTENCE = "The results of the election will be announced tomorrow at noon."


def engine(pace: float = 0.25, delay: float = 0.0) -> Engine:
    """An engine of a certain pace, with a student of af_heart."""
    return Engine(
        load_settings({}, pace=pace),
        backend=FakeBackend(delay),
        words=words,
        predictor=predictor(),
        students=Students(OneStudent),
    )


def candidates(
    choice: PlanChoice,
    plan: Mode | None = None,
    *,
    voice: str = "af_heart",
    pace: float = 0.1,
    listeners: int = 0,
    background: bool = False,
    slowness: float = 1.0,
) -> list[PlanName]:
    """What is tried for a sentence."""
    request = Request(SENTENCE, voice, plan=plan)
    return choice.candidates(engine(pace), request, background, listeners, slowness)


def test_what_was_asked_for_is_tried_first_and_then_the_fast_voice() -> None:
    choice = PlanChoice("balanced")
    assert candidates(choice) == ["balanced", "fast"]
    assert candidates(choice, "quality") == ["quality", "fast"]
    assert candidates(choice, "fast") == ["fast"]


def test_no_one_falls_back_without_a_student_or_leave() -> None:
    assert candidates(PlanChoice("balanced"), voice="am_michael") == ["balanced"]
    assert candidates(PlanChoice("balanced", fallback=False)) == ["balanced"]


def test_what_is_to_be_exact_is_never_made_otherwise() -> None:
    choice = PlanChoice("fast")
    assert candidates(choice, "exact") == ["exact"]
    assert choice.candidates(engine(), Request(SENTENCE, exact=True), False, 0) == ["exact"]
    assert candidates(choice, background=True) == ["exact"]
    assert candidates(choice, "fast", background=True) == ["fast"]


def test_a_fast_server_speaks_other_voices_as_usual() -> None:
    assert candidates(PlanChoice("fast"), voice="am_michael") == ["balanced"]


@pytest.mark.parametrize(
    ("pace", "listeners", "best"),
    [(0.05, 0, "quality"), (0.25, 0, "quality"), (0.4, 0, "balanced"), (0.25, 1, "balanced")],
)
def test_auto_takes_the_best_that_is_predicted_in_time(
    pace: float, listeners: int, best: PlanName
) -> None:
    assert candidates(PlanChoice("auto"), pace=pace, listeners=listeners)[0] == best


@pytest.mark.parametrize(
    ("slowness", "best"), [(1.0, "quality"), (2.0, "quality"), (2.5, "balanced"), (7.0, "fast")]
)
def test_auto_takes_what_is_in_time_on_the_machine_as_it_is_now(
    slowness: float, best: PlanName
) -> None:
    assert candidates(PlanChoice("auto"), pace=0.12, slowness=slowness)[0] == best
    asked = candidates(PlanChoice("auto"), "quality", pace=0.12, slowness=slowness)
    assert asked[0] == "quality", "what was asked for stays"


def test_auto_takes_no_plan_that_cannot_keep_up() -> None:
    assert candidates(PlanChoice("auto"), pace=1.0) == ["fast"], "though its first sound is soon"
    assert candidates(PlanChoice("auto"), pace=0.7)[0] == "balanced"


def test_auto_takes_the_fast_voice_where_nothing_else_is_in_time() -> None:
    assert candidates(PlanChoice("auto"), pace=0.7, listeners=30) == ["fast"]
    slow = candidates(PlanChoice("auto"), pace=0.7, listeners=30, voice="am_michael")
    assert slow == ["balanced"]


def test_a_broken_promise_goes_a_step_down_and_kept_ones_up_again() -> None:
    choice = PlanChoice("auto", clock=Clock())
    for _ in range(MISSED - 1):
        choice.note(True)
    assert choice.down == 0
    choice.note(True)
    assert choice.down == 1
    assert candidates(choice) == ["balanced", "fast"]
    for _ in range(GOOD - 1):
        choice.note(False)
    assert choice.down == 1
    choice.note(False)
    assert choice.down == 0


def test_only_the_last_twenty_count() -> None:
    choice = PlanChoice("auto", clock=Clock())
    for number in range(200):
        choice.note(number % 5 == 0)
    assert choice.down == 0, "four of any twenty"


def test_it_never_goes_below_the_last_plan() -> None:
    choice = PlanChoice("auto", clock=Clock())
    for _ in range(10 * MISSED):
        choice.note(True)
    assert candidates(choice) == ["fast"]
    assert candidates(choice, voice="am_michael") == ["balanced"]


def test_nothing_is_held_against_the_plans_when_nobody_asked_for_a_while() -> None:
    clock = Clock()
    choice = PlanChoice("auto", clock=clock)
    for _ in range(MISSED):
        choice.note(True)
    clock.now += IDLE
    assert choice.down == 1
    clock.now += 1
    assert choice.down == 0


def overloaded(scheduler: Scheduler) -> None:
    """Kokoro has more to do than it can, and the student has not."""
    worker = scheduler._workers[0]
    worker.capacity.work.add(0.9, 1.0)


@pytest.mark.parametrize("voice", STREAMING)
def test_who_would_be_refused_is_served_by_the_fast_voice(voice: str) -> None:
    async def crowd(scheduler: Scheduler) -> tuple[str, str]:
        overloaded(scheduler)
        first = scheduler.open(Request(SENTENCE * 20, voice), Trace())
        expected = nullcontext() if voice == "af_heart" else pytest.raises(Busy)
        second = first
        with expected:
            second = scheduler.open(Request(SENTENCE, voice), Trace())
            await listen(second)
        first.close()
        return first.plan.name, second.plan.name

    with scheduling(engine(delay=0.01)) as scheduler:
        first, second = soon(crowd(scheduler))
    assert first == "balanced"
    assert second == ("fast" if voice == "af_heart" else "balanced")


def test_without_students_all_is_as_it_was() -> None:
    assert PlanChoice("balanced").candidates(fake_engine(), Request(SENTENCE), False, 0) == [
        "balanced"
    ]


def test_a_text_that_is_written_in_several_voices_is_not_fast() -> None:
    found = PlanChoice("auto").candidates(engine(), Request("", turns=("bf_emma",)), False, 0)
    assert "fast" not in found
