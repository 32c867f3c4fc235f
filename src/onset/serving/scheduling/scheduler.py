"""Many requests, a few engines: admits what they can keep up with, and tells others to come back.

A new stream goes to the worker with the least to do where everybody, the new one too, would still
get their audio in time (admission.py). Threads and the event loop meet in streams only (stream.py).
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from onset.config import Settings
from onset.engine.engine import Engine
from onset.errors import Busy, Unavailable
from onset.monitoring.answer_record import AnswerFeed
from onset.serving.scheduling.plan_choice import PlanChoice
from onset.serving.scheduling.stream import Stream, is_awaited
from onset.serving.scheduling.worker import Worker, kokoro_listeners
from onset.text.g2p.languages import GREETINGS
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import Request

RETRY_LOADING = 1.0
RETRY_FULL = 1.0
RETRY_CLOSING = 5.0
RETRY_FAILED = 60.0
LONGEST_RETRY = 30.0
"""Seconds after which it is worth asking again."""

MOST_HINTS = 8
"""Preparations that wait until nobody listens."""

WARM_UP = Request("Ready, and a little sooner than anybody would have thought.", lang="en-us")
"""Spoken to nobody by a new engine, so that the first listener does not pay for first times.

Long enough to be begun before its trunk is there, as sentences are."""

SWITCH = 0.0005
"""Seconds for which the engine's Python may keep the event loop waiting (5 ms if left alone)."""


