"""One answer on its way: the worker puts chunks in, the listener takes them out in the event loop.

Counts what its listener has before him, what it has cost and how it ended. The buffer has a size;
closing stops the computation; a stream that takes too long ends by itself.
Knows nothing of other streams, or of what a turn computes.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Condition
from time import perf_counter_ns
from typing import TypeAlias

from onset.errors import Halted, InvalidRequest, OnsetError, Unavailable
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Halt, Request

AHEAD = 30.0
"""Seconds of audio a listener may have before him; more would only be work he may never hear."""

BUFFER = 40
"""Chunks (2 s) between the worker and the event loop. Whoever reads slower stops his own stream."""

SLICE = 4
"""Chunks that a listener takes at once before others in the event loop have their turn."""

RETRY_LATE = 1.0
"""Seconds after which it is worth asking again for what took too long."""

Turns: TypeAlias = Generator[Chunk | None, None, None]
"""As `Engine.turns`: each `next` is a turn, which may have no chunk to show."""


class StreamOutcome(StrEnum):
    """How a stream ended for its listener.

    LEFT: he closed it. REFUSED: nothing could be spoken. LATE: it took longer than it may.
    STOPPED: the server ended.
    """

    SPOKEN = "spoken"
    LEFT = "left"
    REFUSED = "refused"
    LATE = "late"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """On what terms a request is spoken.

    background: nobody listens while it is made, so it runs when no listener is near running dry,
    and as far ahead as it is read. ready: for a text that is still being written, whether the next
    turn has the words it needs; asked at every turn, so it must be quick and take no lock.
    """

    background: bool = False
    ready: Callable[[], bool] | None = None


LISTENER = RequestTerms()
"""Somebody listens, and the text is all there."""


class Stream:
    """One answer: `async for chunk in stream`, in the event loop that opened it.

    Ends with what the engine raised, Halted after `close`, Unavailable if it took too long or the
    scheduler closes. dry_at: the clock's time by which he should hear something. timeout: seconds
    the whole answer may take. characters: length of the text as far as it is known; writing:
    whether more of it may come. Whoever brings the text keeps both, and calls `wake`.
    """

    def __init__(
        self,
        request: Request,
        turns: Turns,
        trace: Trace,
        halt: Halt,
        changed: Condition,
        dry_at: float,
        terms: RequestTerms = LISTENER,
        timeout: float | None = None,
    ) -> None:
        self.request, self.turns, self.trace, self.halt = request, turns, trace, halt
        self.background = terms.background
        self.characters, self.writing = len(request.text), terms.ready is not None
        # When the listener runs dry, or ran; for a new one, when he should have heard something.
        self.dry_at = dry_at
        self.turned_at = dry_at
        self.begun = self.told = False
        self._streak = 0
        self.made = self.cost = self.longest = 0.0
        self._terms = terms
        self._changed = changed  # guards what follows and tells the worker of news
        self._buffer: deque[Chunk] = deque()
        self._ended = self._spoken = self._late = False
        self._error: OnsetError | None = None
        self._taken, self._first_ns = 0, 0
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

    def _take(self, chunk: Chunk) -> Chunk:
        self._taken += len(chunk.samples)
        self._first_ns = self._first_ns or perf_counter_ns()
        return chunk

    def waiting(self) -> list[Chunk]:
        """Take all chunks that are there besides, at once: waking for each would cost more."""
        with self._changed:
            chunks = [self._take(chunk) for chunk in self._buffer]
            self._buffer.clear()
            self._changed.notify()
        return chunks

    def close(self, error: OnsetError | None = None) -> None:
        """Stop the work within one operator of the model. Any thread may, and more than once.

        error: what the listener gets instead of Halted, if anything is left to tell him.
        """
        if error is not None:
            self.end(error)
        self.halt.set()
        self.wake()
        self.tell()

    def _expire(self) -> None:
        self._late = True
        self.close(Unavailable("The request took too long.", RETRY_LATE))

    def wake(self) -> None:
        """Tell the worker to look again: there is more text, or room. Any thread may."""
        with self._changed:
            self._changed.notify()

    def may_run(self, now: float) -> bool:
        """Whether the next turn can be computed, and there is room for its chunk."""
        room = len(self._buffer) < BUFFER and (self.background or self.ahead(now) <= AHEAD)
        return room and (self._terms.ready is None or self._terms.ready())

    def ahead(self, now: float) -> float:
        """Seconds of audio the listener has before him; negative if he has run dry."""
        return self.dry_at - now

    def put(self, chunks: Sequence[Chunk], now: float) -> None:
        """Worker: chunks are there; whoever was dry starts to listen now."""
        seconds = sum(len(chunk.samples) for chunk in chunks) / SAMPLE_RATE
        with self._changed:
            self._buffer.extend(chunks)
            self.dry_at = (max(self.dry_at, now) if self.begun else now) + seconds
            self.made += seconds
            self.begun = True
        self.tell()

    def charge(self, seconds: float, now: float) -> None:
        """Worker: a turn took so long and is over now."""
        self.cost += seconds
        self.longest = max(self.longest, seconds)
        self.turned_at = now

    def end(self, error: OnsetError | None) -> None:
        """Nothing more will come. The first end holds: what follows it is only an echo."""
        with self._changed:
            if not self._ended:
                self._ended, self._error = True, error
        self.tell()

    def tell(self) -> None:
        """Wake the listener, if he is not being woken already."""
        with self._changed:
            if self.told:
                return
            self.told = True
        try:
            self._loop.call_soon_threadsafe(self._hear)
        except RuntimeError:  # his event loop is closed: nobody will ever listen
            self.halt.set()

    def _hear(self) -> None:
        with self._changed:
            self.told = False
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
        known = {InvalidRequest: StreamOutcome.REFUSED, Unavailable: StreamOutcome.STOPPED}
        return known.get(type(self._error), StreamOutcome.FAILED)

    @property
    def heard(self) -> float:
        """Seconds of audio the listener has taken."""
        return self._taken / SAMPLE_RATE

    @property
    def ttfa(self) -> float | None:
        """Seconds from the trace's start to the first audio taken; None if there was none."""
        return (self._first_ns - self.trace.marks[0][1]) / 1e9 if self._first_ns else None

    @property
    def rtf(self) -> float | None:
        """Seconds of the engine's work for a second of audio; None without audio."""
        return self.cost / self.made if self.made else None
