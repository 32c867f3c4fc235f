"""Whose turn it is among listeners and those in the background, and what a worker learns."""

import asyncio
from collections.abc import Sequence
from threading import Condition

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fakes import ScriptedEngine, eventually, fake_engine, silence
from onset.engine import Engine
from onset.errors import AssetError
from onset.stream import AHEAD, Stream, Terms, Turns
from onset.trace import Trace
from onset.types import Halt, Request
from onset.worker import COMFORT, OPEN_END, Worker, choose

NOW = 100.0


def turns() -> Turns:
    yield None


async def made(
    ahead: float, background: bool = False, longest: float = 0.0, since: float = 0.0
) -> Stream:
    """A stream with so much audio before its listener at NOW."""
    terms = Terms(background)
    one = Stream(Request("x"), turns(), Trace(), Halt(), Condition(), NOW + ahead, terms)
    one.charge(longest, NOW - since)
    return one


def chosen(*specs: tuple[float, bool]) -> int | None:
    """Index of the stream whose turn it is."""

    async def ask() -> int | None:
        streams = [await made(*spec) for spec in specs]
        found = choose(streams, NOW)
        return None if found is None else streams.index(found)

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
@hypothesis_settings(deadline=None, max_examples=60)
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
            halt, trace = Halt(), Trace()
            spoken = engine.turns(request, trace, halt)
            one = Stream(request, spoken, trace, halt, worker.changed, 0.0)
            with worker.changed:
                worker.add(one)
            streams.append(one)
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
    assert capacity.rtf is not None and capacity.first is not None
    # the fake says a token in 75 ms, less what is cut at the edges
    assert capacity.length("a", len(text)) == pytest.approx(0.075 * len(text), rel=0.3)
    assert worker.streams == []


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
        streams = [await made(5.0), await made(5.0, True), await made(-3.0)]
        streams[2].writing = True
        worker.streams += streams
        first, writing = worker.debts()
        assert (first.start, first.work) == (5.0, 0.0) and first.audio > 0
        assert (writing.start, writing.audio) == (0.0, OPEN_END)
        assert worker.owed() > first.audio + OPEN_END

    asyncio.run(ask())
