"""Connections that have not said HELLO: few, not for long, and in no caller's place."""

import asyncio

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from onset.playback.connection import CallerConnection

MOST = 64
"""At once, for each way to connect. One more, and the one that has waited longest is sent away: a
program that calls says HELLO at once."""

HELLO_SECONDS = 5.0
"""Seconds until HELLO."""


class Strangers:
    """Those that came one way and have not said HELLO yet."""

    def __init__(self) -> None:
        self._timers: dict[CallerConnection, asyncio.TimerHandle] = {}

    def enter(self, caller: CallerConnection) -> None:
        """Somebody connected."""
        if len(self._timers) >= MOST:
            oldest = next(iter(self._timers))
            self.leave(oldest)
            oldest.hang_up()
        loop = asyncio.get_running_loop()
        self._timers[caller] = loop.call_later(HELLO_SECONDS, caller.hang_up)

    def leave(self, caller: CallerConnection) -> None:
        """They left, or are a stranger no more."""
        if (timer := self._timers.pop(caller, None)) is not None:
            timer.cancel()


def bounded(most: int) -> type[ServerConnection]:
    """A class of WebSocket connections of which there are at most so many, also in handshakes."""
    there: dict[ServerConnection, None] = {}

    class BoundedConnection(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            there[self] = None
            if len(there) > most:
                silent = (one for one in there if one.protocol.state is State.CONNECTING)
                next(silent, self).transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            there.pop(self, None)
            super().connection_lost(exc)

    return BoundedConnection
