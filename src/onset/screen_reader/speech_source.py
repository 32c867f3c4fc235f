"""Who makes the speech that a screen reader hears: an engine of this process, or a server."""

import json
from abc import ABC, abstractmethod
from base64 import b64decode
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import SHUT_RDWR
from threading import Condition, Thread
from time import monotonic, sleep
from urllib.parse import urlsplit

import numpy as np

from onset.engine.engine import Engine
from onset.errors import Halted, InvalidRequest, ModelError, OnsetError, ServerError, Unavailable
from onset.protocol.http_api import SPEECH_PATH, Priority, SpeechRequest
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Floats, Halt, Request, SpokenWord

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 30.0
"""Longest waits for a server's connection, and for anything from it."""


PATIENCE, RETRY_SECONDS = 0.5, 0.02
"""Seconds for which a server that refuses is asked again, and between two attempts."""


@dataclass(frozen=True, slots=True)
class SpeechPiece:
    """Samples of a message, float32 at SAMPLE_RATE, and words that begin in or behind them."""

    samples: Floats
    words: tuple[SpokenWord, ...] = ()


Pieces = Generator[SpeechPiece, None, None]


class SpeechSource(ABC):
    """Speaks one request after the other."""

    @abstractmethod
    def speak(self, request: Request, halt: Halt, *, idle: bool = False) -> Pieces:
        """The speech as it is made. idle: nobody waits for it. Raises OnsetError, Halted."""


class EngineSource(SpeechSource):
    """An engine of this process, which loads while nobody waits. One request at a time."""

    def __init__(self, load: Callable[[], Engine]) -> None:
        self._load, self._changed = load, Condition()
        self._engine: Engine | None = None
        self._failure: OnsetError | None = None
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to load, unless it has begun."""
        with self._changed:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="onset-load", daemon=True)
                self._thread.start()

    def speak(self, request: Request, halt: Halt, *, idle: bool = False) -> Pieces:
        engine = self._loaded(halt)
        engine.check(request)
        with closing(engine.turns(request, Trace(), halt)) as turns:
            for turn in turns:
                if isinstance(turn, Chunk):
                    yield SpeechPiece(turn.samples, turn.words)

    def _run(self) -> None:
        engine: Engine | None = None
        failure: OnsetError | None = None
        try:
            engine = self._load()
        except OnsetError as error:
            failure = error
        except Exception as error:  # whoever waits must hear of it, whatever it is
            failure = ModelError(f"The model could not be loaded: {type(error).__name__}")
        with self._changed:
            self._engine, self._failure = engine, failure
            self._changed.notify_all()

    def _loaded(self, halt: Halt) -> Engine:
        """The engine, once it is there. Raises what loading raised, Halted."""
        self.start()
        halt.attach(self._wake)
        try:
            with self._changed:
                while self._engine is None and self._failure is None and not halt.is_set:
                    self._changed.wait()
        finally:
            halt.detach(self._wake)
        if halt.is_set:
            raise Halted("It was stopped.")
        if self._engine is None:
            raise self._failure or Unavailable("There is no engine.", 1.0)
        return self._engine

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


class ServerSource(SpeechSource):
    """A server of ours at `url`. A connection a request: closing it stops the work at once."""

    def __init__(self, url: str, key: str | None = None) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "127.0.0.1", address.port or 80
        self._headers = {"Content-Type": "application/json"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"

    def speak(self, request: Request, halt: Halt, *, idle: bool = False) -> Pieces:
        connection = HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)

        def leave() -> None:
            with suppress(OSError, AttributeError):  # it may not be connected yet
                connection.sock.shutdown(SHUT_RDWR)

        with closing(connection):
            halt.attach(leave)
            try:
                yield from self._events(self._asked(connection, request, idle), halt)
            except (OSError, HTTPException, ValueError) as error:
                if halt.is_set:
                    raise Halted("It was stopped.") from error
                raise ServerError(f"The server is gone: {error}", None) from error
            finally:
                halt.detach(leave)

    def _asked(self, connection: HTTPConnection, request: Request, idle: bool) -> HTTPResponse:
        priority: Priority = "background" if idle else "interactive"
        body = SpeechRequest(
            input=request.text,
            voice=request.voice,
            speed=request.speed,
            lang=request.lang,
            response_format="pcm",
            stream_format="sse",
            timestamps=True,
            priority=priority,
        )
        connection.connect()
        connection.sock.settimeout(ANSWER_SECONDS)
        connection.request("POST", SPEECH_PATH, body.model_dump_json(), self._headers)
        return connection.getresponse()

    def _events(self, response: HTTPResponse, halt: Halt) -> Pieces:
        """The speech in an answer's events. Raises ServerError, InvalidRequest, Halted."""
        if response.status != 200:
            message = f"The server answers {response.status}."
            if response.status == 400:
                raise InvalidRequest(message)
            raise ServerError(message, response.status)
        for line in response:
            if halt.is_set:
                raise Halted("It was stopped.")
            if not line.startswith(b"data: "):
                continue
            event = json.loads(line[6:])
            match event["type"]:
                case "speech.audio.delta":
                    yield SpeechPiece(samples_of(b64decode(event["audio"])))
                case "speech.audio.words":
                    words = tuple(_word(word) for word in event["words"])
                    yield SpeechPiece(np.zeros(0, np.float32), words)
                case "speech.audio.done":
                    return
                case "error":
                    raise ServerError(str(event["error"]["message"]))
        raise ServerError("The server broke off.")


class WarmSource(SpeechSource):
    """The server as long as it is there, else an engine of this process, from then on.

    A server that is full is asked again for PATIENCE, as it may not have noticed yet that the
    message before was cut off; then the engine speaks this one.
    """

    def __init__(self, server: ServerSource | None, engine: EngineSource) -> None:
        self._server, self._engine = server, engine
        if server is None:
            engine.start()

    def speak(self, request: Request, halt: Halt, *, idle: bool = False) -> Pieces:
        deadline, begun = monotonic() + PATIENCE, False
        while (server := self._server) is not None:
            try:
                for piece in server.speak(request, halt, idle=idle):
                    begun = True
                    yield piece
                return
            except ServerError as error:
                if begun or idle:
                    raise
                if error.status is None:
                    self._server = None
                elif monotonic() > deadline:
                    break
                sleep(RETRY_SECONDS)
        yield from self._engine.speak(request, halt, idle=idle)


def samples_of(pcm: bytes) -> Floats:
    """16-bit samples as float32."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32767)


def _word(told: dict[str, float | str]) -> SpokenWord:
    start, end = (round(float(told[name]) * SAMPLE_RATE) for name in ("start", "end"))
    return SpokenWord(str(told["word"]), " ", start, end)
