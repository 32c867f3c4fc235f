"""The route that speaks: status at the first audio, then the body as it is made.

What fails later breaks the body off, or is its last event.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter_ns

import numpy as np
from fastapi import FastAPI
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from onset.audio.compressed import DEFAULT_FORMAT
from onset.config import Settings
from onset.errors import Halted, InvalidRequest, OnsetError, OutOfMemory, lacks_memory
from onset.monitoring.delivery import AnswerDelivery
from onset.protocol.http_api import (
    CACHE_STATUS,
    DECODE,
    GENERATOR,
    PLAN,
    SAMPLE_RATE_HEADER,
    SERVER_TIMING,
    SPEECH_PATH,
    Decode,
    Purpose,
    SpeechRequest,
    server_timing,
)
from onset.protocol.preparation import PREPARE_PATH, PrepareRequest
from onset.serving.error_codes import describe, whereabouts
from onset.serving.http.json_body import read_json
from onset.serving.http.middleware.request_log import SPEECH
from onset.serving.http.openapi import documented, documented_audio, documented_json
from onset.serving.http.speech_body import AudioBody, amplified, answer_body, is_sse, media_type
from onset.serving.record_maker import purpose_of
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.stream import Stream
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Floats, Request

NOTHING = np.empty(0, np.float32)
"""What an end is made of that only completes what came before."""

CACHE_RESULTS = {True: "onset; hit", False: "onset; fwd=miss", None: "onset; fwd=bypass"}
"""Values of CACHE_STATUS (RFC 9211)."""

_log = logging.getLogger("onset.server")


def add_speech(app: FastAPI, scheduler: Scheduler, settings: Settings) -> None:
    """Add POST PREPARE_PATH, and SPEECH_PATH, also without its version: some clients leave that to
    the base URL."""
    _add_preparation(app, scheduler, settings)

    async def speech(http: HttpRequest) -> Response:
        """Speak a text; audio comes as it is made."""
        trace = request_trace(http)
        scheduler.require_ready()
        body = await read_json(http, SpeechRequest, settings)
        if body.timestamps and not is_sse(body):
            message = "Timestamps come as events: stream_format must be sse."
            raise InvalidRequest(message, "timestamps")
        return speech_answer(scheduler, settings, body, http, trace)

    for path in (SPEECH_PATH, SPEECH_PATH.removeprefix("/v1")):
        app.add_api_route(
            path,
            speech,
            methods=["POST"],
            include_in_schema=path == SPEECH_PATH,
            response_class=Response,
            responses=documented_audio() | documented(400, 401, 403, 408, 413, 415, 429, 500, 503),
            openapi_extra=documented_json(SpeechRequest),
        )


def _add_preparation(app: FastAPI, scheduler: Scheduler, settings: Settings) -> None:
    """Add POST PREPARE_PATH."""

    async def prepare(http: HttpRequest) -> dict[str, list[str]]:
        """Prepare for a voice and a language that will be asked for, while nobody listens."""
        body = await read_json(http, PrepareRequest, settings)
        scheduler.hint(body.voice or settings.voice, body.lang)
        return {"languages": scheduler.languages}

    errors = documented(400, 401, 403, 408, 413, 415, 429, 503)
    asked = documented_json(PrepareRequest)
    app.post(PREPARE_PATH, responses=errors, openapi_extra=asked)(prepare)


def request_trace(http: HttpRequest) -> Trace:
    """A trace that counts from when the first bytes of the request were there."""
    return Trace(begun_ns=http.scope["state"]["begun_ns"])


def speech_answer(
    scheduler: Scheduler,
    settings: Settings,
    asked: SpeechRequest,
    http: HttpRequest,
    trace: Trace,
) -> "SpeechResponse":
    """The answer to a request of any route. Raises InvalidRequest, Unavailable."""
    purpose = purpose_of(http.headers)
    voice = asked.voice_id or settings.voice
    request = Request(
        asked.input,
        voice,
        asked.speed,
        asked.language,
        asked.exact,
        asked.plan,
        ssml=None if asked.input_type is None else asked.input_type == "ssml",
        reading=asked.reading or settings.reading,
        code_blocks=asked.code_blocks,
        pronunciations=tuple(asked.pronunciations.items()),
    )
    scheduler.require_ready().check(request)
    trace.mark("text")
    kind = WholeSpeechResponse if asked.whole else SpeechResponse
    return kind(scheduler, asked, request, trace, purpose)


class SpeechResponse(Response):
    """Starts when the first audio exists, stops the work when the client leaves."""

    def __init__(
        self,
        scheduler: Scheduler,
        asked: SpeechRequest,
        request: Request,
        trace: Trace,
        purpose: Purpose,
    ) -> None:
        super().__init__(media_type=media_type(asked))
        del self.headers["content-length"]  # of the empty body that Response assumes
        self._scheduler, self._asked = scheduler, asked
        self._request, self._trace, self._purpose = request, trace, purpose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises what goes wrong before the first audio; afterwards the body tells."""
        # Nobody listens to what is sent when it is whole: it may be made ahead of all hearing.
        background = self._asked.priority == "background" or self._asked.whole
        stream = self._scheduler.open(self._request, self._trace, background=background)
        stream.purpose = self._purpose
        stream.format = self._asked.response_format or DEFAULT_FORMAT
        scope["state"][SPEECH] = stream
        gone = asyncio.create_task(_disconnect(receive))
        gone.add_done_callback(lambda _: stream.close())
        try:
            # Halted: the client left. OSError: the same, as servers of ASGI 2.4 tell it.
            with contextlib.suppress(Halted, OSError):
                body = answer_body(self._asked)  # while the engine works on the first audio
                await self._start(stream, body, send)
                await self._continue(stream, body, scope, send)
        finally:
            stream.close()
            gone.cancel()

    async def _start(self, stream: Stream, body: AudioBody, send: Send) -> None:
        chunk = self._as_asked(await first_chunk(stream))
        first = await _feed(body, chunk, stream.delivery)
        await self._begin(stream, chunk, send)
        await _hand_over(first, chunk.samples, stream.delivery, send)

    async def _begin(self, stream: Stream, chunk: Chunk, send: Send) -> None:
        """Send the head of an answer with this chunk in it."""
        stages = timing(stream.delivery, self._trace)
        decode: Decode = "exact" if chunk.exact else "streaming"
        self.headers[DECODE] = decode
        self.headers[PLAN] = stream.plan.name
        if not stream.plan.student:
            self.headers[GENERATOR] = self._scheduler.require_ready().backend.runs_on
        if self._scheduler.require_ready().settings.cache_mb:
            self.headers[CACHE_STATUS] = CACHE_RESULTS[stream.trace.cached]
        self.headers[SAMPLE_RATE_HEADER] = str(SAMPLE_RATE)
        self.headers[SERVER_TIMING] = server_timing(stages)
        self.headers["Cache-Control"] = "no-cache"
        self.headers["X-Accel-Buffering"] = "no"
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})

    def _as_asked(self, chunk: Chunk) -> Chunk:
        loudness = self._asked.volume_multiplier
        return chunk if loudness is None else amplified(chunk, loudness)

    async def _continue(self, stream: Stream, body: AudioBody, scope: Scope, send: Send) -> None:
        try:
            async for chunk in stream:
                piece = self._as_asked(joined([chunk, *stream.take_buffered()]))
                part = await _feed(body, piece, stream.delivery)
                await _hand_over(part, piece.samples, stream.delivery, send)
            last = await _finish(body, stream.delivery)
        except Halted:
            raise
        except (OnsetError, MemoryError) as reason:
            error = reason if isinstance(reason, OnsetError) else OutOfMemory()
            _log.error("Request %s broke off: %s", scope["state"]["request_id"], whereabouts(error))
            if last := body.fail(describe(error)):
                await send(_part(last, more=False))
            # Else returning without a last part makes the server close the connection: visible.
        else:
            await _hand_over(last, NOTHING, stream.delivery, send, more=False)


