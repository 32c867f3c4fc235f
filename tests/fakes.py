"""Fakes for every test: engines without a model, ways to fail, and a real server around them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import numpy as np

from onset.config import Settings, load_settings
from onset.engine.answer import Observer
from onset.engine.engine import Engine
from onset.errors import AssetError, Halted, Unavailable
from onset.model.adain_predictor import AdainPredictor, VoiceCentre, features
from onset.model.backend import TRUNK_CHANNELS, Backend, SpeechModel
from onset.model.fake_backend import FakeBackend
from onset.model.opening_predictor import INPUTS, OpeningPredictor, opening_features
from onset.model.students import Students
from onset.monitoring.server_monitor import ServerMonitor
from onset.serving.http.app import HttpServer, create_app
from onset.serving.http.performance import Benchmarks
from onset.serving.scheduling.scheduler import Scheduler, scheduler_of
from onset.serving.scheduling.worker import Turns
from onset.text.g2p.vocabulary import VOCABULARY
from onset.text.incremental import TextStream
from onset.text.readings import ReadingSource
from onset.trace import Trace
from onset.types import Chunk, Halt, Request, Word

NO_STUDENTS = Students(lambda: None)
"""As where the package with students is not installed."""

STREAMING = ("af_heart", "am_michael")
"""The voices that the fake predictor covers; all others are decoded exactly."""


def words(text: str, lang: str) -> tuple[Word, ...]:
    """One phoneme a letter or digit; a mark is its own phoneme."""
    found = re.findall(r"(\S+)(\s*)", text)
    return tuple(Word(word, "".join(map(_phoneme, word)), space) for word, space in found)


def _phoneme(character: str) -> str:
    if character.lower() in VOCABULARY:
        return character.lower()
    return "ə" if character.isalnum() else ""


def predictor() -> OpeningPredictor:
    """Statistics for the voices in STREAMING, all alike: the fake decoder does not look."""
    backend, halt = FakeBackend(), Halt()
    front = backend.front((1,), np.zeros((1, 256), np.float32), 1.0, halt)
    opening = opening_features(front, backend.trunk_entrance(front, halt))
    generator = features(backend.trunk(front, halt))
    return OpeningPredictor(
        _alike(len(opening), TRUNK_CHANNELS + sum(INPUTS)), _alike(len(generator), 1)
    )


def _alike(count: int, channels: int) -> AdainPredictor:
    """Says the same of all readings: 0 and 1."""
    nothing, one = np.zeros(2 * channels, np.float32), np.ones(1, np.float32)
    centre = VoiceCentre(np.zeros(count, np.float32), nothing, one, np.zeros(0, np.float32), 1.0)
    apart = np.zeros((0, 1), np.float32)
    inward, outward = np.zeros((1, count, 1), np.float32), np.zeros((1, 2 * channels), np.float32)
    scale, unit = np.ones(count, np.float32), np.ones(channels, np.float32)
    centres = dict.fromkeys(STREAMING, centre)
    return AdainPredictor("fake", centres, scale, inward, apart, outward, unit)


class OneStudent:
    """A library with a student of af_heart that works without delay. damaged: its file is not the
    one published."""

    def __init__(self, damaged: bool = False) -> None:
        self._damaged = damaged

    def student_names(self) -> dict[str, str]:
        return {"af_heart": "heart"}

    def student_file(self, name: str) -> Path:
        if self._damaged:
            raise AssetError(
                f"{name} is not the file listed: pip install --force-reinstall hibari-tts"
            )
        return Path(name)

    def load_student(self, name: str) -> SpeechModel:
        return FakeBackend()


def fake_engine(
    delay: float = 0.0,
    *,
    backend: Backend | None = None,
    settings: Settings | None = None,
    students: Students = NO_STUDENTS,
) -> Engine:
    """A real engine around a fake model. delay: seconds of each front, trunk and step."""
    return Engine(
        settings or load_settings({}),
        backend=backend or FakeBackend(delay),
        words=words,
        predictor=predictor(),
        students=students,
    )


class HaltableBackend(FakeBackend):
    """Stops in the middle of its delay when told to, as ONNX Runtime does between operators."""

    def __init__(self, delay: float = 0.0) -> None:
        super().__init__(delay)
        self.working = Event()

    def _work(self, halt: Halt) -> None:
        pressed = Event()
        halt.attach(pressed.set)
        self.working.set()
        pressed.wait(self.delay)
        halt.detach(pressed.set)
        if halt.is_set:
            raise Halted("Stopped.")


class FailingBackend(FakeBackend):
    """Raises `error` at its work number `at` (front, trunk and each step are one), once."""

    def __init__(self, error: Exception, at: int, delay: float = 0.0) -> None:
        super().__init__(delay)
        self._error, self._left = error, at

    def _work(self, halt: Halt) -> None:
        self._left -= 1
        if self._left == 0:
            raise self._error
        super()._work(halt)


class ScriptedEngine(Engine):
    """Speaks what `script` yields for a request, instead of anything real."""

    def __init__(self, script: Callable[[Request, Halt], Turns]) -> None:
        super().__init__(
            load_settings({}),
            backend=FakeBackend(),
            words=words,
            predictor=predictor(),
            students=NO_STUDENTS,
        )
        self._script = script

    def turns(
        self,
        request: Request,
        trace: Trace,
        halt: Halt,
        text_stream: TextStream | None = None,
        spare: Callable[[], float] | None = None,
        observer: Observer | None = None,
        source: ReadingSource | None = None,
        cached: bool = False,
    ) -> Turns:
        return self._script(request, halt)


def silence(seconds: float) -> Chunk:
    """A chunk that lasts so long."""
    return Chunk(np.zeros(round(seconds * 24_000), np.float32), 0, 0, False)


def eventually(condition: Callable[[], bool], timeout: float = 5.0) -> float:
    """Seconds until `condition` held; fails if it does not in time."""
    begin = monotonic()
    while not condition():
        assert monotonic() - begin < timeout, "it never came true"
        sleep(0.0005)
    return monotonic() - begin


def is_ready(scheduler: Scheduler) -> bool:
    """Whether the engine is loaded. Raises what loading raised."""
    if scheduler.failure is not None:
        raise scheduler.failure
    try:
        scheduler.require_ready()
    except Unavailable:
        return False
    return True


@contextmanager
def scheduling(
    engine: Engine, max_streams: int = 8, clock: Callable[[], float] = monotonic
) -> Iterator[Scheduler]:
    """A scheduler that is ready, and closed at the end."""
    scheduler = Scheduler(lambda: engine, max_streams, clock)
    scheduler.start()
    eventually(partial(is_ready, scheduler))
    try:
        yield scheduler
    finally:
        scheduler.close()


@dataclass(frozen=True, slots=True)
class Running:
    """A server in this process."""

    url: str
    port: int
    scheduler: Scheduler
    monitor: ServerMonitor | None = None
    benchmarks: Benchmarks | None = None


@contextmanager
def serving(
    load: Callable[[], Engine], settings: Settings | None = None, *, wait: bool = True
) -> Iterator[Running]:
    """A real uvicorn on a free port, in a thread. wait: until the engine is loaded."""
    own = settings or load_settings({}, port=0)
    app = create_app(scheduler_of(own, load), own)
    server = HttpServer(app, settings or load_settings({}, port=0, drain_timeout=0))
    thread = Thread(target=server.run, name="test-server")
    thread.start()
    try:
        eventually(lambda: server.url != "")
        scheduler: Scheduler = app.state.scheduler
        if wait:
            eventually(partial(is_ready, scheduler))
        port = int(server.url.rpartition(":")[2])
        yield Running(server.url, port, scheduler, app.state.monitor, app.state.benchmarks)
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
