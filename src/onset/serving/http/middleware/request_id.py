"""A name for every request, and on every answer that name and how long it took to begin.

Knows nothing of what is asked or answered.
"""

import re
import uuid
from collections.abc import Mapping
from time import perf_counter_ns
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.protocol.http_api import PROCESSING, REQUEST_ID

_DECENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BEGINNINGS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


class RequestIds:
    """Puts `request_id` into a request's state, the client's own if decent, and `begun_ns`.

    A WebSocket is a request too; its answer is the handshake.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        state = scope.setdefault("state", {})
        state["request_id"] = given if _DECENT.fullmatch(given) else new_id()
        state["begun_ns"] = perf_counter_ns()

        async def named(message: Message) -> None:
            if message["type"] in _BEGINNINGS:
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(name_of(state))
            await send(message)

        await self._app(scope, receive, named)


def new_id() -> str:
    """A name nothing else has."""
    return uuid.uuid4().hex


def name_of(state: Mapping[str, Any]) -> dict[str, str]:
    """The headers of an answer that begins now. state: as RequestIds makes it."""
    took = (perf_counter_ns() - state["begun_ns"]) // 1_000_000
    return {REQUEST_ID: state["request_id"], PROCESSING: str(took)}
