"""Connections with limits: how many, how long a request's head, how slow a client may be.

Every state of a connection has a time and a size: the head, the body with what frames it, the
answer that is not read. `websocket_limits.py` has those of WebSockets.
"""

import asyncio
from collections.abc import Mapping
from socket import SO_SNDBUF, SOL_SOCKET
from time import perf_counter_ns
from typing import Any

from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from onset.config import Settings
from onset.protocol.http_api import HEALTH_PATH
from onset.serving.error_codes import refusal
from onset.serving.http.answer_ends import ended_quietly, unframed
from onset.serving.http.middleware.request_id import id_headers, new_id
from onset.serving.http.middleware.request_log import REFUSED, log_refusal

LONGEST_HEAD = 65_536
"""Bytes of a request's line and headers together."""

MOST_HEADERS = 200
"""Headers of a request; browsers send some twenty. Each takes 30 times its bytes in memory, if they
are few."""

FRAMING = 8
"""Bytes of chunk sizes for each byte of a body, beyond LONGEST_HEAD: chunks of one byte cost 5."""

MOST_UNFINISHED = 16 << 20
"""Bytes of bodies and messages that are not whole yet, of all connections together: a thousand of
them at their own limits would be a gigabyte."""

ALWAYS_TAKEN = 16_384
"""Bytes of one that are taken however many others there are: most texts are shorter."""

LONE_HEADERS = (b"host", b"origin")
"""Headers that decide who may ask. Of two, another program may look at the other."""

SPARE, SPARE_SECONDS = 32, 1
"""Connections beyond `max_connections` that may ask for `/health` and nothing else, and seconds
that each of their states may last. So a server is seen to be alive when strangers hold all others.
"""

RETRY_CONNECTING = 1
"""Seconds after which it is worth connecting again where there are too many."""

SEND_BUFFER = 131_072
"""Bytes the system may hold of an answer; left to itself it takes megabytes for a slow reader."""


class UnfinishedBytes:
    """What connections of this process hold of bodies and messages that are not whole yet."""

    def __init__(self) -> None:
        self.held = 0

    def change(self, before: int, now: int) -> bool:
        """One of them holds `now` bytes instead of `before`; whether that is too much."""
        self.held += now - before
        return self.held > MOST_UNFINISHED and now > max(before, ALWAYS_TAKEN)


UNFINISHED = UnfinishedBytes()
"""Of this process: its connections share its memory, whatever they speak."""


def limit_send_buffer(transport: asyncio.WriteTransport) -> None:
    """Hold little for a slow reader: SEND_BUFFER in the system, one message here."""
    transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
    transport.set_write_buffer_limits(0)


