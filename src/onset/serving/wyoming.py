"""Wyoming, the protocol of Home Assistant's voice services. It has no keys."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from onset import __version__
from onset.audio.encoders import PcmEncoder
from onset.config import Settings
from onset.errors import Halted, InvalidRequest, OnsetError
from onset.model.voice_styles import VOICES
from onset.serving.conversation import IDLE, Conversation, LiveUtterance
from onset.serving.error_codes import describe
from onset.serving.http.connection_limits import UNFINISHED, limit_send_buffer
from onset.serving.scheduling.scheduler import Scheduler
from onset.text.g2p.languages import ALIASES
from onset.types import SAMPLE_BYTES, SAMPLE_RATE, Chunk, Request

LONGEST_DATA = 1_048_576
"""Bytes of one event's data or payload."""

_log = logging.getLogger("onset.server")


@contextlib.asynccontextmanager
async def serving_wyoming(scheduler: Scheduler, settings: Settings) -> AsyncIterator[int | None]:
    """Serve Wyoming within the block, on `settings.wyoming_port`. Gives the port, None if unset."""
    if settings.wyoming_port is None:
        yield None
        return
    connections: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(connections) >= settings.max_connections:
            writer.close()
            return
        limit_send_buffer(writer.transport)
        conversation = WyomingConversation(reader, writer, scheduler, settings)
        task = asyncio.create_task(conversation.run())
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, settings.host, settings.wyoming_port)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        _log.info("Wyoming: tcp://%s:%d", settings.host, port)
        try:
            yield port
        finally:
            for task in connections:
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)


class BoundedReader:
    """A reader for async_read_event that refuses to wait for more than LONGEST_DATA at once."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def readline(self) -> bytes:
        return await self._reader.readline()

    async def readexactly(self, n: int) -> bytes:
        if n > LONGEST_DATA:
            raise ValueError(f"{n} bytes are too many")
        try:
            if UNFINISHED.change(0, n):
                raise ValueError("too many long events come in at once")
            return await self._reader.readexactly(n)
        finally:
            UNFINISHED.change(n, 0)


class WyomingConversation(Conversation[Event]):
    """A conversation in Wyoming's events."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        scheduler: Scheduler,
        settings: Settings,
    ) -> None:
        super().__init__(scheduler, settings)
        self._reader, self._writer = BoundedReader(reader), writer
        self._patience: asyncio.Timeout | None = None

    async def run(self) -> None:
        try:
            with contextlib.suppress(OSError):
                await super().run()
        finally:
            self._writer.transport.abort()  # what the client has not read by now it will not

    async def _listen(self) -> None:
        # What a stranger may send: no JSON, no object, no type, half of an event.
        with contextlib.suppress(
            OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RecursionError
        ):
            async with asyncio.timeout(IDLE) as self._patience:
                await super()._listen()
        self._patience = None

    async def _receive(self) -> Event | None:
        event = await async_read_event(self._reader)  # type: ignore[arg-type]
        self._renew()
        return event

    def _renew(self) -> None:
        """An event was received or sent: wait IDLE seconds from now."""
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time() + IDLE)

    async def _obey(self, event: Event) -> None:
        try:
            await self._do(event)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            message = f"An event {event.type[:40]!r} has not the fields it needs."
            raise InvalidRequest(message) from error

    async def _do(self, event: Event) -> None:
        if Describe.is_type(event.type):
            await self._send(info().event())
        elif Ping.is_type(event.type):
            await self._send(Pong(text=Ping.from_event(event).text).event())
        elif Synthesize.is_type(event.type) and self._writing is None:
            # Within a text in pieces it only repeats it, for servers that cannot stream.
            whole = Synthesize.from_event(event)
            text = _text(whole.text)
            self._begin(whole.voice, streaming=False).say(text)
        elif SynthesizeStart.is_type(event.type):
            if self._writing is not None:
                self._writing.end()
            self._writing = self._begin(SynthesizeStart.from_event(event).voice, streaming=True)
        elif SynthesizeChunk.is_type(event.type) and self._writing is not None:
            self._write(self._writing, _text(SynthesizeChunk.from_event(event).text))
        elif SynthesizeStop.is_type(event.type) and self._writing is not None:
            self._writing.end()
            self._writing = None

    def _write(self, utterance: LiveUtterance, text: str) -> None:
        """The text goes on; what follows a piece that was refused is ignored."""
        if not utterance.writing:
            return
        try:
            utterance.feed(text)
        except InvalidRequest:
            utterance.cut_off()
            raise

    def _begin(self, voice: SynthesizeVoice | None, streaming: bool) -> LiveUtterance:
        request = Request("", chosen(voice, self._settings.voice))
        return self._queue(uuid.uuid4().hex, request, streaming)

    async def _utter(self, utterance: LiveUtterance, chunks: AsyncIterator[Chunk]) -> None:
        """Send the audio; after a text in pieces also `synthesize-stopped`."""
        try:
            await self._send_audio(chunks)
        except OnsetError as error:
            if not isinstance(error, Halted):
                await self._refuse(error)
        if utterance.detailed:
            await self._send(SynthesizeStopped().event())

    async def _send_audio(self, chunks: AsyncIterator[Chunk]) -> None:
        """Between audio-start and audio-stop, which also a text with nothing to speak has."""
        shape = {"rate": SAMPLE_RATE, "width": SAMPLE_BYTES, "channels": 1}
        started = False
        async for chunk in chunks:
            if not started:
                await self._send(AudioStart(**shape, timestamp=0).event())
            started = True
            at = round(1e3 * chunk.position / SAMPLE_RATE)
            pcm = PcmEncoder().feed(chunk.samples)
            await self._send(AudioChunk(**shape, audio=pcm, timestamp=at).event())
        if not started:
            await self._send(AudioStart(**shape, timestamp=0).event())
        await self._send(AudioStop().event())

    async def _refuse(self, error: OnsetError, name: str | None = None) -> None:
        await self._send(Error(text=str(error), code=describe(error).code).event())

    async def _send(self, event: Event) -> None:
        """Send, and wait until it has left. A client who does not read is cut off.

        Raises ConnectionError if they have left.
        """
        async with self._sending:
            if self._writer.transport.is_closing():  # each event loop has another error for it
                raise ConnectionResetError
            try:
                async with asyncio.timeout(self._settings.idle_timeout):
                    await async_write_event(event, self._writer)
            except TimeoutError:
                self._writer.transport.abort()
                raise
        self._renew()


