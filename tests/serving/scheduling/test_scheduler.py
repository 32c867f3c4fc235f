"""The scheduler's promises: who is let in, that leaving stops the work, and how it all ends."""

import asyncio
import gc
import socket
import threading
import tracemalloc
from threading import Event

import numpy as np
import psutil
import pytest

from asking import ask, request_speech, reset
from fakes import (
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
from onset.audio.compressed import encoder
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import (
    AssetError,
    Busy,
    Unavailable,
)
from onset.serving.scheduling.scheduler import LONGEST_RETRY, Scheduler
from onset.serving.scheduling.stream import Stream
from onset.serving.scheduling.worker import Turns
from onset.trace import Trace
from onset.types import Halt, Request
from speaking import TEXT, Clock, listen, soon, speak, until


def test_stream_equals_render() -> None:
    engine = fake_engine()
    with scheduling(engine) as scheduler:
        assert np.array_equal(soon(speak(scheduler)), engine.render(TEXT))


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
        soon(crowd(scheduler))


def test_those_in_the_background_keep_no_listener_out() -> None:
    async def crowd(scheduler: Scheduler) -> None:
        for _ in range(2):
            scheduler.open(Request(TEXT), Trace(), background=True)
        with pytest.raises(Busy, match="2 streams"):
            scheduler.open(Request(TEXT), Trace(), background=True)
        for _ in range(2):
            scheduler.open(Request(TEXT), Trace())
        with pytest.raises(Busy, match="2 streams"):
            scheduler.open(Request(TEXT), Trace())

    with scheduling(fake_engine(backend=HaltableBackend(5)), max_streams=2) as scheduler:
        soon(crowd(scheduler))


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
        scheduler.open(long, Trace(), background=True).close()
        first.close()
        await asyncio.to_thread(eventually, lambda: not scheduler.active)
        scheduler.open(long, Trace()).close()

    with scheduling(ScriptedEngine(costly), clock=clock) as scheduler:
        soon(crowd(scheduler))


def test_stream_that_takes_too_long_frees_the_engine() -> None:
    async def hear(scheduler: Scheduler) -> None:
        with pytest.raises(Unavailable, match="too long"):
            await speak(scheduler)
        await asyncio.to_thread(eventually, lambda: not scheduler.active)

    engine = fake_engine(backend=HaltableBackend(delay=30))
    scheduler = Scheduler(lambda: engine, 8, timeout=0.05)
    scheduler.start()
    eventually(lambda: is_ready(scheduler))
    soon(hear(scheduler))
    scheduler.close()


def test_only_who_waits_for_their_first_bytes_is_awaited() -> None:
    async def hear(scheduler: Scheduler) -> None:
        heard, background = (
            scheduler.open(Request(TEXT), Trace(), background=background)
            for background in (False, True)
        )
        assert scheduler.active == 2 and scheduler.awaited == 1
        heard.delivery.sent(silence(0.1).samples)
        assert scheduler.active == 2 and scheduler.awaited == 0
        for stream in (heard, background):
            stream.close()

    with scheduling(fake_engine(backend=HaltableBackend(delay=30))) as scheduler:
        soon(hear(scheduler))


def test_how_long_work_goes_on_for_who_left_is_told() -> None:
    told = list[float]()

    async def leave(scheduler: Scheduler) -> None:
        scheduler.stops.append(told.append)
        await speak(scheduler)
        assert not told, "nobody left"
        stream = scheduler.open(Request(TEXT * 500), Trace())
        await anext(stream)
        stream.close()
        await asyncio.to_thread(eventually, lambda: bool(told))

    with scheduling(fake_engine()) as scheduler:
        soon(leave(scheduler))
    assert len(told) == 1 and 0 < told[0] < 5


def test_the_first_sound_of_who_waits_is_predicted_beside_who_is_there() -> None:
    async def hear(scheduler: Scheduler) -> list[float | None]:
        traces = Trace(), Trace(), Trace()
        for trace, background in zip(traces, (True, False, False), strict=True):
            scheduler.open(Request(TEXT), trace, background=background)
        assert scheduler.backlog, "all of it is still to be made"
        return [trace.predicted for trace in traces]

    with scheduling(fake_engine(backend=HaltableBackend(delay=30))) as scheduler:
        background, first, second = soon(hear(scheduler))
    assert background is None
    assert first and second == pytest.approx(2 * first)


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
    soon(both(scheduler))
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
        soon(drain(scheduler))


def test_a_thousand_who_leave_abruptly_leave_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("onset.monitoring.live_window.KEPT", 50)  # full before it is measured

    def held() -> tuple[int, int, int]:
        gc.collect()
        streams = sum(isinstance(thing, Stream) for thing in gc.get_objects())
        # The event loop's own pool is bounded, and begins when something is first done in it.
        threads = [t for t in threading.enumerate() if not t.name.startswith(("uvloop", "asyncio"))]
        return len(threads), psutil.Process().num_fds(), streams

    def leave(server: Running, count: int) -> None:
        for number in range(count):
            client = request_speech(server)
            if number % 5 == 0:
                client.recv(100)
            (reset if number % 2 else socket.socket.close)(client)
        # Requests of those who left may still wait to be read.
        eventually(lambda: ask(server).status_code == 200, timeout=20)
        eventually(lambda: not server.scheduler.active, timeout=20)

    settings = load_settings({}, port=0, drain_timeout=0, max_streams=64, history=False)
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
        soon(shut(scheduler))
    assert set(threading.enumerate()) <= threads


def test_scheduler_is_unavailable_until_the_engine_is_loaded() -> None:
    loaded = Event()

    def load() -> Engine:
        assert loaded.wait(5)
        return fake_engine()

    scheduler = Scheduler(load, 1)
    scheduler.start()
    with pytest.raises(Unavailable, match="being loaded"):
        scheduler.require_ready()
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
        scheduler.require_ready()
    assert isinstance(scheduler.failure, AssetError)
    scheduler.close()


def test_stages_up_to_the_first_audio_name_the_wait_for_turns() -> None:
    async def trace(scheduler: Scheduler) -> Trace:
        traces = [Trace(), Trace()]
        streams = [scheduler.open(Request("one two"), trace) for trace in traces]
        await asyncio.gather(*map(listen, streams))
        return traces[1]

    with scheduling(fake_engine(delay=0.02)) as scheduler:
        stages = soon(trace(scheduler)).stages()
    assert set(stages) == {"queue", "phonemes", "front", "trunk", "statistics", "step"}
    assert stages["queue"] > 0.05 and stages["front"] > 0.019


def test_encoded_stream_equals_encoded_render() -> None:
    engine = fake_engine()

    async def encode(scheduler: Scheduler) -> bytes:
        pcm = encoder("pcm")
        return b"".join([pcm.feed(c.samples) async for c in scheduler.open(Request(TEXT), Trace())])

    with scheduling(engine) as scheduler:
        assert soon(encode(scheduler)) == encoder("pcm").feed(engine.render(TEXT))
