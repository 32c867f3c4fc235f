"""When answers were heard, as playback daemons report: a server cannot see that itself.

The newest reports are kept, in memory only.
"""

from collections import deque
from collections.abc import Iterable
from statistics import median

from fastapi import FastAPI
from starlette.requests import Request as HttpRequest

from onset.protocol.http_api import HEARD_PATH, PlaybackReport, PlaybackReportList
from onset.serving.http.error_handlers import documented
from onset.serving.http.json_body import documented_json, read_json

KEPT = 200
"""Reports that are kept."""


def add_playback_reports(app: FastAPI) -> None:
    """Add POST and GET HEARD_PATH."""
    reports: deque[PlaybackReport] = deque(maxlen=KEPT)

    async def note(http: HttpRequest) -> dict[str, int]:
        """Note when an answer was first heard, as whoever plays it tells."""
        reports.append(await read_json(http, PlaybackReport))
        return {"count": len(reports)}

    async def told() -> PlaybackReportList:
        """When the newest answers were first heard at the listener's device."""
        return PlaybackReportList(
            count=len(reports),
            median_heard_ms=_median(report.heard_ms for report in reports),
            median_after_ms=_median(report.heard_ms - _received_ms(report) for report in reports),
            median_latency_ms=_median(report.latency_ms for report in reports),
            heard=list(reports),
        )

    app.post(
        HEARD_PATH,
        responses=documented(400, 401, 403, 408, 413, 415),
        openapi_extra=documented_json(PlaybackReport.model_json_schema()),
    )(note)
    app.get(HEARD_PATH, responses=documented(401, 403))(told)


def _received_ms(report: PlaybackReport) -> float:
    """When the first audible sample had come, or the first of all if none was audible."""
    return report.first_ms if report.onset_ms is None else report.onset_ms


def _median(values: Iterable[float]) -> float | None:
    numbers = list(values)
    return median(numbers) if numbers else None
