"""A client for text that is still being written: pieces of text in, samples out as they are made.

What a language model emits goes to our server piece by piece over its WebSocket (docs/protocol.md),
which speaks as soon as a first part is safe. Other servers take only whole texts: for them there
is onset.client. Nothing is asked twice: a connection that breaks off ends the speech.
Knows nothing of how the speech is made, and does not play it.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Thread
from time import perf_counter_ns
from typing import Any, Literal, TypedDict

from pydantic import ValidationError
from websockets.asyncio import client as awaited
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync import client as blocking

from onset.client.http_client import Arrival, is_local
from onset.errors import ServerError
from onset.protocol.http_api import STREAM_PATH, ErrorBody

CONNECT_SECONDS = 5.0

SILENCE_SECONDS = 60.0
"""Longest silence of a server to which a text was sent whole."""


class _WebSocketOptions(TypedDict):
    additional_headers: dict[str, str]
    compression: None
    proxy: Literal[True] | None
    open_timeout: float
    max_size: None
    ssl: ssl.SSLContext | None


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
    failed: list[BaseException] = []
    with _foreign_errors(url), blocking.connect(*_where(url), **_options(url, headers)) as socket:

        def write() -> None:
            try:
                for delta in text:
                    socket.send(_message("text.delta", delta=delta))
                socket.send(_message("text.done"))
            except ConnectionClosed:
                return  # whoever listens is told
            except BaseException as error:  # top of the thread: raised where one listens
                failed.append(error)
                socket.close()

        socket.send(_start(voice, speed, exact))
        Thread(target=write, name="onset-narrator", daemon=True).start()
        try:
            over = False
            while not over:
                message, at_ns = socket.recv(), perf_counter_ns()
                if isinstance(message, bytes):
                    yield Arrival(at_ns, message)
                else:
                    over = _over(message)
        except ConnectionClosed:
            if failed:
                raise failed[0] from None
            raise


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
    with _foreign_errors(url):
        async with awaited.connect(*_where(url), **_options(url, headers)) as socket:
            await socket.send(_start(voice, speed, exact))
            writing = asyncio.create_task(_write(socket, text))
            try:
                over = False
                while not over:
                    message, at_ns = await _next(socket, writing), perf_counter_ns()
                    if isinstance(message, bytes):
                        yield Arrival(at_ns, message)
                    else:
                        over = _over(message)
            finally:
                writing.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await writing


async def _write(socket: awaited.ClientConnection, text: AsyncIterable[str]) -> None:
    async for delta in text:
        await socket.send(_message("text.delta", delta=delta))
    await socket.send(_message("text.done"))


async def _next(socket: awaited.ClientConnection, writing: asyncio.Task[None]) -> str | bytes:
    """The next message. Raises what reading the text raised, and ServerError after a silence."""
    coming = asyncio.create_task(socket.recv())
    try:
        if not writing.done():
            await asyncio.wait({coming, writing}, return_when=asyncio.FIRST_COMPLETED)
        if writing.done() and not coming.done():
            writing.result()
            async with asyncio.timeout(SILENCE_SECONDS):
                await asyncio.shield(coming)
        return await coming
    except TimeoutError as error:
        raise ServerError(f"Nothing came for {SILENCE_SECONDS:g} s.") from error
    finally:
        coming.cancel()


def _over(message: str) -> bool:
    """Whether the utterance is spoken. Raises ServerError when it will not be."""
    event: dict[str, Any] = json.loads(message)
    if event.get("type") == "error":
        raise ServerError(str(event.get("error", {}).get("message", message)))
    return event.get("type") in ("speech.done", "speech.cancelled")


def _start(voice: str | None, speed: float, exact: bool) -> str:
    return _message("speech.start", voice=voice, speed=speed, exact=exact)


def _message(kind: str, **fields: object) -> str:
    return json.dumps({"type": kind} | fields)


def _where(url: str) -> tuple[str]:
    if not url.startswith(("http://", "https://")):
        raise ServerError(f"{url} is no http:// or https:// address.")
    return ("ws" + url.removeprefix("http").rstrip("/") + STREAM_PATH,)


def _options(url: str, headers: Mapping[str, str] | None) -> _WebSocketOptions:
    return {
        "additional_headers": dict(headers or {}),
        "compression": None,
        "proxy": None if is_local(url) else True,  # none between us and our own machine
        "open_timeout": CONNECT_SECONDS,
        "max_size": None,
        "ssl": ssl.create_default_context() if url.startswith("https:") else None,
    }


@contextmanager
def _foreign_errors(url: str) -> Iterator[None]:
    try:
        yield
    except InvalidStatus as error:
        status, body = error.response.status_code, bytes(error.response.body or b"")
        try:
            message = ErrorBody.model_validate_json(body).error.message
        except ValidationError:
            message = f"{url} does not take text that is still being written (status {status})."
        raise ServerError(message, status) from error
    except (WebSocketException, OSError) as error:
        raise ServerError(f"{url}: {error or type(error).__name__}") from error
