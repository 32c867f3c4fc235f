"""The route that speaks: which requests are spoken as what, and which are refused how."""

import json
import re
from collections.abc import Iterator

import pytest

from asking import TEXT, ask, error_of, http
from decoded import decoded
from fakes import HaltableBackend, Running, fake_engine, serving
from onset.audio.encoders import PcmEncoder
from onset.config import load_settings
from onset.model.voice_styles import ALIASES
from onset.protocol.http_api import MEDIA_TYPES, SPEECH_PATH, ResponseFormat
from onset.protocol.wav import wav_header

SMALL = load_settings({}, port=0, max_characters=400, max_streams=3)
SPOKEN = PcmEncoder().feed(fake_engine().render(TEXT))


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server whose every step takes 5 ms and stops at once when told to."""
    engine = fake_engine(backend=HaltableBackend(0.005), settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


def test_pcm_equals_the_rendered_samples(server: Running) -> None:
    assert ask(server).content == SPOKEN


def test_wav_equals_pcm_behind_a_header(server: Running) -> None:
    assert ask(server, response_format="wav").content == wav_header() + SPOKEN


def test_mp3_is_the_default(server: Running) -> None:
    response = ask(server, response_format=None)
    assert response.headers["content-type"] == "audio/mpeg"
    assert response.content == ask(server, response_format="mp3").content


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_content_type_is_what_the_body_is(server: Running, name: ResponseFormat) -> None:
    response = ask(server, response_format=name)
    assert response.headers["content-type"] == MEDIA_TYPES[name]
    if name != "pcm":
        heard = decoded(response.content, name)
        assert len(SPOKEN) // 2 - 1 <= len(heard) < len(SPOKEN) // 2 + 3100


@pytest.mark.parametrize("path", [SPEECH_PATH, "/audio/speech"])
def test_speech_is_there_with_and_without_a_version(server: Running, path: str) -> None:
    body = {"input": TEXT, "response_format": "pcm"}
    assert http.post(server.url + path, json=body).content == SPOKEN


def test_speed_and_voice_reach_the_engine(server: Running) -> None:
    expected = fake_engine().render(TEXT, speed=2.0, voice="am_michael")
    response = ask(server, speed=2.0, voice={"id": "am_michael"})
    assert response.content == PcmEncoder().feed(expected)


def test_openais_voices_are_taken(server: Running) -> None:
    names = "alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar"
    assert set(ALIASES) == set(names.split())
    for name in ALIASES:
        assert ask(server, voice=name, input="a").status_code == 200


@pytest.mark.parametrize("model", ["tts-1", "tts-1-hd", "gpt-4o-mini-tts", "whatever"])
def test_any_model_and_unknown_fields_are_taken(server: Running, model: str) -> None:
    fields = {"model": model, "stream": True, "lang_code": "a", "instructions": "Sadly."}
    assert ask(server, **fields).status_code == 200


REFUSED = [
    ({"input": ""}, "input", "no text"),
    ({"input": " \n"}, "input", "no text"),
    ({"input": "..."}, "input", "nothing in the text"),
    ({"input": "a" * 401}, "input", "at most 400"),
    ({"input": None}, "input", "valid string"),
    ({"input": ["a"]}, "input", "valid string"),
    ({"voice": "allay"}, "voice", "Choices: .*af_heart"),
    ({"voice": 5}, "voice", "valid string"),
    ({"voice": {"name": "af_heart"}}, "voice", "."),
    ({"lang": "xx"}, "lang", "Choices: en-gb, en-us"),
    ({"response_format": "mp4"}, "response_format", "'mp3', 'opus', 'aac', 'flac', 'wav' or 'pcm'"),
    ({"stream_format": "ndjson"}, "stream_format", "'audio' or 'sse'"),
    ({"speed": 9}, "speed", "between 0.5 and 2.0"),
    ({"speed": "fast"}, "speed", "valid number"),
    ({"exact": "perhaps"}, "exact", "boolean"),
    ({"timestamps": True}, "timestamps", "stream_format must be sse"),
]


@pytest.mark.parametrize(("fields", "param", "message"), REFUSED)
def test_bad_field_is_refused(
    server: Running, fields: dict[str, object], param: str, message: str
) -> None:
    response = ask(server, **fields)
    error = error_of(response)
    assert (response.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["param"] == param
    assert re.search(message, str(error["message"]))
    assert not server.scheduler.active


@pytest.mark.parametrize("chunked", [False, True])
def test_long_body_is_refused(server: Running, chunked: bool) -> None:
    body = b" " * 300_000
    content = iter([body[:150_000], body[150_000:]]) if chunked else body
    headers = {"Content-Type": "application/json"}
    response = http.post(server.url + SPEECH_PATH, content=content, headers=headers)
    assert response.status_code == 413
    assert "70336 bytes" in str(error_of(response)["message"])


def test_longest_text_fits_however_it_is_escaped(server: Running) -> None:
    body = json.dumps({"input": "\U0001f600" * 400})
    headers = {"Content-Type": "application/json; charset=utf-8"}
    url = server.url + SPEECH_PATH
    with http.stream("POST", url, content=body, headers=headers) as response:
        assert response.status_code == 200
