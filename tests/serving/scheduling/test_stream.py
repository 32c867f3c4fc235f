"""One answer between two threads: what it counts, how it ends, and what it leaves behind."""

import asyncio
from threading import Condition
from typing import Any

import numpy as np
import pytest

from fakes import (
    FailingBackend,
    HaltableBackend,
    ScriptedEngine,
    eventually,
    fake_engine,
    scheduling,
    silence,
)
from onset.errors import Halted, InvalidRequest, ModelError, OnsetError, Unavailable
from onset.monitoring.answer_record import StreamOutcome
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.stream import (
    AHEAD,
    BUFFER,
    Stream,
)
from onset.serving.scheduling.worker import Turns
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import Floats, Halt, Request
from speaking import TEXT, Clock, listen, soon, speak


def stream(**options: Any) -> Stream:
    return Stream(Request("Hello"), Trace(), Condition(), 0.5, **options)


async def rest(one: Stream) -> None:
    async for _ in one:
        pass


def test_chunks_are_counted_as_made_and_as_heard() -> None:
    async def hear() -> None:
        one = stream()
        assert (one.characters, one.rtf, one.taken, one.outcome) == (5, None, 0, None)
        for at in (1.0, 1.1):
            one.record_turn(0.1, at)
            one.put([silence(0.2)], at)
        assert one.produced == pytest.approx(0.4) and one.taken == 0
        assert one.ahead(1.1) == pytest.approx(0.3)  # the first was heard from its own moment on
        assert one.rtf == pytest.approx(0.5)
        await anext(one)
        assert one.taken == pytest.approx(0.2)

    asyncio.run(hear())


def test_what_waits_is_taken_at_once_and_makes_room() -> None:
    async def hear() -> None:
        one = stream()
        for _ in range(BUFFER):
            one.put([silence(0.05)], 1.0)
        assert not one.may_run(1.0)
        first = await anext(one)
        others = one.take_buffered()
        assert len(others) == BUFFER - 1 and all(first is not other for other in others)
        assert one.may_run(1.0) and one.take_buffered() == []
        assert one.taken == pytest.approx(0.05 * BUFFER)

    asyncio.run(hear())


ENDS = [
    (None, StreamOutcome.SPOKEN),
    (ModelError("odd"), StreamOutcome.FAILED),
    (InvalidRequest("no", "input"), StreamOutcome.REFUSED),
    (Unavailable("later", 1), StreamOutcome.STOPPED),
    (Halted("stopped"), StreamOutcome.LEFT),
]


@pytest.mark.parametrize(("error", "outcome"), ENDS)
def test_end_tells_its_outcome(error: OnsetError | None, outcome: StreamOutcome) -> None:
    async def hear() -> None:
        one = stream()
        one.end(error)
        one.end(ModelError("an echo"))
        if error is None:
            await rest(one)
        else:
            with pytest.raises(type(error)):
                await rest(one)
        one.close()
        assert one.outcome is outcome

    asyncio.run(hear())


def test_leaving_before_the_end_is_leaving() -> None:
    async def hear() -> None:
        one = stream()
        one.put([silence(0.1)], 0.0)
        one.end(None)
        one.close()
        assert one.outcome is StreamOutcome.LEFT
        with pytest.raises(Halted):
            await rest(one)

    asyncio.run(hear())


def test_closing_with_a_reason_tells_it() -> None:
    async def hear() -> None:
        one = stream()
        one.close(Unavailable("The server is shutting down.", 5))
        assert one.halt.is_set
        with pytest.raises(Unavailable, match="shutting down"):
            await rest(one)

    asyncio.run(hear())


def test_stream_that_takes_too_long_ends_late_and_stops_its_work() -> None:
    async def hear() -> None:
        one = stream(timeout=0.01)
        with pytest.raises(Unavailable, match="too long"):
            await asyncio.wait_for(rest(one), 5)
        assert one.halt.is_set
        assert one.outcome is StreamOutcome.LATE

    asyncio.run(hear())


@pytest.mark.parametrize("closed", [False, True])
def test_timer_is_gone_when_the_stream_is(closed: bool) -> None:
    async def hear() -> None:
        one = stream(timeout=1000)
        one.close() if closed else one.end(None)
        await asyncio.sleep(0)
        assert one._timer is not None and one._timer.cancelled()

    asyncio.run(hear())


def test_room_is_bounded_here_and_at_the_listener() -> None:
    async def hear() -> None:
        one = stream()
        one.put([silence(AHEAD + 1)], 0.0)
        assert not one.may_run(0.0) and one.may_run(1.1)
        for _ in range(BUFFER - 1):
            assert one.may_run(1000.0)
            one.put([silence(0.01)], 1.1)
        assert not one.may_run(1000.0)
        await anext(one)
        assert one.may_run(1000.0)

    asyncio.run(hear())


def test_background_is_not_paced_by_playback_but_bounded() -> None:
    async def hear() -> None:
        one = stream(background=True)
        one.put([silence(100 * AHEAD)], 0.0)
        assert one.may_run(0.0)
        for _ in range(BUFFER - 1):
            one.put([silence(0.01)], 0.0)
        assert not one.may_run(0.0)

    asyncio.run(hear())


