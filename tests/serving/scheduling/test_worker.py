"""Whose turn it is among listeners and those in the background, and what a worker learns."""

import asyncio
import math
import threading
from collections.abc import Sequence
from threading import Condition, Event

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fakes import (
    FailingBackend,
    HaltableBackend,
    ScriptedEngine,
    eventually,
    fake_engine,
    scheduling,
    silence,
)
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.engine.plans import PLANS
from onset.errors import AssetError, InvalidRequest, ModelError, OnsetError, OutOfMemory
from onset.serving.scheduling.admission import PATIENCE
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.stream import AHEAD, Stream
from onset.serving.scheduling.turn_choice import COMFORT, choose
from onset.serving.scheduling.work_costs import OPEN_END, WorkCosts
from onset.serving.scheduling.worker import Turns, Worker
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import Halt, Pause, PlanName, Request
from speaking import TEXT, Clock, soon, speak, until

NOW = 100.0


def turns() -> Turns:
    yield Pause.TURN


async def made(
    ahead: float,
    background: bool = False,
    longest: float = 0.0,
    since: float = 0.0,
    text: TextStream | None = None,
) -> Stream:
    """A stream with so much audio before its listener at NOW."""
    one = Stream(Request("x"), Trace(), Condition(), NOW + ahead, background=background, text=text)
    one.record_turn(longest, NOW - since)
    return one


def spare(*specs: tuple[float, bool]) -> list[float]:
    """What each stream of a worker may spend."""

    async def ask() -> list[float]:
        worker = Worker(fake_engine, None, lambda: NOW, "none")
        worker.streams = {await made(*spec): turns() for spec in specs}
        return [worker.spare(stream) for stream in worker.streams]

    return asyncio.run(ask())


def test_listeners_share_what_may_be_spent_and_the_background_has_time() -> None:
    assert spare((3.0, False)) == [3.0]
    assert spare((3.0, False), (1.0, False), (0.5, True)) == [1.5, 0.5, math.inf]
    assert spare((-1.0, False))[0] < 0


def test_a_slow_machine_has_less_to_spend() -> None:
    async def ask() -> list[float]:
        worker = Worker(fake_engine, None, lambda: NOW, "none")
        worker.streams = {await made(3.0, False): turns()}
        (stream,) = worker.streams
        before = worker.spare(stream)
        worker.costs.slowness.add(20.0, 10.0)
        return [before, worker.spare(stream)]

    before, after = asyncio.run(ask())
    assert before == 3.0 and after == pytest.approx(1.5, rel=0.05)


@pytest.mark.parametrize(("pace", "slow"), [(1.0, False), (0.001, True)])
def test_a_worker_learns_how_slow_the_machine_is(pace: float, slow: bool) -> None:
    """A turn takes some milliseconds, which is less than was to be expected, or more."""
    engine = fake_engine(settings=load_settings({}, pace=pace))
    assert (run(engine, [Request(3 * TEXT)]).costs.slowness.value > 1.1) == slow


def chosen(*specs: tuple[float, bool]) -> int | None:
    """Index of the stream whose turn it is."""

    async def ask() -> int | None:
        streams = [await made(*spec) for spec in specs]
        stream = choose(streams, NOW)
        return None if stream is None else streams.index(stream)

    return asyncio.run(ask())


def test_background_waits_while_a_listener_is_near_running_dry() -> None:
    assert chosen((COMFORT - 0.1, False), (0.0, True)) == 0
    assert chosen((COMFORT + 0.1, False), (0.0, True)) == 1


def test_background_waits_for_every_listener() -> None:
    assert chosen((COMFORT + 9, False), (COMFORT - 1, False), (0.0, True)) == 1


def test_background_has_what_listeners_leave() -> None:
    assert chosen((AHEAD + 1, False), (500.0, True)) == 1
    assert chosen((0.0, True)) == 0


def test_background_with_long_turns_keeps_a_longer_distance() -> None:
    async def ask(longest: float) -> bool:
        listener, export = await made(3.0), await made(0.0, True, longest)
        return choose([listener, export], NOW) is export

    assert asyncio.run(ask(0.5))
    assert not asyncio.run(ask(4.0))


