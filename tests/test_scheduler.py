"""The scheduler's promises: whose turn it is, what is bounded, and that leaving stops the work."""

import asyncio
import gc
import socket
import threading
import tracemalloc
from collections.abc import Coroutine, Sequence
from threading import Event
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from asking import ask, request_speech, reset
from fakes import (
    FailingBackend,
    HaltableBackend,
    Running,
    ScriptedEngine,
    eventually,
    fake_engine,
    is_ready,
    scheduling,
    serving,
    silence,
)
from onset.capacity import PATIENCE
from onset.compress import encoder
from onset.config import load_settings
from onset.engine import Engine
from onset.errors import (
    AssetError,
    Busy,
    Halted,
    InvalidRequest,
    ModelError,
    OnsetError,
    Unavailable,
)
from onset.scheduler import LONGEST_RETRY, Scheduler
from onset.stream import AHEAD, BUFFER, Stream, Terms, Turns
from onset.trace import Trace
from onset.types import Floats, Halt, Request

TEXT = "one two three four five six seven eight nine ten"


def run(task: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(task, 10))


async def listen(stream: Stream) -> Floats:
    return np.concatenate([chunk.samples async for chunk in stream])


async def speak(scheduler: Scheduler, text: str = TEXT) -> Floats:
    return await listen(scheduler.open(Request(text), Trace()))


async def until(event: Event) -> None:
    assert await asyncio.to_thread(event.wait, 5)


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


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
            yield silence(audio) if audio else None
        del self._dry[name]

    def perform(self) -> None:
        engine = ScriptedEngine(self.script)
        with scheduling(engine, max_streams=len(self._parts) + 1, clock=self.clock) as scheduler:
            run(self._perform(scheduler))

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
turns = st.lists(st.tuples(costs, audio), max_size=12)


@given(st.lists(turns, min_size=1, max_size=5))
@hypothesis_settings(deadline=None, max_examples=60)
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


def test_stream_equals_render() -> None:
    engine = fake_engine()
    with scheduling(engine) as scheduler:
        assert np.array_equal(run(speak(scheduler)), engine.render(TEXT))


def test_two_streams_both_arrive_while_both_are_made() -> None:
    async def both(scheduler: Scheduler) -> list[str]:
        order = []

        async def follow(name: str) -> None:
            async for _ in scheduler.open(Request(TEXT), Trace()):
                order.append(name)

        await asyncio.gather(follow("a"), follow("b"))
        return order

    with scheduling(fake_engine(delay=0.005)) as scheduler:
        order = run(both(scheduler))
    changes = sum(a != b for a, b in zip(order, order[1:], strict=False))
    assert order.count("a") == order.count("b") and changes > 5


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
        run(hear(scheduler))


def test_stream_far_ahead_goes_on_when_time_has_passed() -> None:
    async def hear(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request("x"), Trace())
        assert len([chunk async for chunk in stream]) == 2

    def two(request: Request, halt: Halt) -> Turns:
        yield silence(AHEAD + 0.05)
        yield silence(0.05)

    with scheduling(ScriptedEngine(two)) as scheduler:
        run(hear(scheduler))


def test_slow_reader_stops_only_his_own_stream() -> None:
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
        run(hear(scheduler))


def test_closing_stops_a_running_computation() -> None:
    backend = HaltableBackend(delay=30)

    async def leave(scheduler: Scheduler) -> float:
        stream = scheduler.open(Request(TEXT), Trace())
        await until(backend.working)
        stream.close()
        return await asyncio.to_thread(eventually, lambda: not scheduler.active)

    with scheduling(fake_engine(backend=backend)) as scheduler:
        assert run(leave(scheduler)) < 0.5


def test_closing_wakes_the_listener_at_once() -> None:
    async def leave(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request(TEXT), Trace())
        asyncio.get_running_loop().call_later(0.01, stream.close)
        with pytest.raises(Halted):
            await anext(stream)

    with scheduling(fake_engine(backend=HaltableBackend(delay=30))) as scheduler:
        run(leave(scheduler))


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
        run(leave(scheduler))
    assert ended == ["onset-engine"]


def test_closing_twice_and_after_the_end_is_harmless() -> None:
    async def leave(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request(TEXT), Trace())
        await listen(stream)
        stream.close()
        stream.close()
        assert len(await speak(scheduler))

    with scheduling(fake_engine()) as scheduler:
        run(leave(scheduler))


@pytest.mark.parametrize("at", [1, 4])
@pytest.mark.parametrize("error", [ModelError("broken"), InvalidRequest("no", "input")])
def test_error_reaches_the_listener_and_the_worker_goes_on(error: OnsetError, at: int) -> None:
    with scheduling(fake_engine(backend=FailingBackend(error, at))) as scheduler:
        with pytest.raises(type(error), match=str(error)):
            run(speak(scheduler))
        assert len(run(speak(scheduler)))


