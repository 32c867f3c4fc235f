"""A name for every request, and on every answer that name and how long it took to begin.

Knows nothing of what is asked or answered.
"""

import re
import uuid
from time import perf_counter_ns

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.wire import PROCESSING, REQUEST_ID

_DECENT = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """Puts `request_id` into a request's state, the client's own if decent, and `begun_ns`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        state = scope.setdefault("state", {})
        state["request_id"] = given if _DECENT.fullmatch(given) else uuid.uuid4().hex
        state["begun_ns"] = perf_counter_ns()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(name_of(scope))
            await send(message)

        await self._app(scope, receive, named)


def name_of(scope: Scope) -> dict[str, str]:
    """The headers of an answer that begins now to a request that has passed RequestIds."""
    took = (perf_counter_ns() - scope["state"]["begun_ns"]) // 1_000_000
    return {REQUEST_ID: scope["state"]["request_id"], PROCESSING: str(took)}
