"""How answers end that uvicorn would end otherwise: to HTTP/1.0, and when the server is told to."""

import asyncio
from math import inf

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected


def unframed(cycle: RequestResponseCycle, app: ASGIApp) -> ASGIApp:
    """The app for a client of HTTP/1.0, which knows no chunks: its answer ends by closing.

    RFC 9112, 6.1: no Transfer-Encoding is sent to one. nginx is such a client by default.
    """

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        async def plainly(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message.get("headers", ())}
                if b"content-length" not in names:
                    # As if a length were known and never reached.
                    cycle.chunked_encoding = False
                    cycle.expected_content_length = inf  # type: ignore[assignment]
            elif cycle.expected_content_length == inf and not message.get("more_body", False):
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, plainly)

    return run


def ended_quietly(cycle: RequestResponseCycle, app: ASGIApp) -> ASGIApp:
    """The app, cut off without a traceback when the server ends before its client has finished."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            cycle.disconnected = True
            cycle.transport.abort()

    return run


def socket_ended_quietly(app: ASGIApp) -> ASGIApp:
    """As `ended_quietly`, for a WebSocket."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            raise ClientDisconnected from None

    return run
