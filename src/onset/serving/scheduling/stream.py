"""One answer on its way: the worker puts chunks in, the event loop takes them out."""

import asyncio
from collections import deque
from collections.abc import Sequence
from threading import Condition

from onset.engine.plans import PLANS
from onset.errors import Halted, InvalidRequest, OnsetError, Unavailable
from onset.monitoring.answer_record import StreamOutcome, Way
from onset.monitoring.delivery import AnswerDelivery, DeliveryStalls
from onset.protocol.http_api import Purpose
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Halt, Request

AHEAD = 30.0
"""Seconds of audio a listener may have ahead; more would only be work that may never be heard."""

BUFFER = 40
"""Chunks (2 s) between the worker and the event loop. A slower reader stops only their own stream.
"""

SLICE = 4
"""Chunks that a listener takes at once before others in the event loop have their turn."""

RETRY_LATE = 1.0
"""Seconds after which it is worth asking again for what took too long."""


class Stream:
    """One answer: `async for chunk in stream`, in the event loop that opened it.

    Ends with what the engine raised, Halted after `close`, Unavailable if it took longer than
    `timeout` seconds or the scheduler closes. background: nobody listens while it is made, so it
    runs when no listener is near running dry, and as far ahead as it is read. text: where it is
    still being written. Others read these and only methods write them. deadline: the clock's time
    at which the listener runs dry; for a new one, by which they should hear something. started:
    whether there was audio. produced: seconds of audio made. cost: seconds of work; longest_turn:
    of one turn at most. wakeup_pending: whether the event loop has yet to hear of news. stalls: of
    a listener who was neither waiting for the writer nor slow to read. delivery, purpose, format:
    noted by whoever sends it. language, cold: what it is read in, and whether that had yet to be
    loaded; plan, opened_at: how it is made, since when. exact: whether the audio taken last was
    decoded so. idle: whether it is a probe, which makes way for all and counts for nobody; pace: as
    it measured it.
    """

    def __init__(
        self,
        request: Request,
        trace: Trace,
        changed: Condition,
        deadline: float,
        background: bool = False,
        text: TextStream | None = None,
        timeout: float | None = None,
    ) -> None:
        self.request, self.trace, self.halt = request, trace, Halt()
        self.background = background
        self.deadline = self.last_turn_at = deadline
        self.plan, self.opened_at = PLANS["balanced"], deadline
        self.started = self.wakeup_pending = self.idle = False
        self.produced = self.cost = self.longest_turn = 0.0
        self.stalls, self.delivery = DeliveryStalls(), AnswerDelivery()
        self.purpose: Purpose = "user"
        self.format = self.language = ""
        self.cold = False
        self.exact: bool | None = None
        self.pace: float | None = None
        self._text = text
        self._changed = changed  # guards what follows, and tells the worker of news
        self._buffer: deque[Chunk] = deque()
        self._ended = self._spoken = self._late = False
        self._excused = False  # whether it is not the engine that the listener waits for
        self._error: OnsetError | None = None
        self._taken, self._streak = 0, 0
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._timer = None if timeout is None else self._loop.call_later(timeout, self._expire)

    def __aiter__(self) -> "Stream":
        return self

    async def __anext__(self) -> Chunk:
        self._streak += 1
        if self._streak % SLICE == 0:
            await asyncio.sleep(0)
        while True:
            with self._changed:
                if self.halt.is_set or (self._ended and not self._buffer):
                    break
                if self._buffer:
                    self._changed.notify()  # the worker may be waiting for room
                    return self._take(self._buffer.popleft())
                self._news.clear()
            await self._news.wait()
        if self._error is not None:
            raise self._error
        if self.halt.is_set:
            raise Halted("The stream was closed.")
        self._spoken = True
        raise StopAsyncIteration

    def take_buffered(self) -> list[Chunk]:
        """Take all chunks that are there, at once: waking for each would cost more."""
        with self._changed:
            chunks = [self._take(chunk) for chunk in self._buffer]
            self._buffer.clear()
            self._changed.notify()
        return chunks

    def _take(self, chunk: Chunk) -> Chunk:
        self._taken += len(chunk.samples)
        self.exact = chunk.exact
        return chunk

    def close(self, error: OnsetError | None = None) -> None:
        """Stop the work within one operator of the model. Any thread may, and more than once.

        error: what the listener gets instead of Halted, unless the stream has ended already.
        """
        if error is not None:
            self.end(error)
        self.halt.set()
        self.wake_worker()
        self._wake_listener()

    def _expire(self) -> None:
        self._late = True
        self.close(Unavailable("The request took too long.", RETRY_LATE))

    @property
    def characters(self) -> int:
        """Length of the text as far as it is known."""
        return len(self.request.text) if self._text is None else self._text.characters

    @property
    def writing(self) -> bool:
        """Whether more text may come."""
        return self._text is not None and not self._text.ended

    def wake_worker(self) -> None:
        """There may be something to do. Any thread may tell."""
        with self._changed:
            self._changed.notify()

    def may_run(self, now: float) -> bool:
        """Whether the next turn can be computed, and there is room for its chunk."""
        room = len(self._buffer) < BUFFER and (self.background or self.ahead(now) <= AHEAD)
        return room and (self._text is None or self._text.ready())

    def ahead(self, now: float) -> float:
        """Seconds of audio the listener still has; negative if they have run dry."""
        return self.deadline - now

    def put(self, chunks: Sequence[Chunk], now: float) -> None:
        """Worker: hand chunks over. A listener who had run dry starts to listen now."""
        seconds = sum(len(chunk.samples) for chunk in chunks) / SAMPLE_RATE
        with self._changed:
            if self.started and now > self.deadline and not self._excused:
                self.stalls.add(now - self.deadline)
            self._buffer.extend(chunks)
            self._excused = len(self._buffer) >= BUFFER
            self.deadline = (max(self.deadline, now) if self.started else now) + seconds
            self.produced += seconds
            self.started = True
        self._wake_listener()

    def record_turn(self, seconds: float, now: float) -> None:
        """Worker: a turn took so many seconds, and is over now."""
        self.cost += seconds
        self.longest_turn = max(self.longest_turn, seconds)
        self.last_turn_at = now
        self._excused |= self._text is not None and not self._text.ready()

    def end(self, error: OnsetError | None) -> None:
        """Nothing more will come. The first end holds: what follows only comes of it."""
        with self._changed:
            if not self._ended:
                self._ended, self._error = True, error
        self._wake_listener()

    def _wake_listener(self) -> None:
        """Wake the listener's event loop, unless a wake-up is on its way there."""
        with self._changed:
            if self.wakeup_pending:
                return
            self.wakeup_pending = True
        try:
            self._loop.call_soon_threadsafe(self._woken)
        except RuntimeError:  # the event loop is closed: nobody will ever listen
            self.halt.set()

    def _woken(self) -> None:
        with self._changed:
            self.wakeup_pending = False
            self._changed.notify()
        self._news.set()
        if self._timer is not None and (self._ended or self.halt.is_set):
            self._timer.cancel()

    @property
    def outcome(self) -> StreamOutcome | None:
        """How it ended; None while it has not."""
        if self._spoken:
            return StreamOutcome.SPOKEN
        if self._late:
            return StreamOutcome.LATE
        if self._error is None or isinstance(self._error, Halted):
            return StreamOutcome.LEFT if self.halt.is_set else None
        outcomes = {InvalidRequest: StreamOutcome.REFUSED, Unavailable: StreamOutcome.STOPPED}
        return outcomes.get(type(self._error), StreamOutcome.FAILED)

    @property
    def way(self) -> Way:
        """How it was asked for."""
        if self.background:
            return Way.BACKGROUND
        return Way.HTTP if self._text is None else Way.INCREMENTAL

    @property
    def taken(self) -> float:
        """Seconds of audio the listener has taken."""
        return self._taken / SAMPLE_RATE

    @property
    def rtf(self) -> float | None:
        """Seconds of the engine's work for a second of audio; None without audio."""
        return self.cost / self.produced if self.produced else None


def is_awaited(stream: Stream) -> bool:
    """Whether a listener waits for the first bytes, and not for a writer."""
    text = stream._text
    nobody = stream.background or stream.idle
    return not nobody and stream.delivery.sent_ns is None and (text is None or text.ready())
