"""OpenAI's own Python client, as it is, against our server."""

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from asking import TEXT, request_speech
from decoded import decoded
from fakes import FailingBackend, HaltableBackend, Running, eventually, fake_engine, serving
from onset.audio.encoders import PcmEncoder
from onset.config import load_settings
from onset.errors import ModelError
from onset.model.voice_styles import ALIASES
from onset.protocol.http_api import MEDIA_TYPES, ResponseFormat

SMALL = load_settings({}, port=0, max_characters=400, max_streams=1)
SPOKEN = PcmEncoder().feed(fake_engine().render(TEXT, voice="am_michael"))


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    engine = fake_engine(backend=HaltableBackend(0.005), settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[OpenAI]:
    """A client of `server` that asks again if it must."""
    with OpenAI(base_url=f"{server.url}/v1", api_key="none") as openais:
        yield openais


def test_create(client: OpenAI) -> None:
    speech = client.audio.speech.create(
        input=TEXT, model="tts-1", voice="am_michael", response_format="pcm"
    )
    assert speech.content == SPOKEN


def test_create_when_nothing_else_is_said_is_mp3(client: OpenAI, tmp_path: Path) -> None:
    speech = client.audio.speech.create(input=TEXT, model="gpt-4o-mini-tts", voice="marin")
    assert speech.response.headers["content-type"] == "audio/mpeg"
    speech.write_to_file(tmp_path / "out.mp3")
    heard = decoded((tmp_path / "out.mp3").read_bytes(), "mp3")
    assert len(heard) >= len(SPOKEN) // 2


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_create_in_every_format(client: OpenAI, name: ResponseFormat) -> None:
    speech = client.audio.speech.create(
        input=TEXT, model="tts-1-hd", voice="ash", response_format=name, instructions="Sadly."
    )
    assert speech.response.headers["content-type"] == MEDIA_TYPES[name]
    if name != "pcm":
        assert len(decoded(speech.content, name)) >= len(SPOKEN) // 2


@pytest.mark.parametrize("voice", ALIASES)
def test_create_with_every_voice(client: OpenAI, voice: str) -> None:
    speech = client.audio.speech.create(input="a", model="tts-1", voice=voice, speed=1.5)
    assert speech.content


def test_voice_as_an_object(client: OpenAI) -> None:
    speech = client.audio.speech.create(
        input=TEXT, model="tts-1", voice={"id": "am_michael"}, response_format="pcm"
    )
    assert speech.content == SPOKEN


def test_streaming_response(client: OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        input=TEXT, model="tts-1", voice="am_michael", response_format="pcm"
    ) as response:
        assert response.request_id
        assert response.headers["openai-processing-ms"].isdecimal()
        parts = list(response.iter_bytes())
    assert len(parts) > 3
    assert b"".join(parts) == SPOKEN


def test_events(client: OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        input=TEXT,
        model="gpt-4o-mini-tts",
        voice="am_michael",
        response_format="pcm",
        stream_format="sse",
    ) as response:
        lines = [line for line in response.iter_lines() if line]
    *deltas, done = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert b"".join(base64.b64decode(delta["audio"]) for delta in deltas) == SPOKEN
    assert done["type"] == "speech.audio.done" and done["usage"]["total_tokens"] > 0


def test_async_client(server: Running) -> None:
    async def heard() -> tuple[bytes, bytes]:
        async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
            whole = await client.audio.speech.create(
                input=TEXT, model="tts-1", voice="ash", response_format="pcm"
            )
            streamed = io.BytesIO()
            async with client.audio.speech.with_streaming_response.create(
                input=TEXT, model="tts-1", voice="ash", response_format="pcm"
            ) as response:
                async for part in response.iter_bytes():
                    streamed.write(part)
            return whole.content, streamed.getvalue()

    assert asyncio.run(heard()) == (SPOKEN, SPOKEN)


def test_models(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "kokoro" and "tts-1" in names
    assert client.models.retrieve("tts-1").owned_by == "onset"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-4")
    assert caught.value.code == "model_not_found"


def test_refusal_is_the_clients_own_error_with_our_words(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.speech.create(input=TEXT, model="tts-1", voice="nobody")
    assert (caught.value.param, caught.value.type) == ("voice", "invalid_request_error")
    assert "af_heart" in caught.value.message
    assert caught.value.request_id


def test_full_server_is_asked_again(server: Running, client: OpenAI) -> None:
    other = request_speech(server, input="a " * 199)
    eventually(lambda: server.scheduler.active == 1)
    with pytest.raises(openai.RateLimitError) as caught:
        client.with_options(max_retries=0).audio.speech.create(
            input=TEXT, model="tts-1", voice="ash"
        )
    assert caught.value.code == "rate_limit_exceeded"
    assert int(caught.value.response.headers["retry-after"]) >= 1
    other.close()
    assert client.audio.speech.create(input="a", model="tts-1", voice="ash").content


def test_failure_of_the_engine_is_not_tried_again() -> None:
    backend = FailingBackend(ModelError("The file is odd."), 3)
    with (
        serving(lambda: fake_engine(backend=backend)) as server,
        OpenAI(base_url=f"{server.url}/v1", api_key="none") as client,
        pytest.raises(openai.InternalServerError, match="odd"),
    ):
        client.audio.speech.create(input=TEXT, model="tts-1", voice="ash")


def test_server_that_loads_is_asked_again() -> None:
    with (
        serving(fake_engine, wait=False) as server,
        OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=5) as client,
    ):
        assert client.audio.speech.create(input="a", model="tts-1", voice="ash").content
