"""The snapshot of a moment, for GET /performance/ttfa and its live stream: one for all who look."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic, time
from typing import Any

from onset import __version__
from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.live_window import (
    LiveWindow,
    counted,
    flow_figures,
    outer_stages,
    pipeline,
    plan_figures,
    population_figures,
    recent_answers,
    ttfa_figures,
)
from onset.monitoring.metrics.meters import traffic_of
from onset.monitoring.metrics.metric_table import TRAFFIC
from onset.monitoring.quiet_moment import quiet_moment
from onset.monitoring.server_state import BEGINNINGS, ProcessWatch, StateSource
from onset.protocol.performance_api import (
    AlertStatus,
    FollowedAdvice,
    LiveAdvice,
    PerformanceSnapshot,
    ProbeStatus,
    SystemFigures,
    UnknownAdvice,
)

FRESH = 1.0
"""Seconds for which a snapshot is given again."""

SHOWN = 50
"""Answers in a snapshot."""


@dataclass(frozen=True)
class AnswerFigures:
    """What the same answers show for as long as no other one is over."""

    records: Sequence[AnswerRecord] = ()

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Those fields of a snapshot that are of answers alone."""
        apart: dict[str, list[AnswerRecord]] = {name: [] for name in TRAFFIC if name != "http"}
        for record in self.records:
            apart.get(traffic_of(record), []).append(record)
        timed = counted(self.records)
        return {
            "ttfa": ttfa_figures(timed),
            "flow": flow_figures(timed),
            "populations": {name: population_figures(own) for name, own in apart.items()},
            "plans": plan_figures(self.records),
            "recent": recent_answers(self.records, SHOWN),
        }

    @cached_property
    def pipelines(self) -> tuple[dict[str, float | None], dict[str, float | None]]:
        """The stages of the answers at the median of the TTFA, and at its 95th percentile."""
        timed = counted(self.records)
        return pipeline(timed, 0.5), pipeline(timed, 0.95)


@dataclass(slots=True)
class SnapshotSource:
    """Makes snapshots in a thread, at most one in FRESH seconds, and none while nobody looks, nor
    while an answer is awaited.
    """

    window: LiveWindow
    state: StateSource
    process: ProcessWatch
    alerts: Callable[[], list[AlertStatus]]
    advice: Callable[[Sequence[AnswerRecord]], tuple[list[LiveAdvice], list[FollowedAdvice]]]
    probe: Callable[[], ProbeStatus]
    unknown: Callable[[Sequence[AnswerRecord]], list[UnknownAdvice]] = lambda _: []
    clock: Callable[[], float] = monotonic
    _made: tuple[float, PerformanceSnapshot, bytes] | None = None
    _figures: AnswerFigures = AnswerFigures()
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def json(self) -> bytes:
        """The newest snapshot as JSON."""
        return (await self._newest())[2]

    async def current(self) -> PerformanceSnapshot:
        """The newest snapshot."""
        return (await self._newest())[1]

    async def _newest(self) -> tuple[float, PerformanceSnapshot, bytes]:
        async with self._lock:
            made = self._made
            if made is None or self.clock() - made[0] >= FRESH:
                await quiet_moment(self.state)
                snapshot, page = await asyncio.to_thread(self._make)
                made = self._made = self.clock(), snapshot, page
            return made

    def _make(self) -> tuple[PerformanceSnapshot, bytes]:
        snapshot = self.snapshot()
        return snapshot, snapshot.model_dump_json().encode()

    def snapshot(self) -> PerformanceSnapshot:
        """What is known now. Takes milliseconds; any thread may ask."""
        records, state = self.window.records(), self.state()
        advice, followed = self.advice(records)
        if records != self._figures.records:
            self._figures = AnswerFigures(records)
        median, p95 = self._figures.pipelines
        heard = self.window.heard()
        reports = self.window.reports()
        outer = outer_stages(heard, reports[-1].reporter if reports else None)
        return PerformanceSnapshot(
            version=__version__,
            at=round(time(), 3),
            ready=state.ready,
            pipeline=median | outer,
            pipeline_p95=p95 | outer,
            system=self._system(),
            heard=heard,
            probe=self.probe(),
            alerts=self.alerts(),
            recommendations=advice,
            followed=followed,
            not_enough_known=self.unknown(records),
            **self._figures.fields,
        )

    def _system(self) -> SystemFigures:
        process, state = self.process.look(), self.state()
        return SystemFigures(
            rss_bytes=process.rss,
            cpu_ratio=process.cpu_ratio,
            host_cpu_ratio=process.host_cpu_ratio,
            cache_hit_ratio=next((c.hit_ratio for c in state.caches if c.name == BEGINNINGS), None),
            pace=state.pace,
            listeners=state.listeners,
            active=state.active,
        )