def test_unforeseen_error_reaches_the_listener_without_its_words() -> None:
    error = KeyError("a secret of the text")
    with scheduling(fake_engine(backend=FailingBackend(error, 4))) as scheduler:
        with pytest.raises(OnsetError, match="^An unexpected KeyError ended") as caught:
            run(speak(scheduler))
        assert caught.value.__cause__ is error
        assert len(run(speak(scheduler)))


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
        run(leave(scheduler))


def test_what_was_made_before_an_error_arrives() -> None:
    async def hear(scheduler: Scheduler) -> Floats:
        stream, heard = scheduler.open(Request(TEXT), Trace()), []
        with pytest.raises(ModelError):
            async for chunk in stream:
                heard.append(chunk.samples)
        return np.concatenate(heard)

    backend = FailingBackend(ModelError("broken"), 6)
    with scheduling(fake_engine(backend=backend)) as scheduler:
        heard = run(hear(scheduler))
    assert len(heard) and np.array_equal(heard, fake_engine().render(TEXT)[: len(heard)])


def test_more_streams_than_allowed_are_refused_until_a_place_is_free() -> None:
    async def crowd(scheduler: Scheduler) -> None:
        first, _ = (scheduler.open(Request(TEXT), Trace()) for _ in range(2))
        with pytest.raises(Unavailable, match="2 streams") as caught:
            scheduler.open(Request(TEXT), Trace())
        assert caught.value.retry_after > 0
        first.close()
        await asyncio.to_thread(eventually, lambda: scheduler.active == 1)
        scheduler.open(Request(TEXT), Trace()).close()

    with scheduling(fake_engine(backend=HaltableBackend(5)), max_streams=2) as scheduler:
        run(crowd(scheduler))


def test_those_in_the_background_keep_no_listener_out() -> None:
    async def crowd(scheduler: Scheduler) -> None:
        background = Terms(background=True)
        for _ in range(2):
            scheduler.open(Request(TEXT), Trace(), background)
        with pytest.raises(Busy, match="2 streams"):
            scheduler.open(Request(TEXT), Trace(), background)
        for _ in range(2):
            scheduler.open(Request(TEXT), Trace())
        with pytest.raises(Busy, match="2 streams"):
            scheduler.open(Request(TEXT), Trace())

    with scheduling(fake_engine(backend=HaltableBackend(5)), max_streams=2) as scheduler:
        run(crowd(scheduler))


def test_one_past_what_the_engine_keeps_up_with_is_refused_at_once() -> None:
    clock = Clock()

    def costly(request: Request, halt: Halt) -> Turns:
        while True:
            clock.now += 0.07  # 0.7 seconds of work for a second of audio
            yield silence(0.1)

    async def crowd(scheduler: Scheduler) -> None:
        long = Request("x" * 9000)
        first = scheduler.open(long, Trace())
        for _ in range(10):
            await anext(first)
        assert scheduler.listeners == 1
        with pytest.raises(Busy, match="keeps up with 1") as caught:
            scheduler.open(long, Trace())
        assert 1 <= caught.value.retry_after <= LONGEST_RETRY
        scheduler.open(long, Trace(), Terms(background=True)).close()
        first.close()
        await asyncio.to_thread(eventually, lambda: not scheduler.active)
        scheduler.open(long, Trace()).close()

    with scheduling(ScriptedEngine(costly), clock=clock) as scheduler:
        run(crowd(scheduler))


def test_stream_that_takes_too_long_frees_the_engine() -> None:
    async def hear(scheduler: Scheduler) -> None:
        with pytest.raises(Unavailable, match="too long"):
            await speak(scheduler)
        await asyncio.to_thread(eventually, lambda: not scheduler.active)

    engine = fake_engine(backend=HaltableBackend(delay=30))
    scheduler = Scheduler(lambda: engine, 8, timeout=0.05)
    scheduler.start()
    eventually(lambda: is_ready(scheduler))
    run(hear(scheduler))
    scheduler.close()


def test_workers_speak_side_by_side_and_both_end() -> None:
    backends = [HaltableBackend(30), HaltableBackend(30)]
    engines = iter([fake_engine(backend=backend) for backend in backends])

    async def both(scheduler: Scheduler) -> None:
        streams = [scheduler.open(Request(TEXT), Trace()) for _ in range(2)]
        for backend in backends:
            await until(backend.working)
        for stream in streams:
            stream.close()
        await asyncio.to_thread(eventually, lambda: not scheduler.active)

    threads = threading.active_count()
    scheduler = Scheduler(lambda: next(engines), 8, workers=2)
    scheduler.start()
    eventually(lambda: is_ready(scheduler))
    run(both(scheduler))
    scheduler.close()
    assert threading.active_count() <= threads + 1  # the pool of to_thread may keep one


