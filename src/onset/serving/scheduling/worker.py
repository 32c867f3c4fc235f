"""A thread that owns an engine and gives its streams their turns, one at a time."""

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from operator import attrgetter
from threading import Condition, Thread
from typing import TypeAlias

from onset.engine.engine import Engine
from onset.errors import Halted, OnsetError, OutOfMemory, lacks_memory
from onset.monitoring.answer_record import TARGET, Way
from onset.serving.scheduling.admission import ListenerDebt
from onset.serving.scheduling.pace_probe import PaceProbe
from onset.serving.scheduling.step_round import StepRound
from onset.serving.scheduling.stream import AHEAD, Stream
from onset.serving.scheduling.work_costs import WorkCosts
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Halt, Pause, Request

MOST_WAKEUPS = 4
"""Streams with news that the event loop has not heard of: with more it would only get later."""

MOST_CHUNKS = 4
"""Chunks of a turn at most: a step of 200 ms (span_decoding.STEP) makes as many."""

Turns: TypeAlias = Generator[Chunk | Pause, None, None]
"""As `Engine.turns`: each `next` is a turn, which may have no chunk to show."""


class Worker:
    """One thread, one engine, its streams. The arguments are those of Scheduler.

    note_promise: told of each listener who could hear it whether the first sound came too late,
    and of each who ran dry; note_stop: of the seconds until the work for one who had left had
    stopped. costs: what its work was measured to cost; capacity: that of Kokoro.
    languages: those that are loaded. `changed` is the lock of `streams` (each with what computes
    it, in the order they came) and `capacity`, and wakes the thread. probe: what measures the
    machine while nobody is there.
    """

    def __init__(
        self,
        load: Callable[[], Engine],
        warm_up: Request | None,
        clock: Callable[[], float],
        name: str,
        timeout: float | None = None,
        note_promise: Callable[[bool], None] = lambda missed: None,
        note_stop: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._note_promise, self._note_stop = note_promise, note_stop
        self.engine: Engine | None = None
        self.failure: Exception | None = None
        self.costs = WorkCosts(clock)
        self.capacity = self.costs.kokoro
        self.changed = Condition()
        self.streams: dict[Stream, Turns] = {}
        self._load, self._warm_up, self._clock, self._timeout = load, warm_up, clock, timeout
        self._closing, self.probe = False, PaceProbe()
        self.languages, self._round = set[str](), StepRound(1)
        # Loading cannot be interrupted, and must not keep a process alive that was told to go.
        self._thread = Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin to load."""
        self._thread.start()

    def open(
        self,
        request: Request,
        trace: Trace,
        background: bool,
        text: TextStream | None = None,
        last: bool = True,
    ) -> Stream | None:
        """Begin to speak by its plan, once loaded; None if the costs do not admit the listener."""
        assert self.engine is not None
        plan = self.engine.plan(request)
        with self.changed:
            audio = self.costs.audio(request, len(request.text), text is not None)
            listening = () if background else list(filter(_listening, self.streams))
            wait = self.costs.admitted(plan, listening, audio, self._clock(), last)
            if wait is None:
                return None
            deadline = self._clock() + wait
            stream = Stream(request, trace, self.changed, deadline, background, text, self._timeout)
            stream.plan, stream.opened_at = plan, self._clock()
            stream.language = self.engine.language(request)
            stream.cold = stream.language not in self.languages
            spare = partial(self.spare, stream)
            self.streams[stream] = self.engine.turns(
                request, trace, stream.halt, text, spare, cached=True
            )
            self.changed.notify()
        return stream

    def open_probe(self, request: Request) -> Stream | None:
        """Measure the pace, then speak, until somebody comes; None if somebody is there."""
        assert self.engine is not None
        with self.changed:
            if self.streams or self._closing:
                return None
            stream = self.probe.begin(self.engine, request, self.changed, self._clock())
            self.streams[stream] = self.engine.turns(request, stream.trace, stream.halt)
            self.changed.notify()
        return stream

    def close(self, error: OnsetError) -> None:
        """End every stream with `error`; the thread ends when it has put them away."""
        with self.changed:
            self._closing = True
            streams = list(self.streams)
            self.changed.notify()
        for stream in streams:
            stream.close(error)

    def join(self) -> None:
        """Wait for the thread. One that is still loading is not waited for: it ends by itself."""
        if self.engine is not None:
            self._thread.join()

    def debts(self) -> list[ListenerDebt]:
        """What the listeners need. The lock is held."""
        return self.costs.debts(filter(_listening, self.streams), self._clock())

    def spare(self, stream: Stream) -> float:
        """Seconds of counted work that may go before the stream's next sound, in equal shares."""
        if stream.background:
            return math.inf
        share = max(1, kokoro_listeners(self.streams)) * self.costs.slowness.value
        return stream.ahead(self._clock()) / share

    def owed(self) -> float:
        """Seconds of audio that are still to be made for everybody."""
        with self.changed:
            return sum(self.costs.remaining(s) for s in self.streams if not s.halt.is_set)

    def wait(self) -> float:
        """About how many seconds until a listener's audio is all made."""
        with self.changed:
            return self.capacity.wait(self.debts())

    def _work(self) -> None:
        if self._closing:
            return
        try:
            engine = self._load()
            if self._warm_up is not None:
                self.capacity.work.add(*_spoken(engine, self._warm_up, self._clock))
        except Exception as error:  # top of the thread: whoever asks for the engine is told
            self.failure = error
            return
        self.languages.add(engine.language(Request("", engine.settings.voice)))
        self._round = StepRound(engine.backend.batch)
        with self.changed:
            self.engine = engine
        engine.prepare_student()
        while (stream := self._next()) is not None:
            self._turn(stream)

    def _next(self) -> Stream | None:
        """Wait for the next turn; None when the worker is closed and everything put away."""
        # First without the lock, which the event loop needs: a look at hundreds takes a while.
        streams = list(self.streams)
        if not _flooded(streams) and (stream := self._round.choose(streams, self._clock())):
            return stream
        with self.changed:
            while True:
                if self._closing and not self.streams:
                    return None
                if _flooded(self.streams):
                    self.changed.wait()  # for the event loop
                    continue
                now = self._clock()
                if (stream := self._round.choose(self.streams, now)) is not None:
                    return stream
                # Time lets those run who are ahead; who waits for room is told by `__anext__`.
                listeners = (stream for stream in self.streams if not stream.background)
                rests = (stream.ahead(now) - AHEAD for stream in listeners)
                self.changed.wait(min((rest for rest in rests if rest > 0), default=None))

    def _turn(self, stream: Stream) -> None:
        begin, turns = self._clock(), self.streams[stream]
        try:
            if stream.halt.is_set:
                turns.close()
                self._retire(stream, Halted("The stream was closed."))
                return
            if self.probe.measures(stream):
                if self.probe.measure(stream):
                    with self.changed:
                        self.costs.forget()
                return
            if not stream.started:
                stream.trace.mark("queue")
            chunks, waits = _chunks(turns)
        except StopIteration:
            audio = stream.produced * stream.request.speed
            with self.changed:
                self.costs.add_speech(stream.request, stream.characters, audio)
            self._retire(stream, None)
        except Exception as error:  # a fault in one stream is its listener's, not the others'
            self._retire(stream, _fault(error))
        else:
            self._account(stream, chunks, begin)
            self._round.note(stream, begin, waits)

    def _account(self, stream: Stream, chunks: Sequence[Chunk], begin: float) -> None:
        """Note what a turn cost, then hand over what it made."""
        now = self._clock()
        stream.record_turn(now - begin, now)
        with self.changed:
            samples = sum(len(chunk.samples) for chunk in chunks)
            self.costs.add_turn(stream, now - begin, samples / SAMPLE_RATE)
            if chunks and not stream.started:
                self.languages.add(stream.language)
                if _hearable(stream):
                    self._note_promise(now - stream.opened_at > TARGET)
        if chunks:
            stream.put(chunks, now)

    def _retire(self, stream: Stream, error: OnsetError | None) -> None:
        if stream.stalls.count and _hearable(stream):
            self._note_promise(True)
        if isinstance(error, Halted) and not stream.idle:
            self._note_stop(stream.halt.seconds)
        with self.changed:
            del self.streams[stream]
        stream.end(error)


def _fault(error: Exception) -> OnsetError:
    """What a listener is told: a fault's own words may quote the text, so they are the cause."""
    if isinstance(error, OnsetError):
        return error
    unexpected = f"An unexpected {type(error).__name__} ended the stream."
    fault = OutOfMemory() if lacks_memory(error) else OnsetError(unexpected)
    fault.__cause__ = error
    return fault


def _spoken(engine: Engine, request: Request, clock: Callable[[], float]) -> tuple[float, float]:
    """Speak to nobody: the seconds it took, and of audio, of as many as are computed together.

    First for fewer, as kernels may be prepared for each number.
    """
    for count in _doubled(engine.backend.batch):
        spoken = _spoken_at_once(engine, request, clock, count)
    return spoken


def _spoken_at_once(
    engine: Engine, request: Request, clock: Callable[[], float], count: int
) -> tuple[float, float]:
    begin, audio = clock(), 0.0
    answers = [engine.turns(request, Trace(), Halt()) for _ in range(count)]
    while answers:
        pieces = [(answer, next(answer, None)) for answer in answers]
        audio += sum(len(p.samples) for _, p in pieces if isinstance(p, Chunk)) / SAMPLE_RATE
        answers = [answer for answer, piece in pieces if piece is not None]
    return clock() - begin, audio


def _doubled(most: int) -> list[int]:
    """1, 2, 4, ... up to `most`, which is the last."""
    return [*(1 << k for k in range((most - 1).bit_length())), most]


def _chunks(turns: Turns) -> tuple[list[Chunk], bool]:
    """What a turn makes at once: choosing among hundreds costs more than taking what is there.

    And whether it ended where a step waits for others.
    """
    chunks: list[Chunk] = []
    while len(chunks) < MOST_CHUNKS:
        piece = next(turns)
        if not isinstance(piece, Chunk):
            return chunks, piece is Pause.STEP
        chunks.append(piece)
        if not piece.more:
            break
    return chunks, False


def _flooded(streams: Iterable[Stream]) -> bool:
    """Whether the event loop has not yet heard of so much that more would only make it late."""
    if sum(map(attrgetter("wakeup_pending"), streams)) < MOST_WAKEUPS:
        return False
    # Those who left are put away even if their event loop is gone and will never hear.
    pending = (stream.wakeup_pending and not stream.halt.is_set for stream in streams)
    return sum(pending) >= MOST_WAKEUPS


def kokoro_listeners(streams: Iterable[Stream]) -> int:
    """Listeners whose audio costs much: a student's costs a fiftieth."""
    return sum(_listening(each) and not each.plan.student for each in list(streams))


def _hearable(stream: Stream) -> bool:
    """Whether somebody listens who waits for nothing but the engine."""
    waited = not (stream.cold or stream.idle or stream.trace.cached)
    return stream.way is Way.HTTP and waited


def _listening(stream: Stream) -> bool:
    return not stream.background and not stream.halt.is_set
