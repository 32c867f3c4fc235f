"""How long the body of a request may be."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.config import Settings

LONGEST_CHARACTER = 12
"""Bytes of one character in JSON at most: a surrogate pair, both halves escaped."""

REST_OF_BODY = 65_536
"""Bytes of a body besides its text; nobody's fields need more."""


class BodyLimit:
    """Answers 413 to a body that is longer than the longest text can make it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._limit = LONGEST_CHARACTER * settings.max_characters + REST_OF_BODY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count what is read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = 0

        async def receive_and_count() -> Message:
            nonlocal size
            # Raised where the route reads, so that it is answered as every error is.
            if self._announced(scope) > self._limit:
                raise self._too_long()  # without reading any of it
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit:
                raise self._too_long()
            return message

        await self._app(scope, receive_and_count, send)

    def _too_long(self) -> HTTPException:
        return HTTPException(413, f"The body is longer than {self._limit} bytes")

    def _announced(self, scope: Scope) -> int:
        length = Headers(scope=scope).get("content-length", "")
        return int(length) if length.isdecimal() else 0
