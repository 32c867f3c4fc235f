"""One line in the log for every HTTP request, when it is over."""

import contextlib
import logging
from time import perf_counter_ns

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.config import Settings
from onset.serving.scheduling.stream import StreamOutcome
from onset.serving.speech_log import speech_fields

SPEECH = "speech"
"""Key in a request's state under which its answer leaves its stream."""

REFUSED = "refused"
"""Key under which the connection leaves the status of an error it answered itself, past the app."""

QUIET_PATHS = frozenset({"/health"})
"""What is asked every few seconds by programs that watch: logged only at level debug."""

_log = logging.getLogger("onset.request")


def log_refusal(request_id: str, status: int, *, quiet: bool = False) -> None:
    """The line of what never became a request. quiet: nothing was asked, so log it as debug."""
    extra = {"id": request_id, "status": status, "outcome": str(StreamOutcome.REFUSED)}
    _log.log(logging.DEBUG if quiet else logging.INFO, "request", extra=extra)


class RequestLog:
    """Logs HTTP requests when they are over, with their speech, and WebSockets that are refused."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._with_text = app, settings.log_text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        begin, status = perf_counter_ns(), 0
        scope.setdefault("state", {})

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
            await send(message)

        try:
            # ClientDisconnect: they left in the middle of their request. Nobody is there to answer.
            with contextlib.suppress(ClientDisconnect):
                await self._app(scope, receive, send_and_note)
        finally:
            if scope["type"] == "http" or status:
                self._log_request(scope, status, (perf_counter_ns() - begin) / 1e6)

    def _log_request(self, scope: Scope, status: int, milliseconds: float) -> None:
        stream = scope["state"].get(SPEECH)
        status = scope["state"].get(REFUSED, status)
        fields: dict[str, object] = {
            "id": scope["state"].get("request_id"),
            "method": scope.get("method", "GET"),
            "path": getattr(scope.get("route"), "path", None),  # an unknown one may be any text
            "status": status or None,
            "ms": round(milliseconds, 1),
        }
        level = logging.DEBUG if scope["path"] in QUIET_PATHS else logging.INFO
        if stream is not None:
            fields |= speech_fields(stream, self._with_text)
        elif status >= 400:
            fields["outcome"] = str(
                StreamOutcome.FAILED if status >= 500 else StreamOutcome.REFUSED
            )
        elif not status:
            fields["outcome"] = str(StreamOutcome.LEFT)
        _log.log(level, "request", extra=fields)
