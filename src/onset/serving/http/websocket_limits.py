"""WebSockets with limits: how long a handshake takes, what waits for a client who does not read."""

import asyncio
from time import perf_counter_ns
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from onset.serving.http.answer_ends import socket_ended_quietly
from onset.serving.http.connection_limits import (
    UNFINISHED,
    SlowReaderTimeout,
    error_answer,
)
from onset.serving.http.middleware.request_id import id_headers, new_id
from onset.serving.http.middleware.request_log import log_refusal

NOT_UTF8 = 1007
"""Close code of RFC 6455 for a text that is none."""

NO_HANDSHAKE = (
    "This begins no WebSocket: it must be a GET without a body, of at most 128 headers, and no "
    "line of more than 8190 bytes."
)


class LimitedWebSocket(SlowReaderTimeout, WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, begun by a LimitedConnection, which has limited the transport.

    uvicorn gives the head to a second parser, with limits of its own. Until that one and the app
    have said yes, `header_timeout` holds as for any head.
    """

    _opening: asyncio.TimerHandle | None = None
    _pong = b""
    _held = 0  # bytes of a message that is not whole yet

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.app = socket_ended_quietly(self.app)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._begun_ns = perf_counter_ns()
        self._opening = self.loop.call_later(self.settings.header_timeout, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._opening is not None:
            self._opening.cancel()
        self._held, held = 0, self._held
        UNFINISHED.change(held, 0)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        held, self._held = self._held, len(self.conn.reader.buffer) + sum(map(len, self.frames))
        if UNFINISHED.change(held, self._held):
            self.transport.abort()  # in the middle of a message nothing can be said
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self._refuse()

    def shutdown(self) -> None:
        if self.handshake_initiated:
            super().shutdown()
        else:
            self.transport.close()

    def handle_cont(self, event: Frame) -> None:
        """Join the parts of a message as they come: their count has no limit, their size has."""
        if self.frames and not isinstance(self.frames[0], bytearray):
            self.frames[0] = bytearray(self.frames[0])  # type: ignore[call-overload]
        if self.frames:
            self.frames[0] += event.data
        if event.fin:
            self.send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Answer; to one who does not read only the newest, when they do (RFC 6455, 5.5.3)."""
        pongs = self.conn.data_to_send()
        if self.writable.is_set():
            self.transport.write(b"".join(pongs))
        elif pongs:
            self._pong = pongs[-1]

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._pong and not self.transport.is_closing():
            self.transport.write(self._pong)
        self._pong = b""

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent and not self._is_text():
            self.frames = []
            self.conn.send_close(NOT_UTF8)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        """Send; to refuse ends the handshake, which uvicorn would call a fault of the app."""
        await super().send(message)
        self.handshake_complete = self.handshake_complete or self.close_sent

    def _is_text(self) -> bool:
        try:
            b"".join(self.frames).decode()
        except UnicodeDecodeError:
            return False
        return True

    def _give_up(self) -> None:
        if not self.handshake_complete:
            self.transport.abort()

    def _refuse(self) -> None:
        """Answer in the shape of all errors, and close."""
        request_id = new_id()
        log_refusal(request_id, 400)
        headers = id_headers({"request_id": request_id, "begun_ns": self._begun_ns})
        self.transport.write(error_answer(400, NO_HANDSHAKE, headers))
        self.close_sent = True
        self.transport.close()