def test_background_streams_take_turns() -> None:
    async def ask() -> bool:
        late, early = await made(0.0, True, since=1.0), await made(0.0, True, since=2.0)
        return choose([late, early], NOW) is early

    assert asyncio.run(ask())


tenths = st.integers(-50, 400).map(lambda tenth: tenth / 10)
specs = st.lists(st.tuples(tenths, st.booleans()), max_size=6)


@given(specs)
@hypothesis_settings(max_examples=60)
def test_no_listener_near_running_dry_is_passed_over(given_specs: list[tuple[float, bool]]) -> None:
    index = chosen(*given_specs)
    hungry = [ahead for ahead, background in given_specs if not background and ahead < COMFORT]
    if hungry:
        assert index is not None and given_specs[index] == (min(hungry), False)
    elif any(background for _, background in given_specs):
        assert index is not None and given_specs[index][1]
    else:
        assert (index is None) == all(ahead > AHEAD for ahead, _ in given_specs)


def run(engine: Engine, requests: Sequence[Request], warm_up: Request | None = None) -> Worker:
    """A worker that has spoken the requests to their end."""

    async def hear(one: Stream) -> None:
        async for _ in one:
            pass

    async def all_of_them(worker: Worker) -> None:
        streams = []
        for request in requests:
            stream = worker.open(request, Trace(), background=False)
            assert stream is not None
            streams.append(stream)
        await asyncio.gather(*map(hear, streams))

    clock = iter(range(1_000_000))
    worker = Worker(lambda: engine, warm_up, lambda: 0.001 * next(clock), "test-worker")
    worker.start()
    eventually(lambda: worker.engine is not None)
    asyncio.run(asyncio.wait_for(all_of_them(worker), 20))
    worker.close(AssetError("over"))
    worker.join()
    return worker


def test_cost_and_length_are_learned() -> None:
    text = "one two three four"
    worker = run(fake_engine(), [Request(text), Request(text)])
    capacity = worker.capacity
    assert capacity.rtf is not None and capacity.first_cost is not None
    # the fake says a token in 75 ms, less what is cut at the edges
    assert capacity.length("a", len(text)) == pytest.approx(0.075 * len(text), rel=0.3)
    assert worker.streams == {}


def test_warm_up_is_spoken_and_measured_before_the_engine_is_there() -> None:
    heard: list[str] = []

    def script(request: Request, halt: Halt) -> Turns:
        heard.append(request.text)
        yield silence(1.0)

    worker = run(ScriptedEngine(script), [], Request("Ready."))
    assert heard == ["Ready."]
    assert worker.capacity.rtf is not None


def test_failed_load_is_kept() -> None:
    def load() -> Engine:
        raise AssetError("damaged")

    worker = Worker(load, None, lambda: 0.0, "test-worker")
    worker.start()
    eventually(lambda: worker.failure is not None)
    assert worker.engine is None
    worker.join()


def test_debts_are_of_listeners_only() -> None:
    async def ask() -> None:
        worker = Worker(fake_engine, None, lambda: NOW, "test-worker")
        streams = [await made(5.0), await made(5.0, True), await made(-3.0, text=TextStream(100))]
        worker.streams = {stream: turns() for stream in streams}
        first, writing = worker.debts()
        assert (first.start, first.work) == (5.0, 0.0) and first.audio > 0
        assert (writing.start, writing.audio) == (0.0, OPEN_END)
        assert worker.owed() > first.audio + OPEN_END

    asyncio.run(ask())


