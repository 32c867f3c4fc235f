"""The route that speaks: reads and checks the body, and answers by a `SpeechResponse`."""

from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from onset.config import Settings
from onset.errors import InvalidRequest
from onset.protocol.http_api import (
    ANSWER_HEADERS,
    EVENT_STREAM,
    MEDIA_TYPES,
    SPEECH_PATH,
    SpeechRequest,
)
from onset.serving.http.error_handlers import documented
from onset.serving.http.json_body import documented_json, read_json
from onset.serving.http.speech_body import answer_body, is_sse, media_type
from onset.serving.http.streaming_response import SpeechResponse
from onset.serving.scheduling.scheduler import Scheduler
from onset.trace import Trace
from onset.types import Request


def add_speech(app: FastAPI, scheduler: Scheduler, settings: Settings) -> None:
    """Add POST SPEECH_PATH, also without its version: some clients leave that to the base URL."""

    async def speech(http: HttpRequest) -> Response:
        """Speak a text; audio comes as it is made."""
        trace = Trace()
        scheduler.require_ready()
        body = await read_speech(http)
        voice = body.voice_id or settings.voice
        request = Request(body.input, voice, body.speed, body.lang, body.exact)
        scheduler.check(request)
        trace.mark("other")
        make_body, background = partial(answer_body, body), body.priority == "background"
        return SpeechResponse(scheduler, request, trace, media_type(body), make_body, background)

    for path in (SPEECH_PATH, SPEECH_PATH.removeprefix("/v1")):
        app.add_api_route(
            path,
            speech,
            methods=["POST"],
            include_in_schema=path == SPEECH_PATH,
            response_class=Response,
            responses=_documented_audio() | documented(400, 401, 403, 408, 413, 415, 429, 500, 503),
            openapi_extra=documented_json(_request_schema()),
        )


async def read_speech(http: HttpRequest) -> SpeechRequest:
    """The body of a speech request. Raises InvalidRequest if its fields contradict each other."""
    body = await read_json(http, SpeechRequest)
    if body.timestamps and not is_sse(body):
        raise InvalidRequest("Timestamps come as events: stream_format must be sse.", "timestamps")
    return body


def _request_schema() -> dict[str, Any]:
    """The request's schema in one piece: references into it would not resolve."""
    schema = SpeechRequest.model_json_schema()
    inner = schema.pop("$defs")["VoiceReference"]
    choices = schema["properties"]["voice"]["anyOf"]
    schema["properties"]["voice"]["anyOf"] = [inner if "$ref" in c else c for c in choices]
    return schema


def _documented_audio() -> dict[int | str, dict[str, Any]]:
    """The answer's OpenAPI entry."""
    binary, text = {"type": "string", "format": "binary"}, {"type": "string"}
    content = {kind: {"schema": binary} for kind in MEDIA_TYPES.values()}
    headers = {
        name: {"description": meaning, "schema": text} for name, meaning in ANSWER_HEADERS.items()
    }
    data = {"type": "string", "contentMediaType": "application/json"}
    event = {"type": "object", "properties": {"data": data}, "required": ["data"]}
    answer = {
        "description": "The audio as it is made, or server-sent events with it.",
        "content": content | {EVENT_STREAM: {"itemSchema": event}},
        "headers": headers,
    }
    return {200: answer}
