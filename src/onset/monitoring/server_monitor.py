"""All that watches one server: listens to its answers, and is asked by the routes."""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from time import monotonic, time

from onset import __version__
from onset.monitoring.alerts.alert_engine import AlertEngine, AlertNotice, log_notice
from onset.monitoring.alerts.alert_rules import Situation
from onset.monitoring.alerts.alert_webhook import AlertWebhook
from onset.monitoring.answer_record import AnswerFeed, AnswerRecord
from onset.monitoring.history.history_reader import last_advice, last_events, read_history
from onset.monitoring.history.history_writer import HistoryWriter
from onset.monitoring.history.remembered import Remembered
from onset.monitoring.live_streams import LiveStreams
from onset.monitoring.live_window import LiveWindow, counted, promised
from onset.monitoring.metrics.gc_watch import GcWatch
from onset.monitoring.metrics.meters import Meters, MetricsPage
from onset.monitoring.probe.probe_watch import ProbeWatch
from onset.monitoring.quiet_moment import quiet_moment
from onset.monitoring.recommendations.advice_follow_up import AdviceFollowUp
from onset.monitoring.recommendations.live_recommendations import (
    Findings,
    ProcessSample,
    listened,
    not_enough_known,
    recommendations,
)
from onset.monitoring.server_state import ProcessWatch, ServerState, StateSource
from onset.monitoring.snapshots import SnapshotSource
from onset.protocol.http_api import PlaybackEnd, PlaybackReport
from onset.protocol.performance_api import FollowedAdvice, LiveAdvice, PerformanceHistory

TICK = 1.0
"""Seconds between two looks at the event loop."""

SAMPLED = 60
"""Ticks between two looks at the process for the history."""

REMEMBERED = 600
"""Ticks between two looks at the history for recommendations."""

KEPT_SAMPLES = 24 * 60
"""Looks at the process, a minute apart: a day, as answers are kept."""

JUDGED = 5
"""Ticks between two looks at the alerts."""

_log = logging.getLogger("onset.server")