class SlowReaderTimeout(asyncio.Protocol):
    """Cuts off a client that takes nothing for `idle_timeout` seconds while there is something.

    `limit_send_buffer` must have limited its transport: then all that waits calls `pause_writing`.
    """

    settings: Settings
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _reading: asyncio.TimerHandle | None = None

    @classmethod
    def limited(cls, settings: Settings) -> type[asyncio.Protocol]:
        """The class of connections with the limits of `settings`, for uvicorn."""
        return type(cls.__name__, (cls,), {"settings": settings})

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        # Also if it is being closed: what is still to be sent would keep it open without end.
        if self._reading is None:
            self._reading = self.loop.call_later(self.settings.idle_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_waiting()
        super().resume_writing()

    def _stop_waiting(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


def error_answer(status: int, message: str, headers: Mapping[str, str]) -> bytes:
    """An error in OpenAI's shape, as the bytes of an answer after which the connection closes."""
    response = refusal(status, message, headers={**headers, "connection": "close"})
    head = b"".join(b"%b: %b\r\n" % header for header in response.raw_headers)
    return STATUS_LINE[status] + head + b"\r\n" + bytes(response.body)


class HeadFault(Exception):
    """A head that is refused while it is parsed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class LimitedConnection(SlowReaderTimeout, HttpToolsProtocol):
    """uvicorn's connection, which answers with an error and closes when a limit is passed."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = self._parsed_bytes = 0
        self._body_bytes = self._framing_bytes = 0
        self._in_head = True
        self._fault: HeadFault | None = None
        self._spare = False
        self._begun_ns = perf_counter_ns()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        limit_send_buffer(transport)
        count, most = len(self.connections), self.settings.max_connections
        if count > most:
            self._spare, self.timeout_keep_alive = True, SPARE_SECONDS
        if count > most + SPARE:
            self._refuse(503, self._too_many)
        else:
            self._start_timer(self.settings.header_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
        else:
            self._framing_bytes += len(data)  # less what on_body counts
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if self._in_head and self._head_bytes > LONGEST_HEAD:
            self._refuse(431, f"The head of the request is longer than {LONGEST_HEAD} bytes.")
        elif self._framing_bytes > LONGEST_HEAD + FRAMING * self._body_bytes:
            self._refuse(431, "There are too many bytes around the body, or in its trailers.")
        elif self._timer is None and self._idle:
            self._head_bytes = 0  # bytes that are no request yet stopped uvicorn's own timer
            self._start_timer(self.settings.header_timeout)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun_ns = perf_counter_ns()
        if self._timer is None:
            self._head_bytes = 0
            self._start_timer(self.settings.header_timeout)
        self._in_head, self._parsed_bytes = True, 0

    def on_url(self, url: bytes) -> None:
        self._count_parsed(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: nothing here reads them
        self._count_parsed(len(name) + len(value))
        if len(self.headers) >= MOST_HEADERS:
            self._raise(431, f"The request has more than {MOST_HEADERS} headers.")
        super().on_header(name, value)

    def _count_parsed(self, count: int) -> None:
        """Count bytes of the head where they are parsed: it may have come in one piece."""
        self._parsed_bytes += count
        if self._parsed_bytes > LONGEST_HEAD:
            self._raise(431, f"The head of the request is longer than {LONGEST_HEAD} bytes.")

    def on_headers_complete(self) -> None:
        names = [name for name, _ in self.headers]
        if any(names.count(name) > 1 for name in LONE_HEADERS):
            self._raise(400, "There must be one Host and at most one Origin.")
        if b"host" not in names and self.parser.get_http_version() == "1.1":
            self._raise(400, "A request of HTTP/1.1 must name its Host.")
        if self._spare and self.url.partition(b"?")[0] != HEALTH_PATH.encode():
            self._raise(503, self._too_many)
        self._in_head = False
        self._body_bytes = self._framing_bytes = 0
        self._start_timer(self.settings.idle_timeout)  # for the body
        super().on_headers_complete()
        self.scope["state"]["begun_ns"] = self._begun_ns  # its task has not begun yet

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        self._framing_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_timer()
        self._in_head, self._head_bytes = True, 0
        self._body_bytes = self._framing_bytes = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._stop_timer()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        fault = self._fault or HeadFault(400, msg)
        self._refuse(fault.status, fault.message)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        framed: ASGIApp = unframed(cycle, app) if cycle.scope["http_version"] == "1.0" else app
        super()._start_asgi_task(cycle, ended_quietly(cycle, framed))  # type: ignore[arg-type]

    def _raise(self, status: int, message: str) -> None:
        """End the parsing; `send_400_response` is called for it."""
        self._fault = HeadFault(status, message)
        raise self._fault

    @property
    def _too_many(self) -> str:
        return f"There are {self.settings.max_connections} connections already."

    def _refuse_slow(self) -> None:
        if self._spare:
            self._refuse(503, self._too_many)
            return
        silent = self._idle and not self._head_bytes
        self._refuse(408, "The request did not arrive in time.", quiet=silent)

    @property
    def _idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, status: int, message: str, *, quiet: bool = False) -> None:
        """Answer past the app, and close. quiet: nothing was asked, so log it as debug."""
        self._stop_timer()
        if not self._idle and self.cycle.response_started:
            self.transport.abort()  # an answer is on its way: another cannot be sent
            return
        if self.cycle is not None and self._idle and not self._in_head:
            self.transport.close()  # answered already: this was the rest of its body
            return
        headers = self._headers(status, quiet)
        if status == 503:
            headers["Retry-After"] = str(RETRY_CONNECTING)
        self.transport.write(error_answer(status, message, headers))
        self.transport.close()

    def _headers(self, status: int, quiet: bool) -> dict[str, str]:
        """The headers of every answer. Logs the error, or has the app log it with its request."""
        if not self._idle and "request_id" in (state := self.cycle.scope["state"]):
            state[REFUSED] = status
            return id_headers(state)
        request_id = new_id()
        log_refusal(request_id, status, quiet=quiet)
        return id_headers({"request_id": request_id, "begun_ns": self._begun_ns})

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        seconds = min(seconds, SPARE_SECONDS) if self._spare else seconds
        self._timer = self.loop.call_later(seconds, self._refuse_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
