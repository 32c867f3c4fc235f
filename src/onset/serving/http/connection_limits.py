"""Connections with limits: how many, how long a request's head, how slow a client may be."""

import asyncio
from socket import SO_SNDBUF, SOL_SOCKET
from time import perf_counter_ns
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from onset.config import Settings
from onset.serving.error_codes import refusal
from onset.serving.http.middleware.request_id import id_headers, new_id
from onset.serving.http.middleware.request_log import REFUSED, log_refusal

LONGEST_HEAD = 65_536
"""Bytes of a request's line and headers together."""

RETRY_CONNECTING = 1
"""Seconds after which it is worth connecting again where there are too many."""

SEND_BUFFER = 131_072
"""Bytes the system may hold of an answer; left to itself it takes megabytes for a slow reader."""


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


class LimitedWebSocket(SlowReaderTimeout, WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, begun by a LimitedConnection, which has limited the transport."""

    async def send(self, message: Any) -> None:
        """Send; to refuse ends the handshake, which uvicorn would call a fault of the app."""
        await super().send(message)
        self.handshake_complete = self.handshake_complete or self.close_sent


class LimitedConnection(SlowReaderTimeout, HttpToolsProtocol):
    """uvicorn's connection, which answers with an error and closes when a limit is passed."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True
        self._begun_ns = perf_counter_ns()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        limit_send_buffer(transport)
        if len(self.connections) > (most := self.settings.max_connections):
            self._refuse(503, f"There are {most} connections already.")
        else:
            self._start_timer(self.settings.header_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._head_bytes += len(data) if self._in_head else 0
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if self._in_head and self._head_bytes > LONGEST_HEAD:
            self._refuse(431, f"The head of the request is longer than {LONGEST_HEAD} bytes.")
        elif self._timer is None and self._idle:
            self._head_bytes = 0  # bytes that are no request yet stopped uvicorn's own timer
            self._start_timer(self.settings.header_timeout)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun_ns = perf_counter_ns()
        if self._timer is None:
            self._head_bytes = 0
            self._start_timer(self.settings.header_timeout)
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._start_timer(self.settings.idle_timeout)  # for the body
        super().on_headers_complete()
        self.scope["state"]["begun_ns"] = self._begun_ns  # its task has not begun yet

    def on_message_complete(self) -> None:
        self._stop_timer()
        self._in_head, self._head_bytes = True, 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._stop_timer()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _refuse_slow(self) -> None:
        if self._idle and not self._in_head:  # answered already: this was the rest of its body
            self.transport.close()
        else:
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
        headers = self._headers(status, quiet)
        if status == 503:
            headers["Retry-After"] = str(RETRY_CONNECTING)
        response = refusal(status, message, headers=headers | {"connection": "close"})
        head = b"".join(b"%b: %b\r\n" % header for header in response.raw_headers)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + bytes(response.body))
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
        self._timer = self.loop.call_later(seconds, self._refuse_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
