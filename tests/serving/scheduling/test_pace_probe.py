"""What an idle worker measures: its pace anew, and only while nobody is there."""

import asyncio
from threading import Event

import pytest

from fakes import HaltableBackend, eventually, fake_engine, scheduling
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import Halted
from onset.model.fake_backend import FakeBackend
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.stream import Stream
from onset.trace import Trace
from onset.types import Floats, Halt, Request
from speaking import TEXT, listen, soon, speak


class Recovering(FakeBackend):
    """A machine that was busy when the server began: each measurement is the next of `paces`."""

    def __init__(self, *paces: float) -> None:
        super().__init__()
        self._paces = list(paces)

    def pace(self, halt: Halt) -> float:
        return self._paces.pop(0)


async def probe(scheduler: Scheduler) -> Floats:
    stream = scheduler.open_probe(Request(TEXT), 0)
    assert stream is not None
    return await listen(stream)


def test_a_busy_moment_at_the_start_is_not_believed_for_ever() -> None:
    engine = fake_engine(backend=Recovering(2.0, 0.2))
    assert engine.pace == 1.0
    with scheduling(engine) as scheduler:
        worker = scheduler._workers[0]
        worker.capacity.work.add(40.0, 20.0)  # as measured in the busy moment
        assert scheduler.listeners == 1
        soon(probe(scheduler))
        assert engine.pace == 0.25
        assert scheduler.listeners is not None and scheduler.listeners > 1


@pytest.mark.parametrize("given", [None, 0.25])
def test_what_speech_costs_is_kept_where_the_pace_is_the_same(given: float | None) -> None:
    settings = load_settings({}, pace=given)
    with scheduling(fake_engine(backend=Recovering(0.2, 0.2, 0.2), settings=settings)) as scheduler:
        soon(probe(scheduler))
        scheduler._workers[0].capacity.work.add(4000.0, 2000.0)
        soon(probe(scheduler))
        assert scheduler.listeners == 1


def test_measuring_is_no_work_for_audio() -> None:
    class Costly(FakeBackend):
        def pace(self, halt: Halt) -> float:
            now[0] += 100.0
            return 1.0

    now = [0.0]
    with scheduling(fake_engine(backend=Costly()), clock=lambda: now[0]) as scheduler:
        soon(probe(scheduler))
        assert scheduler._workers[0].capacity.rtf == 0


def test_a_probe_says_the_same_and_counts_for_nobody() -> None:
    engine = fake_engine()

    async def ask(scheduler: Scheduler) -> Stream:
        stream = scheduler.open_probe(Request(TEXT), 0)
        assert stream is not None and scheduler.active == 0
        assert len(await listen(stream)) == len(engine.render(TEXT))
        return stream

    with scheduling(engine) as scheduler:
        stream = soon(ask(scheduler))
        assert stream.purpose == "probe" and stream.pace == 1.0
        assert stream.outcome == "spoken"


@pytest.mark.parametrize("background", [False, True])
def test_whoever_comes_ends_it_and_finds_their_place(background: bool) -> None:
    async def come(scheduler: Scheduler, engine: Engine) -> None:
        stream = scheduler.open_probe(Request(TEXT), 0)
        assert stream is not None
        await asyncio.to_thread(backend.working.wait, 5)
        theirs = scheduler.open(Request(TEXT), Trace(), background=background)
        with pytest.raises(Halted):
            await listen(stream)
        backend.delay = 0.0
        await listen(theirs)

    backend = HaltableBackend(5)
    engine = fake_engine(backend=backend)
    with scheduling(engine, max_streams=1) as scheduler:
        soon(come(scheduler, engine))


def test_there_is_none_while_anybody_is_there() -> None:
    async def crowd(scheduler: Scheduler) -> None:
        stream = scheduler.open(Request(TEXT), Trace())
        assert scheduler.open_probe(Request(TEXT), 0) is None
        stream.close()
        await asyncio.to_thread(eventually, lambda: scheduler.active == 0)
        scheduler.refuse()
        assert scheduler.open_probe(Request(TEXT), 0) is None

    with scheduling(fake_engine(backend=HaltableBackend(5))) as scheduler:
        soon(crowd(scheduler))


def test_a_fault_of_the_measuring_is_the_probes_alone() -> None:
    class Broken(FakeBackend):
        def pace(self, halt: Halt) -> float:
            if broken.is_set():
                raise ValueError("no clock")
            return 1.0

    broken = Event()
    with scheduling(fake_engine(backend=Broken())) as scheduler:
        broken.set()
        with pytest.raises(Exception, match="ValueError"):
            soon(probe(scheduler))
        assert len(soon(speak(scheduler))) > 0
