"""A thread that owns an engine and gives its streams their turns, one at a time.

The next turn is that of the listener who runs dry first. A stream that is far ahead, whose bounded
buffer is full or whose text is still being written is not asked. What turns cost is measured.
Knows nothing of HTTP, of other workers, or of what a turn computes.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from threading import Condition, Thread

from onset.engine.engine import Engine
from onset.errors import Halted, OnsetError
from onset.serving.scheduling.admission import Capacity, ListenerDebt
from onset.serving.scheduling.stream import AHEAD, Stream, Turns
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Halt, Request

COMFORT = 2.0
"""Seconds of audio every listener has before him when a background stream may have a turn."""

OPEN_END = 15.0
"""Seconds of speech still expected of a text that is being written: nobody knows its end."""

MOST_NEWS = 4
"""Streams with news that the event loop has not heard of: with more it would only get later."""

MOST_CHUNKS = 4
"""Chunks of a turn at most: a step of 200 ms (vocoder.STEP) makes as many."""

TOLD = attrgetter("told")

Clock = Callable[[], float]


def choose(streams: Iterable[Stream], now: float) -> Stream | None:
    """Whose turn it is; None if nobody may run.

    One that was stopped, to be put away; else of the listeners the one who runs dry first, and of
    those in the background, who run while no listener is within COMFORT of that or within their
    own longest turn, the one that has waited longest. Ties go to the first that came.
    """
    first: Stream | None = None
    patient: Stream | None = None
    longest = 0.0
    for stream in streams:
        if stream.halt.is_set:
            return stream
        if stream.background:
            if stream.may_run(now):
                longest = max(longest, stream.longest)
                if patient is None or stream.turned_at < patient.turned_at:
                    patient = stream
        elif (first is None or stream.dry_at < first.dry_at) and stream.may_run(now):
            first = stream
    if first is None or patient is None:
        return first or patient
    return first if first.ahead(now) < max(COMFORT, 2 * longest) else patient


class Worker:
    """One thread, one engine, its streams. `load` runs on the thread after `start`.

    warm_up: spoken to nobody before the engine is there, so that the first listener does not pay
    for first times, and something is known of what speech costs. `changed` is the lock of
    `streams` and `capacity`, and wakes the thread. clock: seconds.
    """

    def __init__(
        self, load: Callable[[], Engine], warm_up: Request | None, clock: Clock, name: str
    ) -> None:
        self.engine: Engine | None = None
        self.failure: Exception | None = None
        self.capacity = Capacity()
        self.changed = Condition()
        self.streams: list[Stream] = []
        self._load, self._warm_up, self._clock = load, warm_up, clock
        self._closing = False
        # Loading cannot be interrupted, and must not keep a process alive that was told to go.
        self._thread = Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin to load."""
        self._thread.start()

    def add(self, stream: Stream) -> None:
        """Give the stream turns from now on. The lock is held."""
        self.streams.append(stream)
        self.changed.notify()

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
        now = self._clock()
        return [self._debt(stream, now) for stream in self.streams if _listening(stream)]

    def spare(self, stream: Stream) -> float:
        """Seconds of work that may go before the stream's next sound, if all get equal shares."""
        if stream.background:
            return math.inf
        listeners = sum(_listening(each) for each in list(self.streams))
        return stream.ahead(self._clock()) / max(1, listeners)

    def owed(self) -> float:
        """Seconds of audio that are still to be made for everybody."""
        with self.changed:
            return sum(self.seconds(stream) for stream in self.streams if not stream.halt.is_set)

    def wait(self) -> float:
        """About how many seconds until a listener's audio is all made."""
        with self.changed:
            return self.capacity.wait(self.debts())

    def seconds(self, stream: Stream) -> float:
        """About how long what is still to be spoken of a stream will be."""
        whole = self.length(stream.request, stream.characters)
        return max(whole - stream.made, OPEN_END if stream.writing else 0.0)

    def length(self, request: Request, characters: int) -> float:
        """About how long so many characters of a request will be, in seconds."""
        return self.capacity.length(_language(request), characters) / request.speed

    def _debt(self, stream: Stream, now: float) -> ListenerDebt:
        ahead = max(0.0, stream.ahead(now))
        first = self.capacity.first or 0.0
        work = 0.0 if stream.begun else max(0.0, first - stream.cost)
        return ListenerDebt(ahead, self.seconds(stream), work)

    def _work(self) -> None:
        if self._closing:
            return
        try:
            engine = self._load()
            self._warm(engine)
        except Exception as error:  # top of the thread: whoever asks for the engine is told
            self.failure = error
            return
        with self.changed:
            self.engine = engine
        while (stream := self._next()) is not None:
            self._turn(stream)

    def _warm(self, engine: Engine) -> None:
        if self._warm_up is None:
            return
        begin, made = self._clock(), 0.0
        for chunk in engine.turns(self._warm_up, Trace(), Halt()):
            made += 0.0 if chunk is None else len(chunk.samples) / SAMPLE_RATE
        self.capacity.worked(self._clock() - begin, made)

    def _next(self) -> Stream | None:
        """Wait for the next turn; None when the worker is closed and everything put away."""
        # First without the lock, which the event loop needs: a look at hundreds takes a while.
        streams = list(self.streams)
        if not _flooded(streams) and (stream := choose(streams, self._clock())) is not None:
            return stream
        with self.changed:
            while True:
                if self._closing and not self.streams:
                    return None
                if _flooded(self.streams):
                    self.changed.wait()  # for the event loop
                    continue
                now = self._clock()
                if (stream := choose(self.streams, now)) is not None:
                    return stream
                # Time lets those run who are ahead; who waits for room is told by `__anext__`.
                listeners = (stream for stream in self.streams if not stream.background)
                rests = (stream.ahead(now) - AHEAD for stream in listeners)
                self.changed.wait(min((rest for rest in rests if rest > 0), default=None))

    def _turn(self, stream: Stream) -> None:
        """One step of one stream, whatever comes of it."""
        begin = self._clock()
        try:
            if stream.halt.is_set:
                stream.turns.close()
                self._retire(stream, Halted("The stream was closed."))
                return
            if not stream.begun:
                stream.trace.mark("queue")
            chunks = _taken(stream.turns)
        except StopIteration:
            self._learn(stream)
            self._retire(stream, None)
        except OnsetError as error:
            self._retire(stream, error)
        except Exception as error:  # a fault in one stream is its listener's, not the others'
            self._retire(stream, _fault(error))
        else:
            self._account(stream, chunks, begin)

    def _account(self, stream: Stream, chunks: Sequence[Chunk], begin: float) -> None:
        """Note what a turn cost, then hand over what it made."""
        now = self._clock()
        stream.charge(now - begin, now)
        with self.changed:
            made = sum(len(chunk.samples) for chunk in chunks)
            self.capacity.worked(now - begin, made / SAMPLE_RATE)
            if chunks and not stream.begun:
                self.capacity.began(stream.cost)
        if chunks:
            stream.put(chunks, now)

    def _learn(self, stream: Stream) -> None:
        request = stream.request
        audio = stream.made * request.speed
        with self.changed:
            self.capacity.spoke(_language(request), stream.characters, audio)

    def _retire(self, stream: Stream, error: OnsetError | None) -> None:
        with self.changed:
            self.streams.remove(stream)
        stream.end(error)


