"""A client for text that is still being written: pieces of text in, samples out as they are made.

What a language model emits goes to our server piece by piece over its WebSocket (docs/protocol.md),
which speaks as soon as a first part is safe. Nothing is asked twice: a connection that breaks off
ends the speech.
"""

import asyncio
import ssl
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import contextmanager
from threading import Thread
from time import perf_counter_ns
from typing import TypeVar

from pydantic import ValidationError
from websockets.asyncio import client as awaited
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync import client as blocking

from onset.client.http_client import Arrival, is_local
from onset.errors import ServerError
from onset.protocol import websocket_messages as messages
from onset.protocol.http_api import STREAM_PATH, ErrorBody

CONNECT_SECONDS = 5.0

SILENCE_SECONDS = 60.0
"""Longest silence of a server to which a text was sent whole; until then it may wait for text."""

_Connection = TypeVar("_Connection")


def narrate(
    url: str,
    text: Iterable[str],
    *,
    voice: str | None = None,
    speed: float = 1.0,
    exact: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Generator[Arrival]:
    """Samples (16-bit, mono, 24 kHz) of a text, while `text` is read in a thread of its own.

    Closing the generator stops the server; the thread ends with the next piece of text. Raises
    ServerError, or what reading the text raised.
    """
    failures: list[BaseException] = []
    with _errors(url, failures), _connected(blocking.connect, url, headers) as socket:

        def write() -> None:
            try:
                for delta in text:
                    socket.send(messages.Delta(delta=delta).json_text())
                socket.send(messages.Done().json_text())
            except ConnectionClosed:
                return  # the reading side raises it
            except BaseException as error:  # top of the thread: raised on the reading side
                failures.append(error)
                socket.close()

        socket.send(messages.Start(voice=voice, speed=speed, exact=exact).json_text())
        writer = Thread(target=write, name="onset-narrator", daemon=True)
        writer.start()
        while True:
            with _silence(writer.is_alive()):
                message, at_ns = socket.recv(SILENCE_SECONDS), perf_counter_ns()
                if isinstance(message, bytes):
                    yield Arrival(at_ns, message)
                elif _ends(message):
                    return


async def narrate_async(
    url: str,
    text: AsyncIterable[str],
    *,
    voice: str | None = None,
    speed: float = 1.0,
    exact: bool = False,
    headers: Mapping[str, str] | None = None,
) -> AsyncGenerator[Arrival]:
    """As `narrate`, to be awaited; closing or cancelling it stops reading the text too."""
    failures: list[BaseException] = []
    with _errors(url, failures):
        async with _connected(awaited.connect, url, headers) as socket:

            async def write() -> None:
                try:
                    async for delta in text:
                        await socket.send(messages.Delta(delta=delta).json_text())
                    await socket.send(messages.Done().json_text())
                except ConnectionClosed:
                    return  # the reading side raises it
                except Exception as error:  # raised on the reading side too, which it wakes
                    failures.append(error)
                    await socket.close()
                    raise

            start = messages.Start(voice=voice, speed=speed, exact=exact)
            await socket.send(start.json_text())
            writer = asyncio.create_task(write())
            try:
                while True:
                    with _silence(not writer.done()):
                        async with asyncio.timeout(SILENCE_SECONDS):
                            message, at_ns = await socket.recv(), perf_counter_ns()
                        if isinstance(message, bytes):
                            yield Arrival(at_ns, message)
                        elif _ends(message):
                            return
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)


def _ends(message: str) -> bool:
    """Whether the utterance is spoken. Raises ServerError when it will not be."""
    event = messages.read_event(message)
    if isinstance(event, messages.Failed):
        raise ServerError(event.error.message)
    return isinstance(event, messages.UtteranceDone | messages.Cancelled)


@contextmanager
def _silence(writing: bool) -> Iterator[None]:
    """Let a wait run out that began while text was still `writing`; else raise ServerError."""
    try:
        yield
    except TimeoutError as error:
        if not writing:
            raise ServerError(f"Nothing came for {SILENCE_SECONDS:g} s.") from error


def _connected(
    connect: Callable[..., _Connection], url: str, headers: Mapping[str, str] | None
) -> _Connection:
    if not url.startswith(("http://", "https://")):
        raise ServerError(f"{url} is no http:// or https:// address.")
    return connect(
        "ws" + url.removeprefix("http").rstrip("/") + STREAM_PATH,
        additional_headers=dict(headers or {}),
        compression=None,
        proxy=None if is_local(url) else True,  # none between us and our own machine
        open_timeout=CONNECT_SECONDS,
        max_size=None,
        ssl=ssl.create_default_context() if url.startswith("https:") else None,
    )


@contextmanager
def _errors(url: str, failures: list[BaseException]) -> Iterator[None]:
    """Raise foreign errors as ServerError, and in place of a broken connection what broke it."""
    try:
        yield
    except InvalidStatus as error:
        status, body = error.response.status_code, bytes(error.response.body or b"")
        try:
            message = ErrorBody.model_validate_json(body).error.message
        except ValidationError:
            message = f"{url} does not take text that is still being written (status {status})."
        raise ServerError(message, status) from error
    except (WebSocketException, OSError, ValueError) as error:
        if failures:
            raise failures[0] from None
        raise ServerError(f"{url}: {error or type(error).__name__}") from error