def _text(value: object) -> str:
    """A text without halves of characters. Raises InvalidRequest if it is none."""
    if not isinstance(value, str):
        raise InvalidRequest("The text is missing.", "text")
    return value.encode(errors="ignore").decode()


def info() -> Info:
    """What this server offers: one program with all voices."""
    attribution = Attribution("hexgrad", "https://huggingface.co/hexgrad/Kokoro-82M")
    voices = [
        TtsVoice(
            name=voice.name,
            attribution=attribution,
            installed=True,
            description=f"{voice.name.partition('_')[2].title()}, {voice.language_name}",
            version=None,
            languages=[voice.language],
        )
        for voice in VOICES.values()
    ]
    program = TtsProgram(
        name="onset",
        attribution=attribution,
        installed=True,
        description="Kokoro-82M, spoken as it is written",
        version=__version__,
        voices=voices,
        supports_synthesize_streaming=True,
    )
    return Info(tts=[program])


NO_LANGUAGE = ("", "none", "null", "und")
"""What programs send for none, beside ISO 639's code for an undetermined one."""


def chosen(voice: SynthesizeVoice | None, default: str) -> str:
    """The voice that was named, else the first of the language, else the default."""
    if voice is not None and voice.name:
        return voice.name
    wanted = ((voice and voice.language) or "").lower().replace("_", "-")
    if wanted in NO_LANGUAGE:
        return default
    wanted = ALIASES.get(wanted, wanted)
    voices = [v for v in VOICES.values() if v.language == wanted]
    voices = voices or [v for v in VOICES.values() if v.language[:2] == wanted[:2]]
    if default in [v.name for v in voices]:
        return default
    if not voices:
        choices = ", ".join(sorted({v.language for v in VOICES.values()}))
        raise InvalidRequest(f"No voice speaks {wanted!r}. Choices: {choices}.", "language")
    return voices[0].name
