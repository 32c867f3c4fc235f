"""Routes that tell how the server has been doing: metrics for Prometheus."""

from fastapi import FastAPI
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from onset.errors import Unavailable
from onset.monitoring.server_monitor import ServerMonitor
from onset.monitoring.server_state import ServerState
from onset.protocol.http_api import METRICS_PATH
from onset.serving.http.openapi import Responses, documented
from onset.serving.scheduling.scheduler import Scheduler

_PAGE: Responses = {
    200: {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


def state_of(scheduler: Scheduler) -> ServerState:
    """What monitoring may know of a scheduler. Any thread may ask."""
    pace = None
    try:
        pace = scheduler.require_ready().pace
    except Unavailable:
        pass
    return ServerState(
        ready=scheduler.ready,
        failed=scheduler.failure is not None,
        active=scheduler.active,
        listeners=scheduler.listeners,
        pace=pace,
    )


def add_monitoring(app: FastAPI, monitor: ServerMonitor) -> None:
    """Add GET METRICS_PATH."""

    async def metrics(http: HttpRequest) -> Response:
        """Everything that is counted, for Prometheus."""
        page, content_type = await monitor.metrics.render(http.headers.get("accept", ""))
        return Response(page, headers={"Content-Type": content_type})

    app.get(METRICS_PATH, response_class=Response, responses=_PAGE | documented(401, 403))(metrics)
    app.head(METRICS_PATH, include_in_schema=False)(metrics)
