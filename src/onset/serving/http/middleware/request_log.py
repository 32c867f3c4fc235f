"""One line in the log for every request: readable in a terminal, JSON anywhere else.

A line has figures and names, never a word of the text unless ONSET_LOG_TEXT asks for it.
Knows nothing of how a request is answered.
"""

import contextlib
import logging
import sys
from time import perf_counter_ns
from typing import TextIO

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.config import Settings
from onset.serving.scheduling.stream import Stream, StreamOutcome

SPEECH = "speech"
"""Key in a request's state under which its answer leaves its stream."""

REFUSED = "refused"
"""Key under which the connection leaves the status of a refusal of its own, past the app."""

QUIET_PATHS = frozenset({"/health"})
"""What is asked every few seconds by programs that watch: logged only at level debug."""

_log = logging.getLogger("onset.request")


def start_logging(settings: Settings, to: TextIO | None = None) -> None:
    """Send every line of this process from `settings.log_level` on to `to` (stderr), only there."""
    out = to or sys.stderr
    human = out.isatty()
    extra = structlog.stdlib.ExtraAdder()
    before: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if human else "iso", utc=not human),
    ]
    chain: list[structlog.typing.Processor] = [extra, *before]
    last: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta
    ]
    if human:
        plain = structlog.dev.plain_traceback  # the other one shows variables, and so the text
        last.append(structlog.dev.ConsoleRenderer(pad_event_to=0, exception_formatter=plain))
    else:
        chain.append(structlog.stdlib.add_logger_name)
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=chain)
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("onset").setLevel(settings.log_level.upper())


def spoken(stream: Stream, quoted: bool = False) -> dict[str, object]:
    """The figures of one answer, for its line; None is what did not happen.

    ttfa: milliseconds from the request to the first audio taken; rtf: seconds of work for a
    second of audio.
    """
    ttfa = stream.ttfa
    figures: dict[str, object] = {
        "characters": stream.characters,
        "voice": stream.request.voice,
        "audio_seconds": round(stream.heard, 3),
        "ttfa_ms": None if ttfa is None else round(1e3 * ttfa, 1),
        "rtf": None if stream.rtf is None else round(stream.rtf, 3),
        "outcome": str(stream.outcome or StreamOutcome.LEFT),
    }
    return figures | ({"text": stream.request.text} if quoted else {})


def log_speech(request_id: str, stream: Stream, settings: Settings) -> None:
    """The line of an answer that is no HTTP request of its own: one of many in a connection."""
    _log.info("speech", extra={"id": request_id, **spoken(stream, settings.log_text)})


def log_unspoken(request_id: str, characters: int, voice: str, outcome: StreamOutcome) -> None:
    """The line of one that ended before there was anything to speak, or a place for it."""
    extra = {"id": request_id, "characters": characters, "voice": voice, "outcome": str(outcome)}
    _log.info("speech", extra=extra)


def log_refusal(request_id: str, status: int, *, quiet: bool = False) -> None:
    """The line of what never became a request: too slow, too long, too many, or no HTTP at all.

    quiet: nothing was asked, as when a browser only opens a connection in advance.
    """
    extra = {"id": request_id, "status": status, "outcome": str(StreamOutcome.REFUSED)}
    _log.log(logging.DEBUG if quiet else logging.INFO, "request", extra=extra)


class RequestLog:
    """Logs every HTTP request when it is over, with the figures of its speech if it has any.

    Of WebSockets only those that are refused: the others have a line for each utterance.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._quoted = app, settings.log_text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, then log."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        begun, status = perf_counter_ns(), 0
        scope.setdefault("state", {})

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
            await send(message)

        try:
            # ClientDisconnect: he left in the middle of his request. Nobody is there to answer.
            with contextlib.suppress(ClientDisconnect):
                await self._app(scope, receive, noting)
        finally:
            if scope["type"] == "http" or status:
                self._tell(scope, status, (perf_counter_ns() - begun) / 1e6)

    def _tell(self, scope: Scope, status: int, milliseconds: float) -> None:
        stream = scope["state"].get(SPEECH)
        status = scope["state"].get(REFUSED, status)
        fields: dict[str, object] = {
            "id": scope["state"].get("request_id"),
            "method": scope.get("method", "GET"),
            "path": getattr(scope.get("route"), "path", None),  # one nobody knows may be any text
            "status": status or None,
            "ms": round(milliseconds, 1),
        }
        level = logging.DEBUG if scope["path"] in QUIET_PATHS else logging.INFO
        if stream is not None:
            fields |= spoken(stream, self._quoted)
        elif status >= 400:
            fields["outcome"] = str(
                StreamOutcome.FAILED if status >= 500 else StreamOutcome.REFUSED
            )
        elif not status:
            fields["outcome"] = str(StreamOutcome.LEFT)
        _log.log(level, "request", extra=fields)
