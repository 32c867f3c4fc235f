"""The WebSocket: text as it is written in, PCM as it is made out, utterance after utterance.

Reading never waits for speaking, so a cancel is heard at once; what waits has a size. Knows nothing
of how speech is made, or of how text is cut.
"""

import asyncio
import contextlib
from contextlib import aclosing

from fastapi import FastAPI
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from onset.audio.encoders import PcmEncoder
from onset.config import Settings
from onset.errors import Busy, Halted, InvalidRequest, OnsetError, Unavailable
from onset.protocol.http_api import STREAM_PATH, Decode
from onset.protocol.websocket_messages import (
    COMMANDS,
    Audio,
    Cancel,
    Cancelled,
    Delta,
    Done,
    Event,
    Failed,
    Flush,
    Ping,
    Pong,
    Ready,
    Start,
    UtteranceDone,
    UtteranceStarted,
    Words,
)
from onset.serving.error_codes import describe, explain
from onset.serving.http.speech_body import word_times
from onset.serving.live_utterance import LiveUtterance
from onset.serving.scheduling.scheduler import Scheduler
from onset.types import SAMPLE_RATE, Chunk, Request

QUEUED = 8
"""Utterances of one connection that may wait for each other, the one being spoken included."""

IDLE = 600.0
"""Seconds without a message after which a connection that speaks nothing is closed."""

LONGEST_MESSAGE = 1_048_576
"""Bytes of one message, for uvicorn."""

GOING_AWAY, TRY_LATER = 1001, 1013


def add_conversation(app: FastAPI, scheduler: Scheduler, settings: Settings) -> None:
    """Add the WebSocket at STREAM_PATH."""

    async def converse(socket: WebSocket) -> None:
        """Speak what is being written."""
        with contextlib.suppress(WebSocketDisconnect, OSError):  # the client is gone
            await Conversation(socket, scheduler, settings).run()

    app.add_api_websocket_route(STREAM_PATH, converse)


