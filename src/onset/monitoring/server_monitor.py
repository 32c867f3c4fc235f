"""All that watches one server: listens to its answers, and is asked by the routes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from time import monotonic

from onset import __version__
from onset.errors import Busy
from onset.monitoring.answer_record import AnswerFeed
from onset.monitoring.live_window import LiveWindow
from onset.monitoring.meters import Meters, MetricsPage
from onset.monitoring.server_state import ProcessWatch, StateSource
from onset.monitoring.snapshots import SnapshotSource
from onset.protocol.http_api import PlaybackReport

TICK = 1.0
"""Seconds between two looks at the event loop, and between two snapshots of a live stream."""

MOST_VIEWERS = 8
"""Live streams at once."""

RETRY_VIEWING = 3.0
"""Seconds after which a viewer may try again, also when the stream broke."""


class ServerMonitor:
    """Counts what a server does. `watch` runs while it does; `state` tells how it is now."""

    def __init__(self, answers: AnswerFeed, state: StateSource, model: str) -> None:
        self.meters = Meters(state, ProcessWatch(), __version__, model)
        self.metrics = MetricsPage(self.meters.registry)
        self.window = LiveWindow()
        self.snapshots = SnapshotSource(self.window, state, ProcessWatch(), list, lambda _: [])
        answers.listeners += [self.meters.count, self.window.add]
        self._viewers, self._closed = 0, asyncio.Event()

    def note_report(self, report: PlaybackReport) -> None:
        """A player told when an answer was heard."""
        self.meters.count_report(report)
        self.window.add_report(report)

    async def watch(self, clock: Callable[[], float] = monotonic) -> None:
        """Look at the event loop every TICK, until cancelled."""
        while True:
            due = clock() + TICK
            await asyncio.sleep(TICK)
            self.meters.count_lag(clock() - due)

    def live(self) -> AsyncIterator[bytes]:
        """Server-sent events, a snapshot every TICK. Raises Busy for one viewer too many.

        A viewer who reads slowly misses snapshots: none waits for them.
        """
        if self.full:
            raise Busy(f"All {MOST_VIEWERS} live streams are taken.", RETRY_VIEWING)
        return self._events()

    @property
    def full(self) -> bool:
        """Whether no viewer more can be served."""
        return self._viewers >= MOST_VIEWERS

    async def _events(self) -> AsyncIterator[bytes]:
        if self.full:  # many came at once
            return
        self._viewers += 1
        try:
            yield b"retry: %d\n\n" % (1e3 * RETRY_VIEWING)
            while not self._closed.is_set():
                yield b"data: " + await self.snapshots.json() + b"\n\n"
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closed.wait(), TICK)
        finally:
            self._viewers -= 1

    def close_streams(self) -> None:
        """End all live streams: the server is about to go."""
        self._closed.set()
