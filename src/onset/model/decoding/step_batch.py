"""Steps of several streams, computed in one run.

A stream leaves its step here, and comes back for the result when it has its next turn. Who comes
first computes theirs and all that wait and have the same shapes; nobody waits here, and no clock
is read. When it is worth coming back is the scheduler's to say (serving/scheduling/step_round.py).
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeAlias, TypeVar

from onset.errors import Halted
from onset.types import Halt

Given = TypeVar("Given")
Made = TypeVar("Made")

Compute: TypeAlias = Callable[[Sequence[Given], Halt], Sequence[Made]]
"""The result of each of some steps, in their order. Raises Halted."""


class LeftStep(Generic[Given, Made]):
    """A stream's step: what is given, and what was made of it or why not."""

    def __init__(self, shapes: Hashable, given: Given, halt: Halt) -> None:
        self.shapes, self.given, self.halt = shapes, given, halt
        self.made: Made | None = None
        self.error: Exception | None = None


class StepBatch(Generic[Given, Made]):
    """compute: a run of at most `most` steps of the same shapes. One thread at a time may use it.

    A stream has at most one step here, so there are no more than streams.
    """

    def __init__(self, compute: "Compute[Given, Made]", most: int) -> None:
        self._compute, self._most = compute, most
        self._waiting: list[LeftStep[Given, Made]] = []

    def leave(self, shapes: Hashable, given: Given, halt: Halt) -> LeftStep[Given, Made]:
        """Leave a step to be computed with others whose shapes are equal."""
        step = LeftStep[Given, Made](shapes, given, halt)
        self._waiting.append(step)
        return step

    def withdraw(self, step: LeftStep[Given, Made]) -> None:
        """Take a step out if it is still there: its listener has left."""
        if step in self._waiting:
            self._waiting.remove(step)

    def result(self, step: LeftStep[Given, Made]) -> Made:
        """What a step makes, computed now if it was not yet. Raises Halted, or its own error."""
        if step in self._waiting:
            alike = (s for s in self._waiting if s.shapes == step.shapes and s is not step)
            self._run([step, *(s for s in alike if not s.halt.is_set)][: self._most])
        if step.halt.is_set:
            raise Halted("Stopped.")
        if step.error is not None:
            raise step.error
        assert step.made is not None
        return step.made

    def _run(self, steps: Sequence[LeftStep[Given, Made]]) -> None:
        """Compute steps together; if that fails, each alone, so that a fault is only its own."""
        for step in steps:
            self.withdraw(step)
        try:
            with _all_of([step.halt for step in steps]) as halt:
                made = self._compute([step.given for step in steps], halt)
        except Exception as error:  # whose step it is gets it
            if len(steps) == 1 or isinstance(error, Halted):
                for step in steps:
                    step.error = error
                return
            for step in steps:
                self._run([step])
            return
        for step, result in zip(steps, made, strict=True):
            step.made = result


@contextmanager
def _all_of(halts: Sequence[Halt]) -> Iterator[Halt]:
    """A halt that is set when all of these are: while one listens, the work goes on."""
    every = Halt()

    def look() -> None:
        if all(halt.is_set for halt in halts):
            every.set()

    for halt in halts:
        halt.attach(look)
    try:
        yield every
    finally:
        for halt in halts:
            halt.detach(look)
