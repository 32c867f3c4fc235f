"""When steps of several streams are computed: who waits for whom, and for how long."""

import asyncio
from collections.abc import Callable, Sequence
from threading import Condition

import numpy as np
import pytest

from fakes import fake_engine, scheduling
from onset.engine.engine import Engine
from onset.errors import Halted
from onset.model.backend import AdainStatistics, Decoder, Prosody, Stepping
from onset.model.decoding.step_batch import StepBatch
from onset.model.fake_backend import FakeBackend
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.step_round import SPREAD, StepRound
from onset.serving.scheduling.stream import AHEAD, Stream
from onset.serving.scheduling.turn_choice import COMFORT
from onset.trace import Trace
from onset.types import Floats, Halt, Pause, Request
from speaking import TEXT, listen, soon

NOW = 100.0
STEP = 0.02
"""Seconds that a step of the fake rounds took."""


class Rounds:
    """A round of at most four, among streams with so much audio ahead at NOW."""

    def __init__(self, *ahead: float, most: int = 4, background: bool = False) -> None:
        self.now = NOW
        self.round = StepRound(most)
        self.streams = [
            Stream(Request("x"), Trace(), Condition(), NOW + each, background=background)
            for each in ahead
        ]

    def wait(self, *numbers: int) -> None:
        for number in numbers:
            self.turn(number, 0.0, waits=True)

    def turn(self, number: int, seconds: float, waits: bool = False) -> None:
        """A turn that took so long and is over now."""
        self.streams[number].record_turn(seconds, self.now)
        self.round.note(self.streams[number], self.now - seconds, waits)

    def next(self) -> int | None:
        stream = self.round.choose(self.streams, self.now)
        return None if stream is None else self.streams.index(stream)


def check(test: Callable[[], None]) -> None:
    """Streams are made in an event loop."""

    async def run() -> None:
        test()

    asyncio.run(run())


def test_alone_nobody_waits() -> None:
    def test() -> None:
        rounds = Rounds(0.1)
        assert rounds.next() == 0
        rounds.wait(0)
        assert rounds.next() == 0

    check(test)


def test_before_a_step_is_measured_nobody_waits_for_others() -> None:
    def test() -> None:
        rounds = Rounds(0.3, 0.1, 0.2)
        rounds.wait(0, 1)
        assert rounds.next() == 1  # the first to run dry
        assert rounds.next() == 0

    check(test)


def measured(*ahead: float, most: int = 4, background: bool = False) -> Rounds:
    """Rounds whose last step took STEP."""
    rounds = Rounds(*ahead, most=most, background=background)
    rounds.wait(*range(len(ahead)))
    for _ in ahead:
        number = rounds.next()
        assert number is not None
        rounds.turn(number, STEP)
    return rounds


def test_an_urgent_step_waits_for_others_as_long_as_a_step_takes() -> None:
    def test() -> None:
        rounds = measured(0.1, 0.2)
        rounds.wait(0)
        assert rounds.next() == 1
        rounds.now += 1.1 * STEP
        assert rounds.next() == 0

    check(test)


def test_an_urgent_step_waits_for_nobody_who_has_time() -> None:
    def test() -> None:
        rounds = measured(0.1, COMFORT + 1)
        rounds.wait(0)
        assert rounds.next() == 0

    check(test)


def test_a_full_round_is_over() -> None:
    def test() -> None:
        rounds = measured(5.0, 5.0, 5.0, most=2)
        rounds.wait(0)
        assert rounds.next() == 1
        rounds.wait(1)
        assert {rounds.next(), rounds.next()} == {0, 1}

    check(test)


def test_who_has_time_waits_for_those_who_may_run_soon_and_no_longer() -> None:
    def test() -> None:
        rounds = measured(AHEAD - 1, AHEAD + SPREAD / 2)
        rounds.wait(0)
        assert rounds.next() is None
        rounds.now += SPREAD / 2
        assert rounds.next() == 1
        rounds.wait(1)
        assert rounds.next() == 0
        assert rounds.next() == 1

        rounds = measured(AHEAD - 1, AHEAD + 2 * SPREAD)
        rounds.wait(0)
        assert rounds.next() == 0

    check(test)


def test_the_background_alone_waits_for_nobody() -> None:
    def test() -> None:
        rounds = measured(0.0, background=True)
        rounds.wait(0)
        assert rounds.next() == 0

    check(test)


def test_who_has_left_is_put_away_at_once() -> None:
    def test() -> None:
        rounds = measured(5.0, 5.0)
        rounds.wait(0)
        rounds.streams[0].halt.set()
        assert rounds.next() == 0

    check(test)


class BatchingBackend(FakeBackend):
    """Whose steps wait for those of others. runs: how many steps each run computed."""

    batch = 4

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[int] = []
        self.steps: StepBatch[Callable[[], Floats], Floats] = StepBatch(self._compute, self.batch)

    def _compute(self, given: Sequence[Callable[[], Floats]], halt: Halt) -> list[Floats]:
        self.runs.append(len(given))
        return [step() for step in given]

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        return BatchingDecoder(self, super().decoder(prosody, statistics, start, halt), halt)


class BatchingDecoder(Decoder):
    """A fake decoder behind a batch."""

    def __init__(self, backend: BatchingBackend, inner: Decoder, halt: Halt) -> None:
        self._backend, self._inner, self._halt = backend, inner, halt
        self.remaining = inner.remaining

    def step(self, frames: int) -> Floats:
        raise NotImplementedError("the engine lets it wait")

    def stepping(self, frames: int) -> Stepping:
        left = self._backend.steps.leave(frames, lambda: self._inner.step(frames), self._halt)
        try:
            yield Pause.STEP
            samples = self._backend.steps.result(left)
        finally:
            self._backend.steps.withdraw(left)
        self.remaining = self._inner.remaining
        return samples


def batching() -> tuple[BatchingBackend, Engine]:
    backend = BatchingBackend()
    return backend, fake_engine(backend=backend)


@pytest.mark.parametrize("count", [1, 4, 7])
def test_listeners_hear_what_they_would_hear_alone(count: int) -> None:
    async def all_of_them(scheduler: Scheduler) -> list[Floats]:
        streams = [scheduler.open(Request(TEXT), Trace()) for _ in range(count)]
        return await asyncio.gather(*map(listen, streams))

    expected = fake_engine().render(TEXT)
    backend, engine = batching()
    with scheduling(engine, count) as scheduler:
        for samples in soon(all_of_them(scheduler)):
            assert np.array_equal(samples, expected)
    assert max(backend.runs) == min(count, backend.batch)


def test_a_listener_who_leaves_while_their_step_waits_keeps_nobody_up() -> None:
    async def one_leaves(scheduler: Scheduler) -> Floats:
        stays, leaves = (scheduler.open(Request(TEXT), Trace()) for _ in range(2))
        await anext(leaves)
        leaves.close()
        with pytest.raises(Halted):
            await listen(leaves)
        return await listen(stays)

    _, engine = batching()
    with scheduling(engine) as scheduler:
        assert np.array_equal(soon(one_leaves(scheduler)), fake_engine().render(TEXT))
        assert not scheduler.active
