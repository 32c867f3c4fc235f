"""Routes that clients of other servers ask for: captions, phonemes, previews of voices."""

import asyncio
import tomllib
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import get_args

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from onset.config import Settings
from onset.engine.engine import Engine
from onset.errors import InvalidRequest
from onset.model import voice_styles
from onset.protocol.compatible_api import (
    CAPTIONS_PATH,
    PHONEMIZE_PATH,
    PREVIEW_PATH,
    CaptionedSpeech,
    CaptionedSpeechRequest,
    PhonemeAnswer,
    PhonemeRequest,
    PreviewFormat,
)
from onset.protocol.http_api import LANG_CODES, MEDIA_TYPES, SpeechRequest
from onset.serving.http.json_body import read_json
from onset.serving.http.openapi import Responses, documented, documented_json, documented_parameter
from onset.serving.http.speech import request_trace, speech_answer
from onset.serving.scheduling.scheduler import Scheduler
from onset.text.g2p.languages import resolve_language
from onset.text.g2p.vocabulary import encode
from onset.types import Request

PREVIEWS: dict[str, str] = tomllib.loads(
    (resources.files("onset") / "data" / "previews.toml").read_text("utf-8")
)
"""What a voice says of itself, by its language."""


def add_compatible(app: FastAPI, scheduler: Scheduler, settings: Settings) -> None:
    """Add POST CAPTIONS_PATH, PHONEMIZE_PATH and GET PREVIEW_PATH."""

    async def captioned_speech(http: HttpRequest) -> Response:
        """Speak a text; audio and the times of its words, a JSON object a line as they are made."""
        trace = request_trace(http)
        scheduler.require_ready()
        body = await read_json(http, CaptionedSpeechRequest, settings)
        return speech_answer(scheduler, settings, body, http, trace)

    async def phonemize(http: HttpRequest) -> PhonemeAnswer:
        """The phonemes of a text."""
        engine = scheduler.require_ready()
        body = await read_json(http, PhonemeRequest, settings)
        return await asyncio.to_thread(phonemes, engine, body)

    async def preview(http: HttpRequest) -> Response:
        """A sentence in a voice, in its own language."""
        trace = request_trace(http)
        scheduler.require_ready()
        refuse_foreign_page(http)
        asked = preview_request(http.path_params["voice"], http.query_params.get("response_format"))
        return speech_answer(scheduler, settings, asked, http, trace)

    app.post(
        CAPTIONS_PATH,
        response_model=CaptionedSpeech,
        responses=documented(400, 401, 403, 408, 413, 415, 429, 500, 503),
        openapi_extra=documented_json(CaptionedSpeechRequest),
    )(captioned_speech)
    app.post(
        PHONEMIZE_PATH,
        responses=documented(400, 401, 403, 408, 413, 415, 500, 503),
        openapi_extra=documented_json(PhonemeRequest),
    )(phonemize)
    add_preview(app, preview)


def phonemes(engine: Engine, asked: PhonemeRequest) -> PhonemeAnswer:
    """What the model reads of a text. Raises InvalidRequest for what cannot be spoken."""
    language = LANG_CODES.get(asked.language.lower(), asked.language)
    request = Request(asked.text, lang=resolve_language(language))
    engine.check(request)
    read = " ".join(reading.phonemes for reading in engine.readings(request))
    if not read:
        raise InvalidRequest("There is nothing in the text that can be spoken.", "text")
    return PhonemeAnswer(phonemes=read, tokens=list(encode(read)))


def preview_request(voice: str, written: str | None) -> SpeechRequest:
    """A voice introduces itself. Raises InvalidRequest for an unknown voice or format."""
    choices = get_args(PreviewFormat)
    name = written or choices[0]
    if name not in choices:
        message = f"Unknown format {name[:20]!r}. Choices: {', '.join(choices)}."
        raise InvalidRequest(message, "response_format")
    sentence = PREVIEWS[voice_styles.language(voice)]
    fields = {"input": sentence, "voice": voice, "response_format": name}
    return SpeechRequest.model_validate(fields)


def refuse_foreign_page(http: HttpRequest) -> None:
    """Raise HTTPException 403 where a page of another site has this as the source of an element.

    A browser sends no Origin then, so that nobody could have been asked for leave.
    """
    if http.headers.get("sec-fetch-site") == "cross-site" and "origin" not in http.headers:
        raise HTTPException(403, "Pages of other sites may not ask for previews")


def add_preview(app: FastAPI, preview: Callable[[HttpRequest], Awaitable[Response]]) -> None:
    """Add GET PREVIEW_PATH, also without its version. Its voice may be a mix."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {MEDIA_TYPES[name]: binary for name in get_args(PreviewFormat)}
    audio: Responses = {
        200: {"description": "A sentence of three seconds or so.", "content": content}
    }
    choices = {"type": "string", "enum": list(get_args(PreviewFormat))}
    extra = documented_parameter("voice")
    extra["parameters"].append({"name": "response_format", "in": "query", "schema": choices})
    for path in (PREVIEW_PATH, PREVIEW_PATH.removeprefix("/v1")):
        app.add_api_route(
            path,
            preview,
            include_in_schema=path == PREVIEW_PATH,
            response_class=Response,
            responses=audio | documented(400, 401, 403, 429, 500, 503),
            openapi_extra=extra,
        )
