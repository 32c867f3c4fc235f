"""All that watches one server: listens to its answers, and is asked by the routes."""

import asyncio
from collections.abc import Callable
from time import monotonic

from onset import __version__
from onset.monitoring.answer_record import AnswerFeed
from onset.monitoring.meters import Meters, MetricsPage
from onset.monitoring.server_state import ProcessWatch, StateSource
from onset.protocol.http_api import PlaybackReport

TICK = 1.0
"""Seconds between two looks at the event loop."""


class ServerMonitor:
    """Counts what a server does. `watch` runs while it does; `state` tells how it is now."""

    def __init__(self, answers: AnswerFeed, state: StateSource, model: str) -> None:
        self.meters = Meters(state, ProcessWatch(), __version__, model)
        self.metrics = MetricsPage(self.meters.registry)
        answers.listeners.append(self.meters.count)

    def note_report(self, report: PlaybackReport) -> None:
        """A player told when an answer was heard."""
        self.meters.count_report(report)

    async def watch(self, clock: Callable[[], float] = monotonic) -> None:
        """Look at the event loop every TICK, until cancelled."""
        while True:
            due = clock() + TICK
            await asyncio.sleep(TICK)
            self.meters.count_lag(clock() - due)
