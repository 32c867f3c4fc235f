"""One line in the log for every HTTP request, when it is over."""

import contextlib
import logging
from collections.abc import Callable
from time import perf_counter_ns

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.config import Settings
from onset.monitoring.answer_record import AnswerFeed, AnswerRecord, StreamOutcome, Way
from onset.protocol.compatible_api import CAPTIONS_PATH
from onset.protocol.http_api import HEALTH_PATH, METRICS_PATH, PURPOSE, SPEECH_PATH
from onset.protocol.performance_api import HISTORY_PATH, LIVE_PATH, TTFA_PATH
from onset.serving.record_maker import PURPOSES, outcome_of, stream_record, unspoken_record
from onset.serving.scheduling.stream import Stream
from onset.serving.speech_log import speech_fields

SPEECH = "speech"
"""Key in a request's state under which its answer leaves its stream."""

REFUSED = "refused"
"""Key under which the connection leaves the status of an error it answered itself, past the app."""

QUIET_PATHS = frozenset({HEALTH_PATH, METRICS_PATH, TTFA_PATH, LIVE_PATH, HISTORY_PATH})
"""What is asked every few seconds by programs that watch: logged only at level debug."""

SPOKEN = frozenset({SPEECH_PATH, SPEECH_PATH.removeprefix("/v1"), CAPTIONS_PATH})
"""Paths that are asked for speech."""

_log = logging.getLogger("onset.request")


def log_refusal(request_id: str, status: int, *, quiet: bool = False) -> None:
    """The line of what never became a request. quiet: nothing was asked, so log it as debug."""
    extra = {"id": request_id, "status": status, "outcome": str(StreamOutcome.REFUSED)}
    _log.log(logging.DEBUG if quiet else logging.INFO, "request", extra=extra)


class RequestLog:
    """Logs HTTP requests when they are over, with their speech, and WebSockets that are refused.

    answers: is told of every answer, and of every request for one that was refused. count: is
    told of every request, as Meters.count_request.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        answers: AnswerFeed,
        count: Callable[[str | None, str, int], None],
    ) -> None:
        self._app, self._with_text = app, settings.log_text
        self._answers, self._count = answers, count

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
        # A path that is no route may be any text.
        route, method = getattr(scope.get("route"), "path", None), scope.get("method", "GET")
        fields: dict[str, object] = {
            "id": scope["state"].get("request_id"),
            "method": method,
            "path": route,
            "status": status or None,
            "ms": round(milliseconds, 1),
        }
        level = logging.DEBUG if scope["path"] in QUIET_PATHS else logging.INFO
        record = self._record(scope, stream, status, milliseconds / 1e3)
        if stream is not None and record is not None:
            fields |= speech_fields(record, stream.request.text if self._with_text else None)
        elif status >= 400 or not status:
            fields["outcome"] = str(outcome_of(status))
        _log.log(level, "request", extra=fields)
        self._count(route, method, status)
        if record is not None:
            self._answers.publish(record)

    def _record(
        self, scope: Scope, stream: Stream | None, status: int, lasted: float
    ) -> AnswerRecord | None:
        """The record of an answer; None for requests that asked for none."""
        if stream is not None:
            return stream_record(stream)
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in SPOKEN:
            return None
        purpose = PURPOSES.get(Headers(scope=scope).get(PURPOSE, ""), "user")
        return unspoken_record(outcome_of(status), Way.HTTP, purpose, status, lasted)
