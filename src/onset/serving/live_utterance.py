"""One utterance of a conversation: text goes in while it is being written, chunks come out.

Waits for its first words before it takes a place at the engine, notices when the writer pauses, and
ends the text of a writer who has gone. All in one event loop.
"""

import asyncio
from collections.abc import AsyncGenerator
from time import monotonic

from onset.config import Settings
from onset.errors import Halted, InvalidRequest, OnsetError
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.stream import Stream, StreamOutcome
from onset.serving.speech_log import log_speech, log_unspoken
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import Chunk, Request

PAUSE = 0.5
"""Seconds without text after which what came is spoken up to its last whole word."""

NEAR = 1.0
"""Seconds of audio the listener has left at which that is worth a sentence cut in two."""

ABANDONED = 60.0
"""Seconds without text after which it is taken to be whole: it holds a place at the engine."""


class LiveUtterance:
    """name: what the client calls it, and the log. request: all but its text; lang: the text's."""

    def __init__(self, name: str, request: Request, lang: str, settings: Settings) -> None:
        self.name, self.request = name, request
        self._settings = settings
        self._trace = Trace()
        self._text = TextStream(settings.max_characters, lang)
        self._stream: Stream | None = None
        self._cancelled = False
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self._restart_timers()

    @property
    def characters(self) -> int:
        """Characters of the text so far."""
        return self._text.characters

    @property
    def writing(self) -> bool:
        """Whether its text may go on."""
        return not self._text.ended and not self._cancelled

    def feed(self, text: str) -> None:
        """The text goes on. Raises InvalidRequest if it becomes too long."""
        self._text.feed(text)
        self._restart_timers()
        self._announce()

    def say(self, text: str) -> None:
        """The whole text at once. Raises InvalidRequest, and is cancelled, if it is too long."""
        try:
            self.feed(text)
            self.end()
        except InvalidRequest:
            self.cancel()
            raise

    def flush(self) -> None:
        """Speak what came: it ends with a whole word."""
        self._text.flush()
        self._announce()

    def end(self) -> None:
        """The text is whole."""
        self._text.end()
        self._stop_timers()
        self._announce()

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
            await self._news.wait()
            if self._cancelled:
                raise Halted("The utterance was cancelled.")
            if self._text.ended and not self.characters:
                return
            self._stream = scheduler.open(self.request, self._trace, text=self._text)
            async for chunk in self._stream:
                yield chunk
        except OnsetError as error:
            if self._stream is None:
                outcome = StreamOutcome.LEFT if isinstance(error, Halted) else StreamOutcome.REFUSED
                log_unspoken(self.name, self.characters, self.request.voice, outcome)
            raise
        finally:
            self.cancel()
            if self._stream is not None:
                log_speech(self.name, self._stream, self._settings)

    def _announce(self) -> None:
        """Let `chunks` and the engine know of the text as it is now."""
        if self._text.ready():
            self._news.set()
        if self._stream is not None:
            self._stream.wake_worker()

    def _rest(self) -> None:
        """The writer pauses: let what came be spoken, as soon as the listener needs it."""
        ahead = NEAR if self._stream is None else self._stream.ahead(monotonic())
        if ahead > NEAR:
            self._timers.append(self._loop.call_later(ahead - NEAR, self._rest))
        else:
            self._text.rest()
            self._announce()

    def _restart_timers(self) -> None:
        self._stop_timers()
        if self.writing:
            self._timers.append(self._loop.call_later(PAUSE, self._rest))
            self._timers.append(self._loop.call_later(ABANDONED, self.end))

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
