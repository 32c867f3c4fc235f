"""An id for every request; every answer carries it, and the milliseconds until it began."""

import re
import uuid
from collections.abc import Mapping
from time import perf_counter_ns
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.protocol.http_api import PROCESSING, REQUEST_ID

_VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STARTS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


class RequestIds:
    """Puts `request_id` (the client's own if valid) and `begun_ns` into a request's state.

    begun_ns: when its first bytes were there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        state = scope.setdefault("state", {})
        state["request_id"] = given if _VALID.fullmatch(given) else new_id()
        state.setdefault("begun_ns", perf_counter_ns())  # the connection knows it better

        async def send_with_id(message: Message) -> None:
            if message["type"] in _STARTS:
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(id_headers(state))
            await send(message)

        await self._app(scope, receive, send_with_id)


def new_id() -> str:
    """An id that nothing else has."""
    return uuid.uuid4().hex


def id_headers(state: Mapping[str, Any]) -> dict[str, str]:
    """The headers of an answer that begins now. state: as RequestIds makes it."""
    took = (perf_counter_ns() - state["begun_ns"]) // 1_000_000
    return {REQUEST_ID: state["request_id"], PROCESSING: str(took)}
