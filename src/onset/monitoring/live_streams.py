"""Live streams of snapshots, as server-sent events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from onset.errors import Busy
from onset.monitoring.snapshots import SnapshotSource

TICK = 1.0
"""Seconds between two snapshots."""

MOST_VIEWERS = 8
"""Live streams at once."""

RETRY_VIEWING = 3.0
"""Seconds after which a viewer may try again, also when the stream broke."""


class LiveStreams:
    """All live streams of a server. viewers: how many are open."""

    def __init__(self, snapshots: SnapshotSource) -> None:
        self._snapshots = snapshots
        self.viewers, self._closed = 0, asyncio.Event()

    def open(self, event: Callable[[], Awaitable[bytes]] | None = None) -> AsyncIterator[bytes]:
        """Server-sent events, one every TICK. Raises Busy for one viewer too many.

        event: makes the next one; by default a snapshot. A viewer who reads slowly misses some:
        none waits for them.
        """
        if self.full:
            raise Busy(f"All {MOST_VIEWERS} live streams are taken.", RETRY_VIEWING)
        return self._events(event or self._snapshot_event)

    async def _snapshot_event(self) -> bytes:
        return b"data: " + await self._snapshots.json() + b"\n\n"

    @property
    def full(self) -> bool:
        """Whether no viewer more can be served."""
        return self.viewers >= MOST_VIEWERS

    async def _events(self, event: Callable[[], Awaitable[bytes]]) -> AsyncIterator[bytes]:
        if self.full:  # many came at once
            return
        self.viewers += 1
        try:
            yield b"retry: %d\n\n" % (1e3 * RETRY_VIEWING)
            while not self._closed.is_set():
                yield await event()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closed.wait(), TICK)
        finally:
            self.viewers -= 1

    def close(self) -> None:
        """End all live streams: the server is about to go."""
        self._closed.set()
