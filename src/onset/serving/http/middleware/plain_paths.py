"""Paths with slashes too many, as clients make them of a base URL that ends with one."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_MANY = re.compile("//+")


class PlainPaths:
    """Takes `//` for `/`, and drops a closing one: `/v1//models/` is `/v1/models`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope["path"] = _MANY.sub("/", scope["path"]).rstrip("/") or "/"
        await self._app(scope, receive, send)