def test_a_newcomer_is_to_hear_something_once_the_others_have_begun() -> None:
    gate = Event()

    def script(request: Request, halt: Halt) -> Turns:
        gate.wait(5)
        yield silence(0.1)

    async def deadlines(worker: Worker) -> list[float]:
        who = [False, True, False, False]
        streams = [worker.open(Request("x"), Trace(), background) for background in who]
        assert worker.open(Request("x"), Trace(), False, last=False) is None, "too late"
        streams.append(worker.open(Request("x", plan="fast"), Trace(), False, last=False))
        return [stream.deadline for stream in streams if stream is not None]

    worker = Worker(lambda: ScriptedEngine(script), None, lambda: NOW, "test-worker")
    worker.start()
    eventually(lambda: worker.engine is not None)
    worker.capacity.work.add(0.1, 1.0)
    worker.capacity.beginnings.add(0.4, 1)
    expected = [NOW + PATIENCE + later for later in (0.0, 0.0, 0.4, 0.8, 0.0)]
    assert asyncio.run(deadlines(worker)) == pytest.approx(expected)
    worker.close(AssetError("over"))
    gate.set()
    worker.join()


@pytest.mark.parametrize(
    ("extra", "background", "plan", "learned"),
    [
        (0.0, False, "balanced", 0.0),
        (0.3, False, "balanced", 0.3),
        (0.3, True, "balanced", None),
        (0.3, False, "exact", None),
    ],
)
def test_what_beginnings_cost_more_is_learned_of_those_who_need_not_wait_for_all(
    extra: float, background: bool, plan: PlanName, learned: float | None
) -> None:
    async def speak_twice() -> WorkCosts:
        costs = WorkCosts(lambda: NOW)
        costs.kokoro.work.add(12.0, 120.0)
        for _ in range(2):
            stream = await made(0.0, background)
            stream.plan = PLANS[plan]
            for turn in range(40):
                seconds = 0.01 + (extra if turn == 2 else 0.0)
                stream.record_turn(seconds, NOW)
                costs.add_turn(stream, seconds, 0.1)
                stream.put([silence(0.1)], NOW)
        return costs

    costs = asyncio.run(speak_twice())
    value = costs.kokoro.beginnings.value
    assert value == (None if learned is None else pytest.approx(learned, abs=0.02))


class Play:
    """Scripted streams behind a gate, and the order of their turns.

    parts: for each stream its turns, (seconds the turn takes, seconds of audio it makes).
    log: before each turn, whose it is and until when each unfinished stream has audio.
    """

    def __init__(self, parts: Sequence[Sequence[tuple[float, float]]]) -> None:
        self.clock, self.gate = Clock(), Event()
        self.log: list[tuple[int, dict[int, float]]] = []
        self._parts = parts
        self._dry = dict.fromkeys(range(len(parts)), PATIENCE)
        self._begun: set[int] = set()

    def script(self, request: Request, halt: Halt) -> Turns:
        if request.text == "gate":
            assert self.gate.wait(5)
            return
        name = int(request.text)
        for cost, audio in self._parts[name]:
            self.log.append((name, dict(self._dry)))
            self.clock.now += cost
            if audio:
                dry = (
                    max(self._dry[name], self.clock.now) if name in self._begun else self.clock.now
                )
                self._dry[name] = dry + audio
                self._begun.add(name)
            yield silence(audio) if audio else Pause.TURN
        del self._dry[name]

    def perform(self) -> None:
        engine = ScriptedEngine(self.script)
        with scheduling(engine, max_streams=len(self._parts) + 1, clock=self.clock) as scheduler:
            soon(self._perform(scheduler))

    async def _perform(self, scheduler: Scheduler) -> None:
        names = ["gate", *map(str, range(len(self._parts)))]
        streams = [scheduler.open(Request(name), Trace()) for name in names]
        self.gate.set()
        await asyncio.gather(*(anext(stream, None) for stream in streams))
        for stream in streams:
            async for _ in stream:
                pass


costs = st.sampled_from([0.0, 0.02, 0.05, 0.125, 0.5])
audio = st.sampled_from([0.0, 0.05, 0.2])
scripts = st.lists(st.tuples(costs, audio), max_size=12)


@given(st.lists(scripts, min_size=1, max_size=5))
@hypothesis_settings(max_examples=60)
def test_nobody_gets_a_turn_while_another_runs_dry_sooner(
    parts: list[list[tuple[float, float]]],
) -> None:
    play = Play(parts)
    play.perform()
    for name, dry in play.log:
        assert dry[name] == min(dry.values())
        assert name == min(other for other in dry if dry[other] == dry[name])


