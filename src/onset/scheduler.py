"""Many requests, one engine: a worker thread gives each stream its turn, listeners await chunks.

The only file where threads and the event loop meet. The worker loads the engine, owns it, and asks
one generator at a time for its next turn: that of the listener who runs dry first. A stream that is
far ahead, or whose bounded buffer is full, is not asked. Closing a stream stops its computation.
Knows nothing of HTTP, of formats, or of what a turn computes.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from threading import Condition, Thread
from typing import TypeAlias

from onset.engine import Engine
from onset.errors import Halted, OnsetError, Unavailable
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Halt, Request

AHEAD = 30.0
"""Seconds of audio a listener may have before him; more would only be work he may never hear."""

BUFFER = 40
"""Chunks (2 s) between the worker and the event loop. Whoever reads slower stops his own stream."""

RETRY_LOADING = 1.0
RETRY_FULL = 1.0
RETRY_CLOSING = 5.0
RETRY_FAILED = 60.0
"""Seconds after which it is worth asking again."""

Turns: TypeAlias = Generator[Chunk | None, None, None]
"""As `Engine.turns`: each `next` is a turn, which may have no chunk to show."""


class Stream:
    """One answer on its way: `async for chunk in stream`, in the event loop that opened it.

    Ends with what the engine raised, Halted after `close`, Unavailable if the scheduler closes.
    """

    def __init__(
        self, turns: Turns, trace: Trace, halt: Halt, changed: Condition, now: float
    ) -> None:
        self.turns, self.trace, self.halt = turns, trace, halt
        # When the listener runs dry, or ran: a new one has waited since he came.
        self.dry_at = now
        self.begun = False
        self._changed = changed  # guards what follows and tells the worker of news
        self._buffer: deque[Chunk] = deque()
        self._ended = False
        self._error: OnsetError | None = None
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def __aiter__(self) -> "Stream":
        return self

    async def __anext__(self) -> Chunk:
        while True:
            with self._changed:
                if self.halt.is_set or (self._ended and not self._buffer):
                    break
                if self._buffer:
                    self._changed.notify()  # the worker may be waiting for room
                    return self._buffer.popleft()
                self._news.clear()
            await self._news.wait()
        if self._error is not None:
            raise self._error
        if self.halt.is_set:
            raise Halted("The stream was closed.")
        raise StopAsyncIteration

    def close(self) -> None:
        """Stop the work within one operator of the model. Any thread may, and more than once."""
        self.halt.set()
        with self._changed:
            self._changed.notify()
        self.tell()

    def may_run(self, now: float) -> bool:
        """Whether there is room for another chunk, here and at the listener."""
        return len(self._buffer) < BUFFER and self.ahead(now) <= AHEAD

    def ahead(self, now: float) -> float:
        """Seconds of audio the listener has before him; negative if he has run dry."""
        return self.dry_at - now

    def put(self, chunk: Chunk, now: float) -> None:
        """Worker: a chunk is there; whoever was dry starts to listen now."""
        with self._changed:
            self._buffer.append(chunk)
            self.dry_at = max(self.dry_at, now) + len(chunk.samples) / SAMPLE_RATE
            self.begun = True
        self.tell()

    def end(self, error: OnsetError | None) -> None:
        """Nothing more will come. The first end holds: what follows it is only an echo."""
        with self._changed:
            if not self._ended:
                self._ended, self._error = True, error
        self.tell()

    def tell(self) -> None:
        """Wake the listener."""
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:  # his event loop is closed: nobody will ever listen
            self.halt.set()


def choose(streams: Iterable[Stream], now: float) -> Stream | None:
    """Whose turn it is: one that was stopped, to be put away, else who runs dry first.

    Ties go to the first that came. None if nobody may run.
    """
    ready = [stream for stream in streams if stream.halt.is_set or stream.may_run(now)]
    return min(ready, key=lambda s: (not s.halt.is_set, s.dry_at), default=None)


class Scheduler:
    """The worker thread and its streams. `load` runs on it after `start`; `clock` in seconds."""

    def __init__(
        self,
        load: Callable[[], Engine],
        max_streams: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failure: Exception | None = None
        self._load, self._max_streams, self._clock = load, max_streams, clock
        self._engine: Engine | None = None
        self._changed = Condition()
        self._streams: list[Stream] = []
        self._closing = False
        # Loading cannot be interrupted, and must not keep a process alive that was told to go.
        self._thread = Thread(target=self._work, name="onset-engine", daemon=True)

    @property
    def engine(self) -> Engine:
        """The engine, to ask and not to run. Raises Unavailable until it is loaded."""
        if self.failure is not None:
            reason = f"The model could not be loaded: {self.failure}"
            raise Unavailable(reason, RETRY_FAILED) from self.failure
        if self._closing:
            raise Unavailable("The server is shutting down.", RETRY_CLOSING)
        if self._engine is None:
            raise Unavailable("The model is being loaded.", RETRY_LOADING)
        return self._engine

    @property
    def active(self) -> int:
        """Streams that the engine works for."""
        return len(self._streams)

    def start(self) -> None:
        """Begin to load."""
        self._thread.start()

    def open(self, request: Request, trace: Trace) -> Stream:
        """Begin to speak a request, from a coroutine. Marks "queue" where it waited for its turns.

        Raises Unavailable if the engine is not there or speaks for as many as it may.
        """
        with self._changed:
            engine, count = self.engine, len(self._streams)
            if count >= self._max_streams:
                raise Unavailable(f"All {count} streams are taken.", RETRY_FULL)
            halt = Halt()
            turns = engine.turns(request, trace, halt)
            stream = Stream(turns, trace, halt, self._changed, self._clock())
            self._streams.append(stream)
            self._changed.notify()
        return stream

    def close(self) -> None:
        """End every stream with Unavailable, and the worker. Blocks until both are done.

        A worker that is still loading is not waited for: it ends by itself.
        """
        with self._changed:
            self._closing = True
            streams = list(self._streams)
            self._changed.notify()
        for stream in streams:
            stream.end(Unavailable("The server is shutting down.", RETRY_CLOSING))
            stream.close()
        if self._engine is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            engine = self._load()
        except Exception as error:  # top of the thread: whoever asks for the engine is told
            self.failure = error
            return
        with self._changed:
            self._engine = engine
        while (stream := self._next()) is not None:
            self._turn(stream)

    def _next(self) -> Stream | None:
        """Wait for the next turn; None when the scheduler is closed and everything put away."""
        with self._changed:
            while True:
                if self._closing and not self._streams:
                    return None
                now = self._clock()
                if (stream := choose(self._streams, now)) is not None:
                    return stream
                # Time lets those run who are ahead; who waits for room is told by `__anext__`.
                rests = (stream.ahead(now) - AHEAD for stream in self._streams)
                self._changed.wait(min((rest for rest in rests if rest > 0), default=None))

    def _turn(self, stream: Stream) -> None:
        """One step of one stream, whatever comes of it."""
        try:
            if stream.halt.is_set:
                stream.turns.close()
                self._retire(stream, Halted("The stream was closed."))
                return
            if not stream.begun:
                stream.trace.mark("queue")
            chunk = next(stream.turns)
        except StopIteration:
            self._retire(stream, None)
        except OnsetError as error:
            self._retire(stream, error)
        except Exception as error:  # a fault in one stream is its listener's, not the others'
            self._retire(stream, _fault(error))
        else:
            if chunk is not None:
                stream.put(chunk, self._clock())

    def _retire(self, stream: Stream, error: OnsetError | None) -> None:
        with self._changed:
            self._streams.remove(stream)
        stream.end(error)


def _fault(error: Exception) -> OnsetError:
    """An error nobody foresaw. Its own words may quote the text, so they are only the cause."""
    fault = OnsetError(f"An unexpected {type(error).__name__} ended the stream.")
    fault.__cause__ = error
    return fault
