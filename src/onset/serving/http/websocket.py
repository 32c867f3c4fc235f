"""The WebSocket: a conversation in the messages of `protocol/websocket_messages.py`, and PCM."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import Message as SocketMessage
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from onset.audio.encoders import PcmEncoder
from onset.config import Settings
from onset.errors import Halted, InvalidRequest, OnsetError, Unavailable
from onset.protocol import websocket_messages as messages
from onset.protocol.http_api import STREAM_PATH, Decode
from onset.protocol.surrogates import without_halves
from onset.serving.conversation import IDLE, Conversation, LiveUtterance
from onset.serving.error_codes import describe, explain
from onset.serving.http.speech_body import mark_times, word_times
from onset.serving.record_maker import purpose_of
from onset.serving.scheduling.scheduler import Scheduler
from onset.types import SAMPLE_RATE, Chunk, Request, SpokenWord

LONGEST_MESSAGE = 1_048_576
"""Bytes of one message, for uvicorn."""

GOING_AWAY, REFUSED, TRY_LATER = 1001, 1008, 1013
"""Close codes of RFC 6455 and its registry."""


def add_websocket(app: FastAPI, scheduler: Scheduler, settings: Settings) -> None:
    """Add the WebSocket at STREAM_PATH."""

    async def converse(socket: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect, OSError):  # the client is gone
            await WebSocketConversation(socket, scheduler, settings).run()

    app.add_api_websocket_route(STREAM_PATH, converse)


class WebSocketConversation(Conversation[SocketMessage]):
    """A conversation over a WebSocket. A text may begin without a start, by the last one's terms.

    The rest of a text whose utterance failed is ignored: spoken, it would be a fragment.
    """

    def __init__(self, socket: WebSocket, scheduler: Scheduler, settings: Settings) -> None:
        super().__init__(scheduler, settings)
        self._socket = socket
        self._terms = messages.Start()
        self._id: str = socket.state.request_id
        self._count = 0
        self._failed: str | None = None  # the utterance whose text is being ignored
        self._announced = False  # whether the client was told so

    async def run(self) -> None:
        await self._socket.accept()
        try:
            self._scheduler.require_ready()
            self._purpose = purpose_of(self._socket.headers)
        except OnsetError as error:
            await self._refuse(error)
            await self._socket.close(TRY_LATER if isinstance(error, Unavailable) else REFUSED)
            return
        await self._send(messages.Ready(id=self._id, sample_rate=SAMPLE_RATE))
        try:
            await super().run()
        except TimeoutError:
            await self._socket.close(GOING_AWAY, "idle")

    async def _receive(self) -> SocketMessage | None:
        """Raises TimeoutError when nothing came for IDLE seconds and nothing is spoken."""
        while True:
            try:
                async with asyncio.timeout(IDLE):
                    message = await self._socket.receive()
                break
            except TimeoutError:
                if not self._alive:
                    raise
        return None if message["type"] == "websocket.disconnect" else message

    async def _obey(self, message: SocketMessage) -> None:
        if (text := message.get("text")) is None:
            raise InvalidRequest("Binary messages are not understood: send JSON as text.")
        try:
            command = messages.COMMANDS.validate_json(without_halves(text.encode()))
        except ValidationError as error:
            # The first part of each place is the type of the message.
            errors = [{**part, "loc": part["loc"][1:]} for part in error.errors()]
            raise InvalidRequest(*explain(errors)) from None
        match command:
            case messages.Start():
                await self._start(command)
            case messages.Delta() if self._failed is not None:
                self._ignore(self._failed)
            case messages.Delta():
                await self._write(command.delta)
            case messages.Flush() if self._writing is not None:
                self._writing.flush()
            case messages.Done():
                self._finish()
            case messages.Cancel():
                self._cancel(command.id)
            case messages.Prepare():
                self._scheduler.hint(command.voice or self._settings.voice, command.lang)
            case messages.Ping():
                await self._send(messages.Pong(id=command.id))

    async def _start(self, start: messages.Start) -> None:
        if self._writing is not None and self._writing.writing:
            name = self._writing.name
            raise InvalidRequest(f"The text of {name!r} has not ended: send text.done first.")
        if start.id is not None and start.id in [utterance.name for utterance in self._alive]:
            raise InvalidRequest(f"There is an utterance {start.id!r} already.", "id")
        await self._begin(start, start.id)

    async def _begin(self, start: messages.Start, name: str | None) -> None:
        """Begin an utterance, or refuse it and all of its text."""
        self._count += 1
        name = name or f"{self._id}-{self._count}"
        voice = start.voice_id or self._settings.voice
        terms = voice, start.speed, start.lang, start.exact, start.plan
        ssml = None if start.input_type is None else start.input_type == "ssml"
        pronunciations = tuple(start.pronunciations.items())
        request = Request("", *terms, ssml, pronunciations=pronunciations)
        try:
            self._writing = self._queue(name, request, start.timestamps)
        except OnsetError as error:
            self._ignore_rest(name)
            await self._refuse(error, name)
        else:
            self._terms, self._failed = start, None

    async def _write(self, text: str) -> None:
        """The text goes on; a new utterance if none is being written."""
        if self._writing is None or not self._writing.writing:
            await self._begin(self._terms, None)
        if (utterance := self._writing) is None:
            return
        try:
            utterance.feed(text)
        except InvalidRequest:
            utterance.cut_off()  # what follows would be spoken after a gap
            self._ignore_rest(utterance.name)
            raise

    def _finish(self) -> None:
        if self._writing is not None:
            self._writing.end()
        self._writing = self._failed = None

    def _cancel(self, name: str | None) -> None:
        if name in (None, self._failed):
            self._failed = None
        for utterance in self._alive:
            if name in (None, utterance.name):
                utterance.cancel()

    def _ignore_rest(self, name: str) -> None:
        """Ignore what still comes of the text that is being written."""
        self._writing, self._failed, self._announced = None, name, False

    def _ignore(self, name: str) -> None:
        """Say so once: the rest may have been on its way before the client could know."""
        if not self._announced:
            self._announced = True
            message = f"The text of {name!r} ended by an error: it is ignored up to text.done."
            raise InvalidRequest(message, "delta")

    async def _utter(self, utterance: LiveUtterance, chunks: AsyncIterator[Chunk]) -> None:
        name, sequence, sent = utterance.name, 0, 0
        try:
            async for chunk in chunks:
                if sequence == 0:
                    decode: Decode = "exact" if chunk.exact else "streaming"
                    voice, plan = utterance.request.voice, utterance.plan
                    started = messages.UtteranceStarted(
                        id=name, voice=voice, decode=decode, plan=plan
                    )
                    await self._send(started)
                if utterance.detailed:
                    await self._tell(name, chunk.words)
                await self._send(_audio(name, sequence, chunk), PcmEncoder().feed(chunk.samples))
                sequence, sent = sequence + 1, chunk.position + len(chunk.samples)
        except Halted:
            await self._send(messages.Cancelled(id=name, duration=sent / SAMPLE_RATE))
        except OnsetError as error:
            if utterance is self._writing:
                self._ignore_rest(name)
            await self._refuse(error, name)
        else:
            characters, duration = utterance.characters, sent / SAMPLE_RATE
            await self._send(
                messages.UtteranceDone(id=name, characters=characters, duration=duration)
            )

    async def _tell(self, name: str, words: Sequence[SpokenWord]) -> None:
        """Send words and marks whose audio follows, if there are any."""
        if times := word_times(words):
            await self._send(messages.Words(id=name, words=times))
        if marks := mark_times(words):
            await self._send(messages.Marks(id=name, marks=marks))

    async def _refuse(self, error: OnsetError, name: str | None = None) -> None:
        later = error.retry_after if isinstance(error, Unavailable) else None
        await self._send(messages.Failed(id=name, error=describe(error), retry_after=later))

    async def _send(self, event: messages.Event, pcm: bytes | None = None) -> None:
        """Send an event and the PCM it announces, with nothing between."""
        async with self._sending:
            if self._socket.client_state is WebSocketState.CONNECTED:
                await self._socket.send_text(event.model_dump_json())
                if pcm is not None:
                    await self._socket.send_bytes(pcm)


def _audio(name: str, sequence: int, chunk: Chunk) -> messages.Audio:
    return messages.Audio(
        id=name,
        sequence=sequence,
        position=chunk.position,
        samples=len(chunk.samples),
        start=chunk.position / SAMPLE_RATE,
        duration=len(chunk.samples) / SAMPLE_RATE,
    )
