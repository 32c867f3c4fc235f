"""Routes that tell how the server has been doing: for Prometheus, as figures, as a live stream."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from time import time

from fastapi import FastAPI
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from onset.engine.engine import Engine
from onset.errors import InvalidRequest, Unavailable
from onset.model.adain_predictor import mix_cache_info
from onset.monitoring.history.history_reader import MOST_DAYS
from onset.monitoring.probe.probe_watch import ProbeWatch
from onset.monitoring.server_monitor import ServerMonitor
from onset.monitoring.server_state import BEGINNINGS, CacheFigures, ServerState
from onset.protocol.http_api import EVENT_STREAM, METRICS_PATH
from onset.protocol.performance_api import (
    HISTORY_PATH,
    LIVE_PATH,
    TTFA_PATH,
    PerformanceHistory,
    PerformanceSnapshot,
)
from onset.serving.http.dashboard.dashboard_routes import HEADERS
from onset.serving.http.dashboard.history_panel import history_html
from onset.serving.http.openapi import Responses, documented
from onset.serving.scheduling.scheduler import Scheduler

NOT_KEPT = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

_STRING = {"schema": {"type": "string"}}
_PAGE: Responses = {200: {"description": "Metrics.", "content": {"text/plain": _STRING}}}
_EVENTS: Responses = {200: {"description": "Snapshots.", "content": {EVENT_STREAM: _STRING}}}
_DAYS = {
    "parameters": [
        {
            "name": "days",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": 7},
        },
        {
            "name": "as",
            "in": "query",
            "description": "panel: as the page at / shows it, in HTML.",
            "schema": {"type": "string", "enum": ["figures", "panel"], "default": "figures"},
        },
    ]
}
_AS = {
    "parameters": [
        {
            "name": "as",
            "in": "query",
            "description": "panels: the changed parts of the page at /, as HTML by their names.",
            "schema": {"type": "string", "enum": ["figures", "panels"], "default": "figures"},
        }
    ]
}
_HISTORY: Responses = {
    200: {
        "description": "The history.",
        "model": PerformanceHistory,
        "content": {"text/html": _STRING},
    }
}
_SNAPSHOT: Responses = {200: {"description": "A snapshot.", "model": PerformanceSnapshot}}


def state_of(scheduler: Scheduler, probes: ProbeWatch) -> ServerState:
    """What monitoring may know of a scheduler. Any thread may ask."""
    pace, kind, engine = None, None, None
    with contextlib.suppress(Unavailable):
        engine = scheduler.require_ready()
        measured = "idle" if probes.records() else "loaded"
        pace, kind = engine.pace, "set" if engine.settings.pace else measured
    return ServerState(
        ready=pace is not None,
        failed=scheduler.failure is not None,
        active=scheduler.active,
        awaited=scheduler.awaited,
        backlog=scheduler.backlog,
        listeners=scheduler.listeners,
        pace=pace,
        pace_kind=kind,
        languages=len(scheduler.languages),
        caches=() if engine is None else engine_caches(engine),
    )


def engine_caches(engine: Engine) -> tuple[CacheFigures, ...]:
    """The caches that speech passes: words with their phonemes, statistics of voices and mixes."""
    infos = {"phonemes": engine.phonemizer.cache_info(), "statistics": mix_cache_info()}
    if engine.settings.cache_mb:
        infos[BEGINNINGS] = engine.beginnings.cache_info()
    return tuple(CacheFigures(name, *info) for name, info in infos.items())


def add_monitoring(
    app: FastAPI, monitor: ServerMonitor, panels: Callable[[], Callable[[], Awaitable[bytes]]]
) -> None:
    """Add GET METRICS_PATH, TTFA_PATH, LIVE_PATH and HISTORY_PATH.

    panels: makes what makes the events of one viewer of the page.
    """

    async def metrics(http: HttpRequest) -> Response:
        """Everything that is counted, for Prometheus."""
        page, content_type = await monitor.metrics.render(http.headers.get("accept", ""))
        return Response(page, headers={"Content-Type": content_type})

    async def ttfa() -> Response:
        """How soon answers are heard, where their time goes, and what to do about it."""
        snapshot = await monitor.snapshots.json()
        return Response(snapshot, media_type="application/json", headers=NOT_KEPT)

    async def live(http: HttpRequest) -> Response:
        """The same once a second, as server-sent events."""
        shape = http.query_params.get("as", "figures")
        if shape not in ("figures", "panels"):
            raise InvalidRequest("as is one of: figures, panels.", "as")
        events = monitor.live.open(panels() if shape == "panels" else None)
        return StreamingResponse(events, media_type=EVENT_STREAM, headers=NOT_KEPT)

    async def history(http: HttpRequest) -> Response:
        """How soon answers were heard in the last days, by the start of the server."""
        days = _days(http.query_params.get("days", "7"))
        shape = http.query_params.get("as", "figures")
        if shape not in ("figures", "panel"):
            raise InvalidRequest("as is one of: figures, panel.", "as")
        told = await monitor.history(days)
        if shape == "panel":
            page = await asyncio.to_thread(history_html, told, days, time())
            return Response(page, media_type="text/html", headers=HEADERS)
        return Response(told.model_dump_json(), media_type="application/json", headers=NOT_KEPT)

    app.get(METRICS_PATH, response_class=Response, responses=_PAGE | documented(401, 403))(metrics)
    app.head(METRICS_PATH, include_in_schema=False)(metrics)
    app.get(TTFA_PATH, response_class=Response, responses=_SNAPSHOT | documented(401, 403))(ttfa)
    app.head(TTFA_PATH, include_in_schema=False)(ttfa)
    answers = _EVENTS | documented(400, 401, 403, 429)
    app.get(LIVE_PATH, response_class=Response, responses=answers, openapi_extra=_AS)(live)
    answers = _HISTORY | documented(400, 401, 403)
    app.get(HISTORY_PATH, response_class=Response, responses=answers, openapi_extra=_DAYS)(history)
    app.head(HISTORY_PATH, include_in_schema=False)(history)


def _days(written: str) -> int:
    if written.isascii() and written.isdecimal() and 1 <= int(written[:9]) <= MOST_DAYS:
        return int(written[:9])
    raise InvalidRequest(f"days is a whole number from 1 to {MOST_DAYS}.", "days")
