"""A connection with limits: how many there are, how long a head is, how long a client may dawdle.

uvicorn's own waits for ever for the rest of a request, and for a reader who does not read.
Knows nothing of what is asked or answered.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from onset.refusals import detail
from onset.wire import ErrorBody

LONGEST_HEAD = 65_536
"""Bytes of a request's line and headers together."""

SEND_BUFFER = 131_072
"""Bytes the system may hold of an answer; left to itself it takes megabytes for a slow reader."""


@dataclass(frozen=True, slots=True)
class Limits:
    """head: seconds for a request's head; idle: seconds for its body, and for a reader's pause."""

    connections: int
    head: float
    idle: float


def limited(limits: Limits) -> type[asyncio.Protocol]:
    """The class of connections with these limits, for uvicorn."""
    return type("LimitedConnection", (Connection,), {"limits": limits})


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which ends with a refusal when its client takes more than he may."""

    limits: Limits

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._arriving: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._head = 0
        self._in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head, or refuse if there are too many."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
        if len(self.connections) > self.limits.connections:
            self._refuse(503, f"There are {self.limits.connections} connections already.")
        else:
            self._expect(self.limits.head, self._slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._arrived()
        self._read_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, as long as the head is not too long."""
        if self.transport.is_closing():
            return
        self._head += len(data) if self._in_head else 0
        super().data_received(data)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if self._in_head and self._head > LONGEST_HEAD:
            self._refuse(431, f"The head of the request is longer than {LONGEST_HEAD} bytes.")
        elif self._arriving is None and self._between:
            self._head = 0  # something that is no request yet stopped uvicorn's clock
            self._expect(self.limits.head, self._slow)

    def on_message_begin(self) -> None:
        """A request begins: its head must be here in time."""
        super().on_message_begin()
        if self._arriving is None:
            self._head = 0
            self._expect(self.limits.head, self._slow)
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Now its body must be."""
        self._in_head = False
        self._expect(self.limits.idle, self._slow)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is all here."""
        self._arrived()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the next protocol, and its limits too."""
        self._arrived()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """The client does not read: he has until `idle`, then his connection is cut."""
        super().pause_writing()
        if self._reading is None:
            self._reading = self.loop.call_later(self.limits.idle, self.transport.abort)

    def resume_writing(self) -> None:
        """He reads again."""
        self._read_on()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is refused in the shape of all refusals."""
        self._refuse(400, msg)

    def _slow(self) -> None:
        if self._between or not self.cycle.response_started:
            self._refuse(408, "The request did not arrive in time.")
        else:
            self.transport.abort()

    @property
    def _between(self) -> bool:
        """Whether nothing is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, status: int, message: str) -> None:
        """Answer past the app, and close."""
        self._arrived()
        body = ErrorBody(error=detail(status, message)).model_dump_json().encode()
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head % len(body) + body)
        self.transport.close()

    def _expect(self, seconds: float, late: Callable[[], None]) -> None:
        self._arrived()
        self._arriving = self.loop.call_later(seconds, late)

    def _arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    def _read_on(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
