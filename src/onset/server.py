"""The HTTP server: routes, statuses and headers around the scheduler.

The status of speech is held until its first audio exists, so that a failure is a real status; what
fails later breaks the body off. The event loop never computes. No text of a request is ever logged.
Knows nothing of how speech is made, or whose turn it is.
"""

import asyncio
import contextlib
import logging
import re
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from socket import socket
from time import perf_counter_ns
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset import __version__
from onset.config import Settings
from onset.encode import Encoder, encoder
from onset.engine import Engine
from onset.errors import Halted, InvalidRequest, OnsetError
from onset.phonemes import LANGUAGES
from onset.refusals import add_refusals, explain, whereabouts
from onset.scheduler import Scheduler, Stream
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Request
from onset.voices import VOICES, Voice
from onset.wire import (
    DECODE,
    HEALTH_PATH,
    MODELS_PATH,
    REQUEST_ID,
    SAMPLE_RATE_HEADER,
    SERVER_TIMING,
    SPEECH_PATH,
    VOICES_PATH,
    Decode,
    Health,
    ModelInfo,
    ModelList,
    SpeechRequest,
    VoiceInfo,
    VoiceList,
    server_timing,
)

MODEL = "kokoro"
"""The model's name in lists. Requests may call it whatever they like."""

LONGEST_CHARACTER = 12
"""Bytes of one character in JSON at most: a surrogate pair, both halves escaped."""

REST_OF_BODY = 65_536
"""Bytes of a body besides its text; nobody's fields need more."""

FIRST_AUDIO = "generator"
"""The engine's mark that ends the stages of Server-Timing."""

STALLED = 2
"""Seconds that a client who does not read can hold up the end of the server."""

_log = logging.getLogger("onset.server")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class SpokenAnswer(Response):
    """A request being spoken. Starts when its first audio exists, stops when the client leaves."""

    def __init__(
        self, scheduler: Scheduler, request: Request, encoding: Encoder, trace: Trace
    ) -> None:
        super().__init__(media_type=encoding.media_type)
        del self.headers["content-length"]  # of the empty body that Response assumes
        self._scheduler, self._request, self._trace = scheduler, request, trace
        self._encoder = encoding

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises what goes wrong before the first audio; afterwards the body just breaks off."""
        stream = self._scheduler.open(self._request, self._trace)
        gone = asyncio.create_task(_disconnect(receive))
        gone.add_done_callback(lambda _: stream.close())
        try:
            # Halted: the client left. OSError: the same, as servers of ASGI 2.4 tell it.
            with contextlib.suppress(Halted, OSError):
                await self._start(stream, send)
                await self._continue(stream, scope, send)
        finally:
            stream.close()
            gone.cancel()

    async def _start(self, stream: Stream, send: Send) -> None:
        chunk = await anext(stream, None)
        if chunk is None:
            raise OnsetError("The engine ended without any audio.")
        before = perf_counter_ns()
        body = self._encoder.feed(chunk.samples)
        self._announce(chunk, timing(self._trace, (perf_counter_ns() - before) / 1e9))
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send(_part(body))

    async def _continue(self, stream: Stream, scope: Scope, send: Send) -> None:
        try:
            async for chunk in stream:
                await send(_part(self._encoder.feed(chunk.samples)))
        except Halted:
            raise
        except OnsetError as error:
            # Returning without the last part makes the server close the connection: visible.
            _log.error("Request %s broke off: %s", scope["state"]["request_id"], whereabouts(error))
        else:
            await send(_part(self._encoder.finish(), more=False))

    def _announce(self, first: Chunk, stages: dict[str, float]) -> None:
        decode: Decode = "exact" if first.exact else "streaming"
        self.headers[DECODE] = decode
        self.headers[SAMPLE_RATE_HEADER] = str(SAMPLE_RATE)
        self.headers[SERVER_TIMING] = server_timing(stages)
        self.headers["Cache-Control"] = "no-cache"
        self.headers["X-Accel-Buffering"] = "no"


class RequestIds:
    """Gives every request a name, the client's own if it is a decent one, and every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        name = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = name

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = name
            await send(message)

        await self._app(scope, receive, named)


def create_app(load: Callable[[], Engine], settings: Settings) -> FastAPI:
    """The ASGI app. `load` runs on the engine's own thread when the app starts up.

    `app.state.scheduler` is its scheduler.
    """
    scheduler = Scheduler(load, settings.max_streams)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        scheduler.start()
        try:
            yield
        finally:
            await asyncio.to_thread(scheduler.close)

    app = FastAPI(
        title="Onset",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        telemetry={"auto_configure": False},  # an exception could quote the text
    )
    app.state.scheduler = scheduler
    app.add_middleware(RequestIds)
    add_refusals(app)
    _add_speech(app, scheduler, settings)
    _add_lists(app, scheduler)
    return app