class Scheduler:
    """The workers and the streams they work for. `load` runs once on each after `start`, in turn.

    max_streams: the most who may listen, whatever the engines can do, and as many more in the
    background, which thus keep nobody out. timeout: seconds one stream may take. warm_up: what
    every engine speaks to nobody before it is there, so that the first listener does not pay for
    first times, and something is known of what speech costs. clock: seconds.

    choice: of the plans of answers. hints: what to `prepare` for, the oldest first. answers: who is
    told of every answer that is over, by whoever sent it. stops: are told, in a worker's thread, of
    the seconds until the work for who had left had stopped.
    """

    def __init__(
        self,
        load: Callable[[], Engine],
        max_streams: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        workers: int = 1,
        timeout: float | None = None,
        warm_up: Request | None = None,
        choice: PlanChoice | None = None,
    ) -> None:
        self._max_streams, self._closing, self._started = max_streams, False, False
        self._clock = clock
        self.choice = choice or PlanChoice("balanced")
        self.answers, self.stops = AnswerFeed(), list[Callable[[float], None]]()
        self.hints: asyncio.Queue[Request] = asyncio.Queue(MOST_HINTS)
        one_by_one = Lock()

        def load_alone() -> Engine:
            with one_by_one:  # loading takes all cores, and the first leaves files for the next
                return load()

        names = ["onset-engine", *(f"onset-engine-{n}" for n in range(2, workers + 1))]
        note = self.choice.note

        def stopped(seconds: float) -> None:
            for listener in self.stops:
                listener(seconds)

        self._workers = [
            Worker(load_alone, warm_up, clock, name, timeout, note, stopped) for name in names
        ]

    @property
    def failure(self) -> Exception | None:
        """What loading raised, if it did."""
        return next((w.failure for w in self._workers if w.failure is not None), None)

    def require_ready(self) -> Engine:
        """An engine, to ask and not to run. Raises Unavailable until all are loaded."""
        if self.failure is not None:
            reason = f"The model could not be loaded: {self.failure}"
            raise Unavailable(reason, RETRY_FAILED) from self.failure
        if self._closing:
            raise Unavailable("The server is shutting down.", RETRY_CLOSING)
        engine = self._workers[0].engine
        if engine is None or not self.ready:
            raise Unavailable("The model is being loaded.", RETRY_LOADING)
        return engine

    @property
    def ready(self) -> bool:
        """Whether all engines are loaded."""
        return all(worker.engine is not None for worker in self._workers)

    @property
    def active(self) -> int:
        """Streams that the engines work for; probes are for nobody."""
        return sum(not stream.idle for stream in self._streams())

    @property
    def awaited(self) -> int:
        """Streams whose first bytes a listener waits for."""
        return sum(is_awaited(stream) for stream in self._streams())

    @property
    def ahead(self) -> float:
        """Seconds of audio that whoever listens with the least still has; inf for nobody.

        None is what one has who has heard nothing yet, and who waits for a file.
        """
        now, streams = self._clock(), [stream for stream in self._streams() if not stream.idle]
        waits = any(stream.background or not stream.started for stream in streams)
        return 0.0 if waits else min((s.ahead(now) for s in streams), default=math.inf)

    @property
    def backlog(self) -> float | None:
        """About how many seconds of audio are still to be made; None until all are loaded."""
        return sum(worker.owed() for worker in self._workers) if self.ready else None

    def _streams(self) -> list[Stream]:
        return [stream for worker in self._workers for stream in list(worker.streams)]

    @property
    def listeners(self) -> int | None:
        """How many can listen for ever as measured until now; None before anything was."""
        counts = [worker.capacity.listeners for worker in self._workers]
        return sum(count for count in counts if count is not None) or None

    @property
    def languages(self) -> list[str]:
        """Languages that need not be loaded any more, by any engine."""
        return sorted(set.intersection(*(set(worker.languages) for worker in self._workers)))

    def hint(self, voice: str, lang: str | None) -> None:
        """Speech in a voice and a language will be asked for: prepare while nobody listens.

        Raises InvalidRequest for what cannot be spoken, Busy where MOST_HINTS wait already,
        Unavailable.
        """
        request = Request("", voice, lang=lang)
        language = self.require_ready().language(request)
        if self.hints.full():
            raise Busy(f"{MOST_HINTS} preparations wait already.", RETRY_FULL)
        self.hints.put_nowait(replace(request, text=GREETINGS[language]))

    def prepare(self, request: Request) -> None:
        """Read a text in this thread so that its language is there, and load the voice's student;
        engines go on speaking. Raises InvalidRequest.
        """
        language = self.require_ready().language(request)
        for worker in self._workers:
            if worker.engine is not None:
                worker.engine.prepare(request)
                worker.languages.add(language)
                if self.choice.may_be_fast and worker.engine.students.has(request.voice, language):
                    worker.engine.students.prepare(request.voice)

    def start(self) -> None:
        """Begin to load, unless that was done."""
        if not self._started:
            self._started = True
            for worker in self._workers:
                worker.start()

    def open(
        self,
        request: Request,
        trace: Trace,
        *,
        background: bool = False,
        text: TextStream | None = None,
    ) -> Stream:
        """Begin to speak, from a coroutine. text: where it is still being written.

        Raises Unavailable if the engine is not there, Busy if it has as much as it can do.
        """
        engine = self.require_ready()
        for worker in self._workers:
            worker.probe.end()
        streams = self._streams()
        count = sum(s.background == background for s in streams if not s.idle)
        if count >= self._max_streams:
            raise Busy(f"All {count} streams are taken.", RETRY_FULL)
        listeners = kokoro_listeners(streams)
        slowness = max(worker.costs.slowness.value for worker in self._workers)
        plans = self.choice.candidates(engine, request, background, listeners, slowness)
        for plan in plans:
            planned, last = replace(request, plan=plan), plan == plans[-1]
            for worker in sorted(self._workers, key=Worker.owed):
                if (stream := worker.open(planned, trace, background, text, last)) is not None:
                    if not background and text is None:
                        first = _first_seconds(engine, stream)
                        trace.predicted = slowness * (1 + listeners) * first
                    return stream
        message = f"The engine keeps up with {self.listeners} and speaks for {self.active} already."
        wait = math.ceil(min(worker.wait() for worker in self._workers))
        raise Busy(message, min(max(wait, RETRY_FULL), LONGEST_RETRY))

    def open_probe(self, request: Request, worker: int) -> Stream | None:
        """Measure the pace of a worker's engine, then speak to nobody, from a coroutine.

        None where anybody is served; whoever comes next at that worker ends it.
        """
        if self._closing or not self.ready or self.active:
            return None
        return self._workers[worker].open_probe(request)

    @property
    def workers(self) -> int:
        """How many engines there are."""
        return len(self._workers)

    def refuse(self) -> None:
        """Take nobody new from now on; those who are being served are served."""
        self._closing = True

    def close(self) -> None:
        """End every stream with Unavailable, and the workers; wait for all that are not loading."""
        self.refuse()
        for worker in self._workers:
            worker.close(Unavailable("The server is shutting down.", RETRY_CLOSING))
        for worker in self._workers:
            worker.join()


def _first_seconds(engine: Engine, stream: Stream) -> float:
    """Seconds of work until an answer's first sound, as its plan was chosen by."""
    phonemes, shares = len(stream.request.text), engine.backend.shares
    return stream.plan.first_seconds(engine.pace, phonemes, shares)


def scheduler_of(
    settings: Settings, load: Callable[[], Engine], warm_up: Request | None = None
) -> Scheduler:
    """The scheduler that the settings describe."""
    return Scheduler(
        load,
        settings.max_streams,
        workers=settings.workers,
        timeout=settings.request_timeout,
        warm_up=warm_up,
        choice=PlanChoice(settings.mode, settings.fallback),
    )
