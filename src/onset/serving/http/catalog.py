"""Routes that tell what can be asked for and how the server is: voices, models, words, health."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from onset import __version__
from onset.config import Settings
from onset.engine.engine import Engine
from onset.engine.plans import PLANS
from onset.model.voice_styles import ALIASES, VOICES, Voice
from onset.protocol.compatible_api import (
    AUDIO_MODELS_PATH,
    SHORT_VOICES_PATH,
    AudioModel,
    AudioModelList,
)
from onset.protocol.http_api import (
    HEALTH_PATH,
    MODELS_PATH,
    VOICES_PATH,
    Decode,
    Health,
    ModelInfo,
    ModelList,
    VoiceInfo,
    VoiceList,
)
from onset.protocol.lexicon_api import (
    LEXICON_PATH,
    LEXICON_TEST_PATH,
    LexiconList,
    LexiconTest,
    LexiconTestAnswer,
    LexiconWord,
    SaidWord,
)
from onset.serving.error_codes import refusal
from onset.serving.http.json_body import read_json
from onset.serving.http.openapi import Responses, documented, documented_json, documented_parameter
from onset.serving.scheduling.scheduler import Scheduler
from onset.text.g2p.languages import resolve_language
from onset.types import Request

MODEL = "kokoro"
"""The model's name. Requests may call it whatever they like."""

PUBLISHED = 1_737_936_000
"""When Kokoro-82M 1.0 came out, in seconds of Unix time: 27 January 2025."""

MODELS = tuple(
    ModelInfo(id=name, created=PUBLISHED)
    for name in (MODEL, "tts-1", "tts-1-hd", "gpt-4o-mini-tts")
)
"""The one model there is, also under the names that OpenAI's clients look for."""


def add_lexicon(app: FastAPI, scheduler: Scheduler, settings: Settings) -> None:
    """Add GET LEXICON_PATH, and POST LEXICON_TEST_PATH."""

    async def entries() -> LexiconList:
        """The words of ONSET_LEXICON."""
        engine = scheduler.require_ready()
        lexicon = await asyncio.to_thread(lambda: engine.reader.lexicon)
        words = [
            LexiconWord(word=e.word, said=e.said, lang=e.lang, case="exact" if e.exact else "any")
            for e in lexicon.entries
        ]
        return LexiconList(entries=words, problem=engine.reader.problem)

    async def test(http: HttpRequest) -> LexiconTestAnswer:
        """What is read of a text, with the words of ONSET_LEXICON and its own."""
        engine = scheduler.require_ready()
        body = await read_json(http, LexiconTest, settings)
        return await asyncio.to_thread(_said, engine, settings, body)

    _get(app, LEXICON_PATH, entries, documented(401, 403, 500, 503))
    for path in (LEXICON_TEST_PATH, LEXICON_TEST_PATH.removeprefix("/v1")):
        app.post(
            path,
            include_in_schema=path == LEXICON_TEST_PATH,
            responses=documented(400, 401, 403, 408, 413, 415, 500, 503),
            openapi_extra=documented_json(LexiconTest),
        )(test)


def _said(engine: Engine, settings: Settings, asked: LexiconTest) -> LexiconTestAnswer:
    """The words of a text, and their phonemes. Raises InvalidRequest."""
    request = Request(
        asked.input,
        settings.voice,
        lang=resolve_language(asked.language),
        ssml=None if asked.input_type is None else asked.input_type == "ssml",
        reading=asked.reading or settings.reading,
        code_blocks=asked.code_blocks,
        pronunciations=tuple(asked.pronunciations.items()),
    )
    engine.check(request)
    words = engine.reader.spoken(request, engine.language(request))
    return LexiconTestAnswer(
        text="".join(word.text + word.space for word in words).strip(),
        phonemes="".join(word.phonemes + word.space for word in words).strip(),
        words=[SaidWord(word=word.text, phonemes=word.phonemes.strip()) for word in words],
    )


def add_catalog(app: FastAPI, scheduler: Scheduler) -> None:
    """Add GET VOICES_PATH, MODELS_PATH, one of it, AUDIO_MODELS_PATH, and HEALTH_PATH."""

    async def voices() -> VoiceList:
        """The voices that can be asked for by name alone."""
        engine = scheduler.require_ready()
        return VoiceList(voices=[_voice(voice, engine) for voice in VOICES.values()])

    async def models() -> ModelList:
        """The one model there is, under all its names."""
        return ModelList(data=list(MODELS))

    async def audio_models() -> AudioModelList:
        """The same, as Open WebUI looks for the models that speak."""
        return AudioModelList(models=[AudioModel(id=model.id, name=model.id) for model in MODELS])

    async def model(http: HttpRequest) -> Response:
        """One model by its name."""
        name = http.path_params["model"]
        for known in MODELS:
            if known.id == name:
                return Response(known.model_dump_json(), media_type="application/json")
        choices = ", ".join(known.id for known in MODELS)
        message = f"The model {name!r} does not exist. Choices: {choices}."
        return refusal(404, message, "model", code="model_not_found")

    async def health() -> Health:
        """Whether speech can be asked for; 503 until the model is loaded."""
        engine = scheduler.require_ready()
        return Health(
            version=__version__,
            model=MODEL,
            active=scheduler.active,
            listeners=scheduler.listeners,
            pace=engine.pace,
            generator=engine.backend.runs_on,
            languages=scheduler.languages,
        )

    told = documented(401, 403, 500, 503)
    _get(app, VOICES_PATH, voices, told, also=SHORT_VOICES_PATH)
    _get(app, MODELS_PATH, models, documented(401, 403))
    _get(app, AUDIO_MODELS_PATH, audio_models, documented(401, 403))
    responses = {200: {"model": ModelInfo}} | documented(401, 403, 404)
    _get(app, MODELS_PATH + "/{model:path}", model, responses, documented_parameter("model"))
    app.get(HEALTH_PATH, responses=documented(403, 503))(health)
    app.head(HEALTH_PATH, include_in_schema=False)(health)  # as monitoring programs often do


def _get(
    app: FastAPI,
    path: str,
    answer: Callable[..., Any],
    responses: Responses,
    extra: dict[str, Any] | None = None,
    also: str | None = None,
) -> None:
    """Add a route, also without its version: some clients leave that to the base URL.

    also: another path that clients ask.
    """
    paths = (path, also or path)
    for alias in dict.fromkeys((*paths, *(one.removeprefix("/v1") for one in paths))):
        listed = alias == path
        app.get(alias, include_in_schema=listed, responses=responses, openapi_extra=extra)(answer)
        app.head(alias, include_in_schema=False)(answer)  # uvicorn leaves the body away


def _voice(voice: Voice, engine: Engine) -> VoiceInfo:
    quick = engine.students.has(voice.name, voice.language)
    decode: Decode = "exact" if engine.is_exact(Request("", voice.name)) else "streaming"
    return VoiceInfo(
        id=voice.name,
        name=voice.name.partition("_")[2].title(),
        lang=voice.language,
        gender=voice.gender,
        decode=decode,
        plans=[name for name in PLANS if name != "fast" or quick],
        aliases=[alias for alias, name in ALIASES.items() if name == voice.name],
    )