class Conversation:
    """One connection. `run` ends with it, and whatever was being spoken ends too."""

    def __init__(self, socket: WebSocket, scheduler: Scheduler, settings: Settings) -> None:
        self._socket, self._scheduler, self._settings = socket, scheduler, settings
        self._manner = Start(type="speech.start")
        self._name: str = socket.state.request_id
        self._count = 0
        self._writing: LiveUtterance | None = None
        # One that has ended by an error while its text was being written, whose rest is not
        # spoken: it would be a fragment, perhaps in a voice nobody asked for.
        self._broken: str | None = None
        self._told = False
        self._alive: list[LiveUtterance] = []
        self._waiting: asyncio.Queue[tuple[LiveUtterance, bool]] = asyncio.Queue(QUEUED)
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Converse until the client leaves, or is silent for too long."""
        await self._socket.accept()
        try:
            _ = self._scheduler.engine
        except Unavailable as error:
            await self._refuse(error)
            await self._socket.close(TRY_LATER)
            return
        await self._send(Ready(id=self._name, sample_rate=SAMPLE_RATE))
        speaking = asyncio.create_task(self._speak())
        try:
            await self._listen()
        finally:
            for utterance in self._alive:
                utterance.cancel()
            speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, OSError):
                await speaking

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE):
                    message = await self._socket.receive()
            except TimeoutError:
                if self._alive:
                    continue
                await self._socket.close(GOING_AWAY, "idle")
                return
            if message["type"] == "websocket.disconnect":
                return
            try:
                await self._obey(message.get("text"))
            except OnsetError as error:
                await self._refuse(error)

    async def _obey(self, text: str | None) -> None:
        if text is None:
            raise InvalidRequest("Binary messages are not understood: send JSON as text.")
        try:
            command = COMMANDS.validate_json(text)
        except ValidationError as error:
            # What a field is in stands first: the message's type.
            found = [{**part, "loc": part["loc"][1:]} for part in error.errors()]
            raise InvalidRequest(*explain(found)) from None
        match command:
            case Start():
                await self._start(command)
            case Delta() if self._broken is not None:
                self._ignore(self._broken)
            case Delta():
                await self._write(command.delta)
            case Flush() if self._writing is not None:
                self._writing.flush()
            case Done():
                self._finish()
            case Cancel():
                self._cancel(command.id)
            case Ping():
                await self._send(Pong(id=command.id))

    async def _write(self, text: str) -> None:
        """The text goes on; a new utterance if none is being written."""
        if self._writing is None or not self._writing.writing:
            await self._begin(self._manner, None)
        if (utterance := self._writing) is None:
            return
        try:
            utterance.feed(text)
        except InvalidRequest:
            utterance.end()  # as far as it came: what follows would be spoken behind a gap
            self._break(utterance.name)
            raise

    def _finish(self) -> None:
        if self._writing is not None:
            self._writing.end()
        self._writing = self._broken = None

    def _break(self, name: str) -> None:
        """What still comes of the text that is being written is for nobody."""
        self._writing, self._broken, self._told = None, name, False

    def _ignore(self, name: str) -> None:
        """Say so once: the rest may have been on its way before the client could know."""
        told, self._told = self._told, True
        if not told:
            message = f"The text of {name!r} ended by an error: it is ignored up to text.done."
            raise InvalidRequest(message, "delta")

    async def _start(self, start: Start) -> None:
        if self._writing is not None and self._writing.writing:
            name = self._writing.name
            raise InvalidRequest(f"The text of {name!r} has not ended: send text.done first.")
        if start.id is not None and start.id in [utterance.name for utterance in self._alive]:
            raise InvalidRequest(f"There is an utterance {start.id!r} already.", "id")
        await self._begin(start, start.id)

    async def _begin(self, start: Start, name: str | None) -> None:
        """Begin one, or refuse it and all of its text."""
        self._count += 1
        name = name or f"{self._name}-{self._count}"
        try:
            self._writing, self._broken = self._new(start, name), None
            self._manner = start
        except OnsetError as error:
            self._break(name)
            await self._refuse(error, name)

    def _new(self, start: Start, name: str) -> LiveUtterance:
        voice = start.voice_id or self._settings.voice
        request = Request("", voice, start.speed, start.lang, start.exact)
        engine = self._scheduler.engine
        engine.check_manner(request)
        lang = engine.language(request)
        if len(self._alive) >= QUEUED:
            raise Busy(f"{QUEUED} utterances wait already.", 1.0)
        utterance = LiveUtterance(name, request, lang, self._settings)
        self._alive.append(utterance)
        self._waiting.put_nowait((utterance, start.timestamps))
        return utterance

    def _cancel(self, name: str | None) -> None:
        if name in (None, self._broken):
            self._broken = None
        for utterance in self._alive:
            if name in (None, utterance.name):
                utterance.cancel()

    async def _speak(self) -> None:
        """All utterances, one after the other."""
        while True:
            utterance, timestamps = await self._waiting.get()
            sent = 0
            try:
                async with aclosing(utterance.chunks(self._scheduler)) as chunks:
                    sequence = 0
                    async for chunk in chunks:
                        await self._send_chunk(utterance, chunk, sequence, timestamps)
                        sequence, sent = sequence + 1, chunk.position + len(chunk.samples)
                await self._send(self._spoken(utterance, sent))
            except Halted:
                await self._send(Cancelled(id=utterance.name, duration=sent / SAMPLE_RATE))
            except OnsetError as error:
                if utterance is self._writing:
                    self._break(utterance.name)
                await self._refuse(error, utterance.name)
            finally:
                self._alive.remove(utterance)

    def _spoken(self, utterance: LiveUtterance, samples: int) -> UtteranceDone:
        duration, characters = samples / SAMPLE_RATE, utterance.characters
        return UtteranceDone(id=utterance.name, characters=characters, duration=duration)

    async def _send_chunk(
        self, utterance: LiveUtterance, chunk: Chunk, sequence: int, timestamps: bool
    ) -> None:
        name, count = utterance.name, len(chunk.samples)
        if not sequence:
            decode: Decode = "exact" if chunk.exact else "streaming"
            await self._send(
                UtteranceStarted(id=name, voice=utterance.request.voice, decode=decode)
            )
        if timestamps and chunk.words:
            await self._send(Words(id=name, words=word_times(chunk.words)))
        head = Audio(
            id=name,
            sequence=sequence,
            position=chunk.position,
            samples=count,
            start=chunk.position / SAMPLE_RATE,
            duration=count / SAMPLE_RATE,
        )
        await self._send(head, PcmEncoder().feed(chunk.samples))

    async def _refuse(self, error: OnsetError, name: str | None = None) -> None:
        later = error.retry_after if isinstance(error, Unavailable) else None
        await self._send(Failed(id=name, error=describe(error), retry_after=later))

    async def _send(self, event: Event, pcm: bytes | None = None) -> None:
        """An event and the PCM it announces, with nothing between."""
        async with self._sending:
            if self._socket.client_state is WebSocketState.CONNECTED:
                await self._socket.send_text(event.model_dump_json())
                if pcm is not None:
                    await self._socket.send_bytes(pcm)