def test_stream_without_text_is_not_ready_until_it_has_some() -> None:
    async def hear() -> None:
        text = TextStream(100)
        one = stream(text=text)
        assert one.writing and not stream().writing
        assert not one.may_run(0.0)
        text.feed("Hello there. ")
        text.end()
        assert one.may_run(0.0) and one.characters == 13 and not one.writing

    asyncio.run(hear())


def test_stream_far_ahead_waits_for_its_listener() -> None:
    def endless(request: Request, halt: Halt) -> Turns:
        while True:
            made.append(1)
            yield silence(1.0)

    async def hear(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request("x"), Trace())
        for _ in range(int(AHEAD) + 1):
            await anext(stream)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.1)
        assert len(made) == AHEAD + 1
        stream.close()

    made: list[int] = []
    with scheduling(ScriptedEngine(endless), clock=Clock()) as scheduler:
        soon(hear(scheduler))


def test_stream_far_ahead_goes_on_when_time_has_passed() -> None:
    async def hear(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request("x"), Trace())
        assert len([chunk async for chunk in stream]) == 2

    def two(request: Request, halt: Halt) -> Turns:
        yield silence(AHEAD + 0.05)
        yield silence(0.05)

    with scheduling(ScriptedEngine(two)) as scheduler:
        soon(hear(scheduler))


def test_slow_reader_stops_only_their_own_stream() -> None:
    made = {"slow": 0, "quick": 0}

    def script(request: Request, halt: Halt) -> Turns:
        for _ in range(3 * BUFFER):
            made[request.text] += 1
            yield silence(0.05)

    async def hear(scheduler: Scheduler) -> None:
        slow = scheduler.open(Request("slow"), Trace())
        quick = await listen(scheduler.open(Request("quick"), Trace()))
        assert len(quick) == 3 * BUFFER * 1200
        assert made["slow"] == BUFFER
        assert len(await listen(slow)) == len(quick)

    with scheduling(ScriptedEngine(script)) as scheduler:
        soon(hear(scheduler))


def test_closing_wakes_the_listener_at_once() -> None:
    async def leave(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request(TEXT), Trace())
        asyncio.get_running_loop().call_later(0.01, stream.close)
        with pytest.raises(Halted):
            await anext(stream)

    with scheduling(fake_engine(backend=HaltableBackend(delay=30))) as scheduler:
        soon(leave(scheduler))


def test_closing_twice_and_after_the_end_is_harmless() -> None:
    async def leave(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request(TEXT), Trace())
        await listen(stream)
        stream.close()
        stream.close()
        assert len(await speak(scheduler))

    with scheduling(fake_engine()) as scheduler:
        soon(leave(scheduler))


def test_what_was_made_before_an_error_arrives() -> None:
    async def hear(scheduler: Scheduler) -> Floats:
        stream, heard = scheduler.open(Request(TEXT), Trace()), []
        with pytest.raises(ModelError):
            async for chunk in stream:
                heard.append(chunk.samples)
        return np.concatenate(heard)

    backend = FailingBackend(ModelError("broken"), 6)
    with scheduling(fake_engine(backend=backend)) as scheduler:
        heard = soon(hear(scheduler))
    assert len(heard) and np.array_equal(heard, fake_engine().render(TEXT)[: len(heard)])


def test_listener_whose_event_loop_is_gone_frees_their_place() -> None:
    async def vanish(scheduler: Scheduler) -> None:
        await anext(scheduler.open(Request(TEXT * 5), Trace()))

    with scheduling(fake_engine(delay=0.01)) as scheduler:
        soon(vanish(scheduler))
        eventually(lambda: not scheduler.active)


def test_a_listener_who_ran_dry_has_stalled() -> None:
    async def hear() -> None:
        one = stream()
        one.put([silence(0.2)], 1.0)
        one.put([silence(0.2)], 1.1)
        assert one.stalls.count == 0
        one.put([silence(0.2)], 1.5)
        one.put([silence(0.2)], 1.9)
        assert one.stalls.count == 2
        assert one.stalls.seconds == pytest.approx(0.3)
        assert one.stalls.longest == pytest.approx(0.2)

    asyncio.run(hear())


def test_no_stall_is_due_to_the_writer_or_to_a_slow_reader() -> None:
    async def hear() -> None:
        text = TextStream(100)
        written, slow = stream(text=text), stream()
        written.put([silence(0.2)], 1.0)
        written.record_turn(0.01, 1.1)
        written.put([silence(0.2)], 9.0)
        assert written.stalls.count == 0, "the text was not there yet"
        slow.put([silence(0.01)] * BUFFER, 1.0)
        slow.take_buffered()
        slow.put([silence(0.2)], 9.0)
        assert slow.stalls.count == 0, "there was no room"
        slow.put([silence(0.2)], 9.5)
        assert slow.stalls.count == 1

    asyncio.run(hear())
