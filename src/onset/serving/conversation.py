"""A connection that brings text as it is written and gets speech back, utterance by utterance.

Reading never waits for speaking, so that a cancel is obeyed at once; every queue has a size.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from time import monotonic, perf_counter_ns
from typing import Generic, TypeVar

from onset.config import Settings
from onset.engine.engine import Engine
from onset.errors import Busy, Halted, InvalidRequest, OnsetError
from onset.model.voice_styles import language
from onset.monitoring.answer_record import AnswerRecord
from onset.protocol.http_api import Purpose
from onset.serving.record_maker import known_voice, stream_record, utterance_record
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.stream import Stream
from onset.serving.speech_log import log_utterance, speech_fields
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import Chunk, PlanName, Request

QUEUED = 8
"""Utterances of one connection that may wait for each other, the one being spoken included."""

IDLE = 600.0
"""Seconds of silence after which a connection is closed; docs/protocol.md says what silence is."""

RETRY_QUEUED = 1.0
"""Seconds after which it is worth asking again where QUEUED wait already."""

PAUSE = 0.5
"""Seconds without text after which what came is spoken up to its last whole word."""

NEAR = 1.0
"""Seconds of audio the listener has left at which that is worth a sentence cut in two."""

ABANDONED = 60.0
"""Seconds without text after which it is taken to be whole: it holds a place at the engine."""

Message = TypeVar("Message")


class LiveUtterance:
    """One utterance: text goes in while it is being written, chunks come out.

    name: what the client calls it, and the log. request: all but its text; lang: the text's.
    detailed: the client asked for more than audio. Its time counts from when there is enough of it
    to begin, and the one before it is over.
    """

    def __init__(
        self,
        name: str,
        request: Request,
        lang: str,
        detailed: bool,
        settings: Settings,
        purpose: Purpose = "user",
    ) -> None:
        self.name, self.request, self.detailed = name, request, detailed
        self._settings, self._purpose = settings, purpose
        self._trace = Trace()
        self._text = TextStream(settings.max_characters, lang, request.ssml, language)
        self._stream: Stream | None = None
        self._cancelled = False
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self._restart_timers()

    @property
    def plan(self) -> PlanName | None:
        """How it is made; None until that is decided."""
        return None if self._stream is None else self._stream.plan.name

    @property
    def characters(self) -> int:
        """Characters of the text so far."""
        return self._text.characters

    @property
    def writing(self) -> bool:
        """Whether its text may go on."""
        return not self._text.ended and not self._cancelled

    def feed(self, text: str) -> None:
        """The text goes on. Raises InvalidRequest if it becomes too long or turns to a voice that
        is unknown."""
        if not self.characters:
            self._trace = Trace()
        with self._announcing():
            self._text.feed(text)
            self._restart_timers()

    def say(self, text: str) -> None:
        """The whole text at once. Raises InvalidRequest as `feed`, and is cancelled by it."""
        try:
            self.feed(text)
            self.end()
        except InvalidRequest:
            self.cancel()
            raise

    def flush(self) -> None:
        """Speak what came: it ends with a whole word. Raises InvalidRequest for a document."""
        with self._announcing():
            self._text.flush()

    def end(self) -> None:
        """The text is whole."""
        with self._announcing():
            self._text.end()
            self._stop_timers()

    def cut_off(self) -> None:
        """End the text where it is, for what follows was refused; half a document is none."""
        if self._text.document is None:
            self.end()
        else:
            self.cancel()

    def cancel(self) -> None:
        """Stop it within one operator of the model, wherever it is."""
        self._cancelled = True
        self._stop_timers()
        if self._stream is not None:
            self._stream.close()
        self._news.set()

    async def chunks(self, scheduler: Scheduler) -> AsyncGenerator[Chunk]:
        """Its audio as it is made. Raises OnsetError, Halted if it was cancelled; closing it
        cancels it. A text with nothing to speak gives nothing."""
        try:
            self._trace = Trace()
            await self._news.wait()
            if self._cancelled:
                raise Halted("The utterance was cancelled.")
            if self._text.ended and not self.characters:
                return
            self.request = self._known(scheduler.require_ready())
            stream = self._stream = scheduler.open(self.request, self._trace, text=self._text)
            stream.purpose, stream.format = self._purpose, "pcm"
            async for chunk in stream:
                # A listener may have it before who sent it goes on: what counts is the beginning.
                at_ns = perf_counter_ns()
                yield chunk
                stream.delivery.sent(chunk.samples, at_ns=at_ns)
        except OnsetError as error:
            if self._stream is None:
                lasted = (perf_counter_ns() - self._trace.start_ns) / 1e9
                self._record(scheduler, utterance_record(error, self._purpose, lasted))
            raise
        finally:
            self.cancel()
            if self._stream is not None:
                self._record(scheduler, stream_record(self._stream))

    def _known(self, engine: Engine) -> Request:
        """The request with what is known of its text now. Raises InvalidRequest for a document that
        cannot be spoken."""
        if (document := self._text.document) is None:
            return replace(self.request, turns=tuple(dict.fromkeys(self._text.turns)))
        request = replace(self.request, text=document, ssml=True)
        engine.check(request)
        return request

    def _record(self, scheduler: Scheduler, record: AnswerRecord) -> None:
        record = replace(record, characters=self.characters, voice=known_voice(self.request.voice))
        text = self.request.text if self._settings.log_text else None
        log_utterance(self.name, speech_fields(record, text))
        scheduler.answers.publish(record)

    @contextlib.contextmanager
    def _announcing(self) -> Iterator[None]:
        """The text goes on in the block: let `chunks` and the engine know."""
        starved = not self._text.ready()
        yield
        if self._text.ready():
            if starved:
                self._trace.restart()
            self._news.set()
        if self._stream is not None:
            self._stream.wake_worker()

    def _rest(self) -> None:
        """The writer pauses: let what came be spoken, as soon as the listener needs it."""
        ahead = NEAR if self._stream is None else self._stream.ahead(monotonic())
        if ahead > NEAR:
            self._timers.append(self._loop.call_later(ahead - NEAR, self._rest))
        else:
            with self._announcing():
                self._text.rest()

    def _restart_timers(self) -> None:
        self._stop_timers()
        if self.writing:
            self._timers.append(self._loop.call_later(PAUSE, self._rest))
            self._timers.append(self._loop.call_later(ABANDONED, self.end))

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


class Conversation(ABC, Generic[Message]):
    """One connection, over the WebSocket or Wyoming, which add their messages."""

    def __init__(self, scheduler: Scheduler, settings: Settings) -> None:
        self._scheduler, self._settings = scheduler, settings
        self._purpose: Purpose = "user"
        self._writing: LiveUtterance | None = None  # takes the text that comes
        self._alive: list[LiveUtterance] = []  # being spoken, or waiting for that
        self._waiting: asyncio.Queue[LiveUtterance] = asyncio.Queue(QUEUED)
        self._sending = asyncio.Lock()

    @abstractmethod
    async def _receive(self) -> Message | None:
        """The next message; None when the client has left."""

    @abstractmethod
    async def _obey(self, message: Message) -> None:
        """Do what a message asks for. Raises OnsetError for what cannot be done."""

    @abstractmethod
    async def _refuse(self, error: OnsetError, name: str | None = None) -> None:
        """Tell the client of an error. name: of the utterance that ended by it, if one did."""

    @abstractmethod
    async def _utter(self, utterance: LiveUtterance, chunks: AsyncIterator[Chunk]) -> None:
        """Send an utterance, and how it ended."""

    async def run(self) -> None:
        """Converse until the client leaves. Raises what `_receive` raises."""
        speaking = asyncio.create_task(self._speak())
        try:
            await self._listen()
        finally:
            for utterance in self._alive:
                utterance.cancel()
            speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await speaking

    async def _listen(self) -> None:
        while (message := await self._receive()) is not None:
            try:
                await self._obey(message)
            except OnsetError as error:
                await self._refuse(error)

    def _queue(self, name: str, request: Request, detailed: bool) -> LiveUtterance:
        """A new utterance, spoken after those that wait. Raises OnsetError if it cannot be."""
        engine = self._scheduler.require_ready()
        engine.check_manner(request)
        if len(self._alive) >= QUEUED:
            raise Busy(f"{QUEUED} utterances wait already.", RETRY_QUEUED)
        lang = engine.language(request)
        utterance = LiveUtterance(name, request, lang, detailed, self._settings, self._purpose)
        self._alive.append(utterance)
        self._waiting.put_nowait(utterance)
        return utterance

    async def _speak(self) -> None:
        """All utterances, one after the other."""
        while True:
            utterance = await self._waiting.get()
            try:
                async with aclosing(utterance.chunks(self._scheduler)) as chunks:
                    await self._utter(utterance, chunks)
            finally:
                self._alive.remove(utterance)