def _add_speech(app: FastAPI, scheduler: Scheduler, settings: Settings) -> None:
    body = {"content": {"application/json": {"schema": _schema()}}, "required": True}

    @app.post(SPEECH_PATH, response_class=Response, openapi_extra={"requestBody": body})
    async def speech(http: HttpRequest) -> Response:
        """Speak a text; audio comes as it is made."""
        trace = Trace()
        engine = scheduler.engine
        limit = LONGEST_CHARACTER * settings.max_characters + REST_OF_BODY
        asked = await _read(http, limit)
        encoding = encoder(asked.response_format)
        voice = asked.voice_id or settings.voice
        request = Request(asked.input, voice, asked.speed, asked.lang, asked.exact)
        engine.check(request)
        trace.mark("other")
        return SpokenAnswer(scheduler, request, encoding, trace)


def _add_lists(app: FastAPI, scheduler: Scheduler) -> None:
    @app.get(VOICES_PATH)
    async def voices() -> VoiceList:
        """The voices that can be asked for by name alone."""
        engine = scheduler.engine
        readable = [voice for voice in VOICES.values() if voice.language in LANGUAGES]
        return VoiceList(voices=[_voice(voice, engine) for voice in readable])

    @app.get(MODELS_PATH)
    async def models() -> ModelList:
        """The one model there is."""
        return ModelList(data=[ModelInfo(id=MODEL)])

    @app.get(HEALTH_PATH)
    async def health() -> Health:
        """Whether speech can be asked for; 503 until the model is loaded."""
        _ = scheduler.engine
        return Health(status="ready", version=__version__, model=MODEL, active=scheduler.active)


def timing(trace: Trace, encode: float) -> dict[str, float]:
    """Seconds of each stage up to the first audio, "other" what no stage has, and their "total"."""
    total = (perf_counter_ns() - trace.marks[0][1]) / 1e9
    stages = (trace.stages(FIRST_AUDIO) or {}) | {"encode": encode}
    known = sum(seconds for name, seconds in stages.items() if name != "other")
    return stages | {"other": total - known, "total": total}


def _voice(voice: Voice, engine: Engine) -> VoiceInfo:
    decode: Decode = "exact" if engine.is_exact(Request("", voice.name)) else "streaming"
    name = voice.name.partition("_")[2].title()
    return VoiceInfo(
        id=voice.name, name=name, lang=voice.language, gender=voice.gender, decode=decode
    )


async def _read(http: HttpRequest, limit: int) -> SpeechRequest:
    """The body of a speech request, of at most `limit` bytes."""
    kind = http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # Also keeps other web pages out: a browser asks us before it lets them send JSON.
        raise HTTPException(415, "Content-Type must be application/json")
    body = bytearray()
    async for part in http.stream():
        body += part
        if len(body) > limit:
            raise HTTPException(413, f"The body is longer than {limit} bytes")
    try:
        asked = SpeechRequest.model_validate_json(bytes(body))
    except ValidationError as error:
        raise InvalidRequest(*explain(error.errors())) from None
    if asked.stream_format not in (None, "audio"):
        unknown = f"Unknown stream format {asked.stream_format!r}. Choices: audio."
        raise InvalidRequest(unknown, "stream_format")
    return asked


async def _disconnect(receive: Receive) -> None:
    """Return when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(body: bytes, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _schema() -> dict[str, Any]:
    """JSON schema of SpeechRequest in one piece, since references into it would not resolve."""
    schema = SpeechRequest.model_json_schema()
    inner = schema.pop("$defs")["VoiceReference"]
    choices = schema["properties"]["voice"]["anyOf"]
    schema["properties"]["voice"]["anyOf"] = [inner if "$ref" in c else c for c in choices]
    return schema


class Server(uvicorn.Server):
    """uvicorn around an app. Speech in progress is broken off at shutdown, not waited for."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self.url = ""
        self._scheduler: Scheduler = app.state.scheduler
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                http="httptools",
                ws="none",
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                timeout_graceful_shutdown=STALLED,
            )
        )

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen, and note where: `url` stays when the server is gone."""
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def on_tick(self, counter: int) -> bool:
        """Also leave if the model cannot be loaded."""
        return await super().on_tick(counter) or self._scheduler.failure is not None

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End the streams first, or uvicorn would wait until they are spoken."""
        await asyncio.to_thread(self._scheduler.close)
        await super().shutdown(sockets)


class _AnnouncedServer(Server):
    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"Onset {__version__}: {self.url} (loading the model)", file=sys.stderr, flush=True)


def run(settings: Settings, load: Callable[[], Engine] | None = None) -> None:
    """Serve until interrupted. `load` makes the engine, by default that of `settings`.

    Raises what `load` raised.
    """

    def announced() -> Engine:
        engine = load() if load is not None else _load(settings)
        print("Ready.", file=sys.stderr, flush=True)
        return engine

    app = create_app(announced, settings)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn has shut down when it passes it on
        _AnnouncedServer(app, settings).run()
    failure: Exception | None = app.state.scheduler.failure
    if failure is not None:
        raise failure


def _load(settings: Settings) -> Engine:
    """An engine that has spoken once, so that the first listener does not pay for first times."""
    engine = Engine(settings)
    for _ in engine.speak("Ready.", lang="en-us"):
        pass
    return engine