def test_streams_take_turns_when_all_are_too_slow() -> None:
    play = Play([[(0.5, 0.05)] * 5] * 3)
    play.perform()
    assert [name for name, _ in play.log] == [0, 1, 2] * 5


def test_new_stream_goes_before_one_with_audio_ahead() -> None:
    play = Play([[(0.0, 0.6)] * 3, [(0.01, 0.0), (0.01, 0.0), (0.01, 0.2)]])
    play.perform()
    assert [name for name, _ in play.log][:4] == [0, 1, 1, 1]


def test_new_stream_waits_for_one_that_has_just_begun() -> None:
    play = Play([[(0.0, 0.2)] * 3, [(0.01, 0.2)]])
    play.perform()
    assert [name for name, _ in play.log] == [0, 0, 0, 1]


def test_two_streams_both_arrive_while_both_are_made() -> None:
    async def both(scheduler: Scheduler) -> list[str]:
        order = []

        async def follow(name: str) -> None:
            async for _ in scheduler.open(Request(TEXT), Trace()):
                order.append(name)

        await asyncio.gather(follow("a"), follow("b"))
        return order

    with scheduling(fake_engine(delay=0.005)) as scheduler:
        order = soon(both(scheduler))
    changes = sum(a != b for a, b in zip(order, order[1:], strict=False))
    assert order.count("a") == order.count("b") and changes > 5


def test_closing_stops_a_running_computation() -> None:
    backend = HaltableBackend(delay=30)

    async def leave(scheduler: Scheduler) -> float:
        stream = scheduler.open(Request(TEXT), Trace())
        await until(backend.working)
        stream.close()
        return await asyncio.to_thread(eventually, lambda: not scheduler.active)

    with scheduling(fake_engine(backend=backend)) as scheduler:
        assert soon(leave(scheduler)) < 0.5


def test_closing_runs_the_generators_finally_on_the_engines_thread() -> None:
    ended: list[str] = []

    def script(request: Request, halt: Halt) -> Turns:
        try:
            while True:
                yield silence(AHEAD)
        finally:
            ended.append(threading.current_thread().name)

    async def leave(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request("x"), Trace())
        await anext(stream)
        stream.close()
        await asyncio.to_thread(eventually, lambda: not scheduler.active)

    with scheduling(ScriptedEngine(script)) as scheduler:
        soon(leave(scheduler))
    assert ended == ["onset-engine"]


@pytest.mark.parametrize("at", [1, 4])
@pytest.mark.parametrize("error", [ModelError("broken"), InvalidRequest("no", "input")])
def test_error_reaches_the_listener_and_the_worker_goes_on(error: OnsetError, at: int) -> None:
    with scheduling(fake_engine(backend=FailingBackend(error, at))) as scheduler:
        with pytest.raises(type(error), match=str(error)):
            soon(speak(scheduler))
        assert len(soon(speak(scheduler)))


def test_unforeseen_error_reaches_the_listener_without_its_words() -> None:
    error = KeyError("a secret of the text")
    with scheduling(fake_engine(backend=FailingBackend(error, 4))) as scheduler:
        with pytest.raises(OnsetError, match="^An unexpected KeyError ended") as caught:
            soon(speak(scheduler))
        assert caught.value.__cause__ is error
        assert len(soon(speak(scheduler)))


def test_want_of_memory_is_told() -> None:
    with scheduling(fake_engine(backend=FailingBackend(MemoryError(), 4))) as scheduler:
        with pytest.raises(OutOfMemory, match="not enough memory"):
            soon(speak(scheduler))
        assert len(soon(speak(scheduler)))


def test_error_when_put_away_does_not_end_the_worker() -> None:
    def script(request: Request, halt: Halt) -> Turns:
        try:
            while True:
                yield silence(0.05)
        finally:
            raise ValueError("while closing")

    async def leave(scheduler: Scheduler) -> None:
        for _ in range(2):
            stream = scheduler.open(Request("x"), Trace())
            await anext(stream)
            stream.close()
            await asyncio.to_thread(eventually, lambda: not scheduler.active)

    with scheduling(ScriptedEngine(script)) as scheduler:
        soon(leave(scheduler))