def _taken(turns: Turns) -> list[Chunk]:
    """What a turn makes: nothing yet, or the chunks of one step of the generator, or some of them.

    Choosing whose turn it is costs more than taking what is there, when there are hundreds.
    """
    chunks: list[Chunk] = []
    while len(chunks) < MOST_CHUNKS and (chunk := next(turns)) is not None:
        chunks.append(chunk)
        if not chunk.more:
            break
    return chunks


def _flooded(streams: Sequence[Stream]) -> bool:
    """Whether the event loop has not yet heard of so much that more would only make it late."""
    if sum(map(TOLD, streams)) < MOST_NEWS:
        return False
    # Those who left are put away even if their event loop is gone and will never hear.
    return sum(stream.told and not stream.halt.is_set for stream in streams) >= MOST_NEWS


def _listening(stream: Stream) -> bool:
    return not stream.background and not stream.halt.is_set


def _language(request: Request) -> str:
    """A key for how long its characters last. A voice's name begins with its language."""
    return request.lang or request.voice[:1]


def _fault(error: Exception) -> OnsetError:
    """An error nobody foresaw. Its own words may quote the text, so they are only the cause."""
    fault = OnsetError(f"An unexpected {type(error).__name__} ended the stream.")
    fault.__cause__ = error
    return fault
