"""A burst of requests is begun one after another, so that it holds up nobody else."""

import asyncio
from collections import deque

from starlette.types import ASGIApp, Receive, Scope, Send

from onset.protocol.http_api import HEALTH_PATH

PASSES = 8
"""Passes of the event loop from the begin of one request to that of the next, if there are many.

To answer one takes a millisecond or two. `/health`, asked behind 900 that came at once, was
answered after 1.1 s, and is so after 0.2 s (docs/log/2026-11-30-strangers.md).
"""


class RequestTurns:
    """Begins a request every PASSES passes of the event loop; the others wait, the first one first.

    `/health` does not wait. As many wait as there are connections, at most.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._waiting = deque[asyncio.Future[None]]()
        self._passes_left = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and scope["path"] != HEALTH_PATH:
            await self._turn()
        await self._app(scope, receive, send)

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        if self._passes_left:
            turn = loop.create_future()
            self._waiting.append(turn)
            await turn
        else:
            self._passes_left = PASSES
            loop.call_soon(self._pass)

    def _pass(self) -> None:
        self._passes_left -= 1
        while self._waiting and not self._passes_left:
            if not (turn := self._waiting.popleft()).done():  # cancelled: the server ends
                turn.set_result(None)
                self._passes_left = PASSES
        if self._passes_left:
            asyncio.get_running_loop().call_soon(self._pass)