def test_refusing_takes_nobody_new_and_finishes_the_others() -> None:
    async def drain(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request(TEXT), Trace())
        scheduler.refuse()
        with pytest.raises(Unavailable, match="shutting down"):
            scheduler.open(Request(TEXT), Trace())
        assert np.array_equal(await listen(stream), fake_engine().render(TEXT))

    with scheduling(fake_engine(delay=0.002)) as scheduler:
        run(drain(scheduler))


def test_a_thousand_who_leave_abruptly_leave_nothing_behind() -> None:
    def held() -> tuple[int, int, int]:
        gc.collect()
        streams = sum(isinstance(thing, Stream) for thing in gc.get_objects())
        return threading.active_count(), psutil.Process().num_fds(), streams

    def leave(server: Running, count: int) -> None:
        for number in range(count):
            client = request_speech(server)
            if number % 5 == 0:
                client.recv(100)
            (reset if number % 2 else socket.socket.close)(client)
        eventually(lambda: not server.scheduler.active, timeout=20)
        assert ask(server).status_code == 200

    settings = load_settings({}, port=0, drain_timeout=0, max_streams=64)
    with serving(lambda: fake_engine(backend=HaltableBackend(0.002)), settings) as server:
        leave(server, 100)  # the first ones fill pools and caches
        before = held()
        tracemalloc.start()
        leave(server, 100)
        begin, _ = tracemalloc.get_traced_memory()
        leave(server, 900)
        eventually(lambda: held() <= before)
        end, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert end - begin < 900 * 200, "bytes"


def test_closing_the_scheduler_ends_streams_and_thread() -> None:
    async def shut(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request(TEXT), Trace())
        await anext(stream)
        await asyncio.to_thread(scheduler.close)
        with pytest.raises(Unavailable, match="shutting down"):
            await listen(stream)
        with pytest.raises(Unavailable, match="shutting down"):
            scheduler.open(Request(TEXT), Trace())

    threads = set(threading.enumerate())
    with scheduling(fake_engine(backend=HaltableBackend(0.01))) as scheduler:
        run(shut(scheduler))
    assert set(threading.enumerate()) <= threads


def test_scheduler_is_unavailable_until_the_engine_is_loaded() -> None:
    loaded = Event()

    def load() -> Engine:
        assert loaded.wait(5)
        return fake_engine()

    scheduler = Scheduler(load, 1)
    scheduler.start()
    with pytest.raises(Unavailable, match="being loaded"):
        _ = scheduler.engine
    loaded.set()
    eventually(lambda: is_ready(scheduler))
    scheduler.close()


def test_scheduler_can_be_closed_while_it_loads() -> None:
    loaded = Event()
    threads = threading.active_count()
    scheduler = Scheduler(lambda: fake_engine() if loaded.wait(5) else fake_engine(), 1)
    scheduler.start()
    scheduler.close()
    loaded.set()
    eventually(lambda: threading.active_count() == threads)


def test_failed_load_is_told_and_kept() -> None:
    def load() -> Engine:
        raise AssetError("The file is damaged.")

    scheduler = Scheduler(load, 1)
    scheduler.start()
    eventually(lambda: scheduler.failure is not None)
    with pytest.raises(Unavailable, match="damaged"):
        _ = scheduler.engine
    assert isinstance(scheduler.failure, AssetError)
    scheduler.close()


def test_stages_up_to_the_first_audio_name_the_wait_for_turns() -> None:
    async def trace(scheduler: Scheduler) -> Trace:
        traces = [Trace(), Trace()]
        streams = [scheduler.open(Request("one two"), trace) for trace in traces]
        await asyncio.gather(*map(listen, streams))
        return traces[1]

    with scheduling(fake_engine(delay=0.02)) as scheduler:
        stages = run(trace(scheduler)).stages("generator")
    assert set(stages) == {"queue", "phonemes", "front", "trunk", "statistics", "generator"}
    assert stages["queue"] > 0.05 and stages["front"] > 0.019


def test_listener_whose_event_loop_is_gone_frees_his_place() -> None:
    async def vanish(scheduler: Scheduler) -> None:
        await anext(scheduler.open(Request(TEXT * 5), Trace()))

    with scheduling(fake_engine(delay=0.01)) as scheduler:
        run(vanish(scheduler))
        eventually(lambda: not scheduler.active)


def test_encoded_stream_equals_encoded_render() -> None:
    engine = fake_engine()

    async def encode(scheduler: Scheduler) -> bytes:
        pcm = encoder("pcm")
        return b"".join([pcm.feed(c.samples) async for c in scheduler.open(Request(TEXT), Trace())])

    with scheduling(engine) as scheduler:
        assert run(encode(scheduler)) == encoder("pcm").feed(engine.render(TEXT))
