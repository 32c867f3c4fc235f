"""Steps that wait are computed together, and nobody's fault is another's."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onset.errors import Halted, ModelError
from onset.model.decoding.step_batch import LeftStep, StepBatch
from onset.types import Halt

MOST = 3


def is_bad(value: int) -> bool:
    """An input that makes the run of it fail, whoever else is in it."""
    return value % 10 == 7


@dataclass
class Doubling:
    """A fake step: twice its input. runs: the inputs of each run."""

    runs: list[list[int]] = field(default_factory=list)

    def __call__(self, given: Sequence[int], halt: Halt) -> list[int]:
        assert not halt.is_set
        self.runs.append(list(given))
        if any(map(is_bad, given)):
            raise ModelError("7 is bad")
        return [2 * value for value in given]


def test_who_comes_first_computes_for_all_with_the_same_shapes() -> None:
    double = Doubling()
    batch = StepBatch(double, MOST)
    steps = [
        batch.leave(shapes, value, Halt()) for shapes, value in zip("aba", (1, 2, 3), strict=True)
    ]
    assert batch.result(steps[0]) == 2
    assert double.runs == [[1, 3]]
    assert [batch.result(step) for step in steps] == [2, 4, 6]
    assert double.runs == [[1, 3], [2]]


def test_what_stops_one_stops_no_other_and_all_together_stop_the_run() -> None:
    halts, seen = [Halt(), Halt()], list[bool]()

    def compute(given: Sequence[int], halt: Halt) -> Sequence[int]:
        for each in halts:
            each.set()
            seen.append(halt.is_set)
        raise Halted("Stopped.")

    batch = StepBatch(compute, MOST)
    steps = [batch.leave("", number, halt) for number, halt in enumerate(halts)]
    for step in steps:
        with pytest.raises(Halted):
            batch.result(step)
    assert seen == [False, True]


actions = st.lists(
    st.tuples(
        st.sampled_from(["leave", "leave", "resume", "halt", "withdraw"]),
        st.integers(0, 5),  # the stream
        st.sampled_from("ab"),  # the shapes
        st.integers(0, 9),
    ),
    max_size=40,
)


@given(actions)
@settings(suppress_health_check=[HealthCheck.too_slow])  # of a loaded machine
def test_every_step_has_its_own_result_in_any_order_of_coming_leaving_and_failing(
    script: list[tuple[str, int, str, int]],
) -> None:
    double, left = Doubling(), dict[int, LeftStep[int, int]]()
    batch, shapes_of = StepBatch(double, MOST), dict[int, str]()
    for turn, (action, name, shapes, value) in enumerate(script):
        if action == "leave" and name not in left:
            value += 10 * turn  # no two are equal
            left[name], shapes_of[value] = batch.leave(shapes, value, Halt()), shapes
        elif action == "leave" or name not in left:
            continue
        elif action == "halt":
            left[name].halt.set()
        elif action == "withdraw":
            batch.withdraw(left.pop(name))
        else:
            _resume(batch, left.pop(name))
    for run in double.runs:
        assert len(run) <= MOST and len({shapes_of[value] for value in run}) == 1
    made = [value for run in double.runs if not any(map(is_bad, run)) for value in run]
    assert len(made) == len(set(made))


def _resume(batch: StepBatch[int, int], step: LeftStep[int, int]) -> None:
    if step.halt.is_set:
        with pytest.raises(Halted):
            batch.result(step)
    elif is_bad(step.given):
        with pytest.raises(ModelError, match="7 is bad"):
            batch.result(step)
    else:
        assert batch.result(step) == 2 * step.given


def test_a_step_that_was_withdrawn_is_not_computed() -> None:
    double = Doubling()
    batch = StepBatch(double, MOST)
    one, other = (batch.leave("", value, Halt()) for value in (1, 2))
    batch.withdraw(other)
    batch.result(one)
    assert double.runs == [[1]]
