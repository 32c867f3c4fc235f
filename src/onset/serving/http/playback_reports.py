"""Routes by which players tell when an answer was heard, and what became of it.

What they tell is their word: it is refused where it cannot be, and bounded in number and in rate.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from time import monotonic

from fastapi import FastAPI
from starlette.requests import Request as HttpRequest

from onset.config import Settings
from onset.errors import Busy
from onset.monitoring.live_window import after_ms, played_figures
from onset.protocol.http_api import (
    HEARD_PATH,
    PLAYED_PATH,
    REPORTERS,
    PlaybackEnd,
    PlaybackEndList,
    PlaybackReport,
    PlaybackReportList,
)
from onset.serving.http.json_body import read_json
from onset.serving.http.openapi import documented, documented_json
from onset.stats.quantiles import median

KEPT_REPORTS = 200
"""The newest reports of each kind, which are kept in memory only."""

MOST_REPORTS = 20
"""Reports a second; more than all listeners of a machine can give."""


@dataclass(slots=True)
class ReportLimit:
    """Lets MOST_REPORTS a second pass, whoever sends them."""

    clock: Callable[[], float] = monotonic
    _newest: deque[float] = field(default_factory=deque)

    def check(self) -> None:
        """Note one report. Raises Busy for one too many."""
        now = self.clock()
        while self._newest and self._newest[0] <= now - 1:
            self._newest.popleft()
        if len(self._newest) >= MOST_REPORTS:
            raise Busy(f"More than {MOST_REPORTS} reports a second.", 1.0)
        self._newest.append(now)


def add_playback_reports(
    app: FastAPI,
    settings: Settings,
    on_heard: Callable[[PlaybackReport], None],
    on_played: Callable[[PlaybackEnd], None],
) -> None:
    """Add POST and GET HEARD_PATH and PLAYED_PATH. on_heard, on_played: told of every report."""
    heard: deque[PlaybackReport] = deque(maxlen=KEPT_REPORTS)
    played: deque[PlaybackEnd] = deque(maxlen=KEPT_REPORTS)
    limit = ReportLimit()

    async def note_heard(http: HttpRequest) -> dict[str, int]:
        """Note when an answer was first heard, as whoever plays it tells."""
        report = await read_json(http, PlaybackReport, settings)
        limit.check()
        heard.append(report)
        on_heard(report)
        return {"count": len(heard)}

    async def note_played(http: HttpRequest) -> dict[str, int]:
        """Note what became of an answer, as whoever played it tells."""
        report = await read_json(http, PlaybackEnd, settings)
        limit.check()
        played.append(report)
        on_played(report)
        return {"count": len(played)}

    async def told_heard() -> PlaybackReportList:
        """When the newest answers were first heard at the listener's device."""
        return _heard_list(heard)

    async def told_played() -> PlaybackEndList:
        """What became of the newest answers, by who played them."""
        reporters = {
            reporter: played_figures([end for end in played if end.reporter == reporter])
            for reporter in REPORTERS
        }
        return PlaybackEndList(count=len(played), reporters=reporters, played=list(played))

    errors = documented(400, 401, 403, 408, 413, 415, 429)
    heard_body, played_body = documented_json(PlaybackReport), documented_json(PlaybackEnd)
    app.post(HEARD_PATH, responses=errors, openapi_extra=heard_body)(note_heard)
    app.get(HEARD_PATH, responses=documented(401, 403))(told_heard)
    app.post(PLAYED_PATH, responses=errors, openapi_extra=played_body)(note_played)
    app.get(PLAYED_PATH, responses=documented(401, 403))(told_played)


def _heard_list(reports: Collection[PlaybackReport]) -> PlaybackReportList:
    return PlaybackReportList(
        count=len(reports),
        median_heard_ms=median([report.heard_ms for report in reports]),
        median_after_ms=median([after_ms(report) for report in reports]),
        median_latency_ms=median([report.latency_ms for report in reports]),
        heard=list(reports),
    )
