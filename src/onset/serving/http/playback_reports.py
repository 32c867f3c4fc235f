"""When answers were heard, as playback daemons tell: the part of a first sound no server can see.

The newest are kept, in memory only. Knows nothing of how anything was made or played.
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
"""Answers remembered."""


def add_heard(app: FastAPI) -> None:
    """Add POST and GET HEARD_PATH."""
    kept: deque[PlaybackReport] = deque(maxlen=KEPT)

    async def note(http: HttpRequest) -> dict[str, int]:
        """Note when an answer was first heard, as whoever plays it tells."""
        kept.append(await read_json(http, PlaybackReport))
        return {"count": len(kept)}

    async def told() -> PlaybackReportList:
        """When the newest answers were first heard at the listener's device."""
        return PlaybackReportList(
            count=len(kept),
            median_heard_ms=_middle(heard.heard_ms for heard in kept),
            median_after_ms=_middle(heard.heard_ms - _came(heard) for heard in kept),
            median_latency_ms=_middle(heard.latency_ms for heard in kept),
            heard=list(kept),
        )

    app.post(
        HEARD_PATH,
        responses=documented(400, 401, 403, 408, 413, 415),
        openapi_extra=documented_json(PlaybackReport.model_json_schema()),
    )(note)
    app.get(HEARD_PATH, responses=documented(401, 403))(told)


def _came(heard: PlaybackReport) -> float:
    return heard.first_ms if heard.onset_ms is None else heard.onset_ms


def _middle(values: Iterable[float]) -> float | None:
    found = list(values)
    return median(found) if found else None