class ServerMonitor:
    """Counts what a server does, between `start` and `close`. state: how it is now.

    history: where to keep figures of answers; None: nowhere. alert_url: where alerts are posted.
    probes: of the idle server; None: none. live: streams of snapshots.
    """

    def __init__(
        self,
        answers: AnswerFeed,
        state: StateSource,
        model: str,
        history: Path | None = None,
        alert_url: str | None = None,
        probes: ProbeWatch | None = None,
    ) -> None:
        self._source, self._history_path = state, history
        self._process, self._judged = ProcessWatch(), ProcessWatch()
        self._watching: asyncio.Task[None] | None = None
        self.alerts, self._down_since = AlertEngine(), monotonic()
        alerts = self.alerts.statuses
        self.probes = probes or ProbeWatch(0)
        host = self.probes.host_seconds
        self.meters = Meters(self._state, ProcessWatch(), __version__, model, alerts, host)
        self.metrics = MetricsPage(self.meters.registry, state=state)
        self.window = LiveWindow()
        self.writer = HistoryWriter(history) if history else None
        self._remembered = Remembered(history, __version__)
        self._gc = GcWatch()
        self._samples: deque[ProcessSample] = deque(maxlen=KEPT_SAMPLES)
        self._follow_up, self._known = AdviceFollowUp(), Findings()
        if self.writer is not None:
            self._follow_up.keep = self.writer.keep_advice
        self.snapshots = SnapshotSource(
            self.window,
            state,
            ProcessWatch(),
            alerts,
            self._recommendations,
            self.probes.status,
            lambda records: not_enough_known(self._findings(records)),
        )
        answers.listeners += [self.meters.count, self.window.add, self.probes.add_answer]
        if self.writer is not None:
            answers.listeners.append(self.writer.add)
            self.probes.listeners.append(self.writer.add_probe)
        self.webhook = AlertWebhook(alert_url) if alert_url else None
        self.alerts.listeners.append(log_notice)
        if self.webhook is not None:
            self.alerts.listeners.append(self.webhook.send)
        self.alerts.transitions.append(self._keep_transition)
        self.live = LiveStreams(self.snapshots)
        self._reading = asyncio.Lock()

    def start(self) -> None:
        """Begin, in the event loop."""
        if self.writer is not None:
            self.writer.start()
        if self.webhook is not None:
            self.webhook.start()
        self._gc.start()
        self._watching = asyncio.create_task(self.watch())

    async def close(self) -> None:
        """Write what waits to be written, and end."""
        self._gc.close()
        if self._watching is not None:
            self._watching.cancel()
        for part in (self.writer, self.webhook):
            if part is not None:
                await asyncio.to_thread(part.close)

    def _state(self) -> ServerState:
        if self.writer is None:
            return self._source()
        dropped, size = self.writer.dropped, self.writer.bytes
        return replace(self._source(), history_dropped=dropped, history_bytes=size)

    async def history(self, days: float) -> PerformanceHistory:
        """What was kept of so many days; one at a time reads it."""
        async with self._reading:
            path = self._history_path or Path(os.devnull) / "none"
            return await asyncio.to_thread(read_history, path, days, self.writer)

    def note_report(self, report: PlaybackReport) -> None:
        """A player told when an answer was heard."""
        self.meters.count_report(report)
        self.window.add_report(report)

    def note_end(self, report: PlaybackEnd) -> None:
        """A player told what became of an answer."""
        self.meters.count_end(report)
        self.window.add_end(report)

    async def watch(self, clock: Callable[[], float] = monotonic) -> None:
        """Look at the event loop every TICK, at other things less often, until cancelled."""
        if self._history_path is not None:
            self.alerts.restore(await asyncio.to_thread(last_events, self._history_path))
            self._follow_up.restore(await asyncio.to_thread(last_advice, self._history_path))
        for tick in count():
            due = clock() + TICK
            await asyncio.sleep(TICK)
            self.meters.count_lag(clock() - due)
            self.meters.count_pauses(self._gc.take())
            try:
                await self._look(tick)
            except Exception as error:  # watching must go on; it may quote nobody
                _log.error("Watching the server failed: %s", type(error).__name__)

    async def _look(self, tick: int) -> None:
        if tick % SAMPLED == 0:
            figures = self._process.look()
            sample = time(), figures.rss, figures.others_ratio, self._source().languages
            self._samples.append(ProcessSample(*sample))
            if self.writer is not None:
                self.writer.add_sample(figures)
        if tick % REMEMBERED == 0 and self._history_path is not None:
            await asyncio.to_thread(self._remembered.refresh, self.probes.records(), time())
        if tick % SAMPLED == 0:  # what became of advice is known whether or not somebody looks
            await asyncio.to_thread(self._recommendations, self.window.records())
        if tick % JUDGED == 0:
            await quiet_moment(self._source)
            await asyncio.to_thread(self.judge)

    def _recommendations(
        self, records: Sequence[AnswerRecord]
    ) -> tuple[list[LiveAdvice], list[FollowedAdvice]]:
        findings = self._findings(records)
        advice = recommendations(findings)
        return advice, self._follow_up.follow(advice, findings)

    def _findings(self, records: Sequence[AnswerRecord]) -> Findings:
        """What rules look at; the same while nothing new happened, with what they found."""
        findings = Findings(
            counted=counted(records),
            listened=listened(records),
            reports=self.window.reports(),
            cold=self._remembered.cold,
            records=records,
            paces=self.probes.paces(),
            pace_set=self._source().pace_set,
            samples=list(self._samples),
        )
        if findings != self._known:
            self._known = findings
        return self._known

    def judge(self) -> None:
        """Look at the alerts."""
        state, now = self._source(), monotonic()
        if state.ready:
            self._down_since = now
        records = self.window.records()
        self.alerts.look(
            Situation(
                now=time(),
                records=records,
                counted=promised(records),
                reports=self.window.reports(),
                rss=self._judged.look().rss,
                samples=list(self._samples),
                down=now - self._down_since,
                history_problem=self.writer.problem if self.writer else None,
                starts=self._remembered.starts(self.probes.records()),
                degraded=self._remembered.degraded,
            )
        )

    def _keep_transition(self, notice: AlertNotice) -> None:
        if self.writer is not None:
            name, state = notice.rule.name, notice.state
            self.writer.add_event(notice.at, "alert", name, state, notice.facts)
