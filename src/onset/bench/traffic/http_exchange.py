"""One HTTP/1.1 exchange, every piece stamped the moment the event loop hands it over.

Written for measuring: a general client takes a millisecond of computing a request and a tenth
of one a piece, which two hundred streams at once would measure in place of the server. The bytes
are parsed by httptools (llhttp), which uvicorn uses too.
Redirects are not followed.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter_ns
from types import MappingProxyType
from typing import Protocol

import httpx
from httptools import HttpParserError, HttpResponseParser

from onset.errors import ServerError

CONNECT_SECONDS = 5.0
"""Longest wait for a connection."""

PAGE_SECONDS = 2.0
"""Longest silence of a small page: health or voices."""

MOST_PAGE_BYTES = 1 << 20

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class ExchangeListener(Protocol):
    """Is told what happens, as it happens; times are `perf_counter_ns`."""

    def connected(self, at_ns: int) -> None:
        """The connection stands, and the request is on its way."""
        return

    def answered(self, at_ns: int, status: int, headers: Mapping[str, str]) -> None:
        """Status and headers have been read; names of headers in lower case."""

    def received(self, at_ns: int, data: bytes) -> bool:
        """A part of the body; False: no more of it is wanted. May raise ServerError."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go. address: what `host` resolved to, so that no request waits for that.

    headers: sent with every request, such as a key.
    """

    host: str
    port: int
    address: str
    prefix: str
    tls: ssl.SSLContext | None
    headers: Mapping[str, str]

    @classmethod
    async def of(cls, url: str, headers: Mapping[str, str] | None = None) -> "Endpoint":
        """Resolve the URL. Raises ServerError when it is none, or its host has no address."""
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ServerError(f"{url}: {error}") from error
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ServerError(f"{url!r} is no http:// or https:// address")
        port = parsed.port or (443 if parsed.scheme == "https" else 80)
        tls = ssl.create_default_context() if parsed.scheme == "https" else None
        try:
            loop = asyncio.get_running_loop()
            addresses = await loop.getaddrinfo(parsed.host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ServerError(f"{parsed.host}: {error}") from error
        address = str(addresses[0][4][0])
        return cls(parsed.host, port, address, parsed.path.rstrip("/"), tls, headers or {})

    @property
    def authority(self) -> str:
        """Host and port as a URL has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def message(
        self, path: str, headers: Mapping[str, str] = _NO_HEADERS, body: bytes | None = None
    ) -> bytes:
        """The bytes of a POST of JSON, or a GET without a body, on a connection of its own."""
        lines = {"Host": self.authority, "Accept-Encoding": "identity", "Connection": "close"}
        lines |= self.headers
        if body is not None:
            lines |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in (lines | {**headers}).items())
        method = "GET" if body is None else "POST"
        return f"{method} {self.prefix}{path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b"")


async def exchange(
    endpoint: Endpoint, message: bytes, listener: ExchangeListener, silence: float
) -> None:
    """Send the message and tell the listener what comes, until the end or until it had enough.

    silence: longest wait in seconds for the next byte. Leaving closes the connection, whatever
    was still to come. Raises ServerError: no connection, a break, a timeout, what is not HTTP.
    """
    host, port, name = endpoint.host, endpoint.port, endpoint.host if endpoint.tls else None
    protocol = _Exchange(message, listener)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().create_connection(
                lambda: protocol, endpoint.address, port, ssl=endpoint.tls, server_hostname=name
            )
    except TimeoutError as error:
        raise ServerError(f"No connection to {host} in {CONNECT_SECONDS:g} s") from error
    except OSError as error:
        raise ServerError(f"No connection to {host}:{port}: {error}") from error
    try:
        await protocol.finish(silence)
    finally:
        protocol.leave()


async def fetch(endpoint: Endpoint, path: str) -> bytes:
    """A small page. Raises ServerError, also when its status is no success."""
    page = _Page()
    await exchange(endpoint, endpoint.message(path), page, PAGE_SECONDS)
    if page.status != 200:
        raise ServerError(f"{path}: status {page.status}", page.status)
    return page.body


class _Page(ExchangeListener):
    """Collects a small page."""

    status, body = 0, b""

    def answered(self, at_ns: int, status: int, headers: Mapping[str, str]) -> None:
        self.status = status

    def received(self, at_ns: int, data: bytes) -> bool:
        self.body += data
        return len(self.body) < MOST_PAGE_BYTES


class _Exchange(asyncio.Protocol):
    """Its methods on_... are what httptools calls while it parses."""

    def __init__(self, message: bytes, listener: ExchangeListener) -> None:
        self._message, self._listener = message, listener
        self._parser = HttpResponseParser(self)
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._headers: dict[str, str] = {}
        self._status = 0
        self._at_ns = perf_counter_ns()

    def leave(self) -> None:
        """Close the connection at once; nothing that still comes is listened to."""
        self._over.cancel()
        self._transport.abort()

    async def finish(self, silence: float) -> None:
        """Wait for the end. Raises ServerError."""
        while not self._over.done():
            left = silence - (perf_counter_ns() - self._at_ns) / 1e9
            if left <= 0:
                raise ServerError(f"Nothing came for {silence:g} s")
            await asyncio.wait((self._over,), timeout=left)
        self._over.result()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._message)
        self._at_ns = perf_counter_ns()
        self._listener.connected(self._at_ns)

    def data_received(self, data: bytes) -> None:
        if self._over.done():
            return
        self._at_ns = perf_counter_ns()
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._end(ServerError(f"The server does not speak HTTP/1.1: {error}"))

    def eof_received(self) -> None:
        # A body without length ends with its connection.
        framed = {"content-length", "transfer-encoding"} & self._headers.keys()
        broken = ServerError("The connection was closed before the answer was over")
        self._end(None if self._status and not framed else broken)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self.eof_received()
        else:
            self._end(ServerError(f"The connection broke: {exc}"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            self._status = status
            self._listener.answered(self._at_ns, status, self._headers)
        else:
            self._headers = {}

    def on_body(self, data: bytes) -> None:
        if self._over.done():
            return
        try:
            if not self._listener.received(self._at_ns, data):
                self._end()
        except ServerError as error:
            self._end(error)

    def on_message_complete(self) -> None:
        if self._status:
            self._end()

    def _end(self, error: ServerError | None = None) -> None:
        if self._over.done():
            return
        if error is None:
            self._over.set_result(None)
        else:
            self._over.set_exception(error)