class WholeSpeechResponse(SpeechResponse):
    """Starts when the answer is whole, and tells its length: what goes wrong has a status."""

    async def _start(self, stream: Stream, body: AudioBody, send: Send) -> None:
        chunk = piece = self._as_asked(await first_chunk(stream))
        await self._keep(piece, body, stream.delivery)
        async for more in stream:
            piece = self._as_asked(joined([more, *stream.take_buffered()]))
            await self._keep(piece, body, stream.delivery)
        content = await _finish(body, stream.delivery)
        self.headers["Content-Length"] = str(len(content))
        await self._begin(stream, chunk, send)
        await _hand_over(content, NOTHING, stream.delivery, send, more=False)

    async def _keep(self, piece: Chunk, body: AudioBody, delivery: AnswerDelivery) -> None:
        await _feed(body, piece, delivery)
        delivery.sent(piece.samples, handed=False)

    async def _continue(self, stream: Stream, body: AudioBody, scope: Scope, send: Send) -> None:
        """It is all there."""


async def first_chunk(stream: Stream) -> Chunk:
    """The first audio of an answer. Raises what goes wrong before, OnsetError if there is none."""
    chunk = await anext(stream, None)
    if chunk is None:
        raise OnsetError("The engine ended without any audio.")
    return chunk


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Adjacent chunks as one: encoded and sent together, they cost as much as one."""
    if len(chunks) == 1:
        return chunks[0]
    samples = np.concatenate([chunk.samples for chunk in chunks])
    words = tuple(word for chunk in chunks for word in chunk.words)
    return replace(chunks[0], samples=samples, words=words)


def timing(delivery: AnswerDelivery, trace: Trace) -> dict[str, float]:
    """Seconds of each stage of an answer that is about to be sent, and "total", their sum."""
    now = perf_counter_ns()
    stages = delivery.stages(trace, now) or {}
    return stages | {"total": (now - trace.start_ns) / 1e9}


async def _feed(body: AudioBody, chunk: Chunk, delivery: AnswerDelivery) -> bytes:
    return await _encoded(body, partial(body.feed, chunk), delivery)


async def _hand_over(
    part: bytes, samples: Floats, delivery: AnswerDelivery, send: Send, more: bool = True
) -> None:
    """Send what was made of samples, and of those before them, and note when that began."""
    at_ns = perf_counter_ns()
    await send(_part(part, more))
    delivery.sent(samples, bool(part), at_ns)


async def _finish(body: AudioBody, delivery: AnswerDelivery) -> bytes:
    return await _encoded(body, body.finish, delivery)


async def _encoded(body: AudioBody, encode: Callable[[], bytes], delivery: AnswerDelivery) -> bytes:
    """What a body makes of samples. Raises OutOfMemory."""
    begin_ns = perf_counter_ns()
    try:
        part = await asyncio.to_thread(encode) if body.computes else encode()
    except (MemoryError, RuntimeError) as error:
        if lacks_memory(error):
            raise OutOfMemory from error
        raise
    delivery.encoded(begin_ns, perf_counter_ns())
    return part


async def _disconnect(receive: Receive) -> None:
    """Return when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(body: bytes, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
