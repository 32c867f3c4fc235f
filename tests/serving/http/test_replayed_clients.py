"""Requests of programs that are too large to install, as their own sources send them, replayed.

Open WebUI 0.12 (backend/open_webui/routers/audio.py), SillyTavern (openai-compatible.js), Read
Aloud (js/tts-engines.js).
"""

from collections.abc import Iterator

import httpx
import pytest

from asking import TEXT, ask, error_of, http
from decoded import decoded
from fakes import Running, fake_engine, serving
from onset.config import load_settings

READ_ALOUD = "chrome-extension://hdhinadidafjejdhmfkjgnolgimiaplp"
RENDERED = fake_engine().render(TEXT)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    settings = load_settings({}, port=0, drain_timeout=0, cors_origins="extensions")
    with serving(fake_engine, settings) as running:
        yield running


def test_open_webui_finds_models_and_voices_and_speaks(server: Running) -> None:
    base = server.url + "/v1"
    headers = {"Authorization": "Bearer none", "Content-Type": "application/json"}
    models = http.get(f"{base}/audio/models").json().get("models", [])
    assert {"id", "name"} <= set(models[0])
    voices = http.get(f"{base}/audio/voices").json().get("voices", [])
    available = {voice["id"]: voice["name"] for voice in voices}
    assert available["af_heart"] == "Heart"
    body = {"model": models[0]["id"], "input": TEXT, "voice": "af_heart", "user": "x"}
    answer = http.post(f"{base}/audio/speech", json=body, headers=headers)
    answer.raise_for_status()  # and saves what was read as .mp3
    assert len(decoded(answer.content, "mp3")) >= len(RENDERED)


def test_open_webui_shows_what_went_wrong(server: Running) -> None:
    response = ask(server, voice="nobody")
    assert response.json()["error"]["message"] == error_of(response)["message"]


def test_sillytavern_speaks_by_the_whole_address(server: Running) -> None:
    body = {"input": TEXT, "response_format": "mp3", "voice": "alloy", "speed": 1, "model": "tts-1"}
    headers = {"Content-Type": "application/json", "Authorization": "Bearer"}
    answer = http.post(server.url + "/v1/audio/speech", json=body, headers=headers)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert len(decoded(answer.content, "mp3")) > 24_000


def read_aloud(server: Running, origin: str = READ_ALOUD) -> list[httpx.Response]:
    """Its test of an address, the question of the browser before it speaks, and its speech."""
    base, headers = server.url + "/v1", {"Origin": origin, "Authorization": "Bearer none"}
    asked = {"Access-Control-Request-Headers": "authorization,content-type"}
    asked |= {"Access-Control-Request-Method": "POST", "Origin": origin}
    body = {"model": "tts-1", "input": TEXT, "voice": "nova", "response_format": "mp3"}
    body["instructions"] = ""
    return [
        http.get(f"{base}/models", headers=headers),
        http.options(f"{base}/audio/speech", headers=asked),
        http.post(f"{base}/audio/speech", json=body, headers=headers),
    ]


@pytest.mark.parametrize(
    "origin",
    [READ_ALOUD, "moz-extension://6d1e9c3a-1a57-4c5e-9f0e-3a3b1f0c2d11"],
)
def test_read_aloud_speaks_once_extensions_are_let_in(server: Running, origin: str) -> None:
    for response in read_aloud(server, origin):
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(
    "origin", ["https://extension.example", "https://x/chrome-extension://abc", "null"]
)
def test_pages_are_no_extensions(server: Running, origin: str) -> None:
    assert {response.status_code for response in read_aloud(server, origin)} == {403}


def test_extensions_are_refused_unless_let_in() -> None:
    with serving(fake_engine) as server:
        assert {response.status_code for response in read_aloud(server)} == {403}


def test_one_extension_may_be_let_in_alone() -> None:
    settings = load_settings({}, port=0, drain_timeout=0, cors_origins=READ_ALOUD)
    with serving(fake_engine, settings) as server:
        assert {response.status_code for response in read_aloud(server)} == {200}
        other = read_aloud(server, "chrome-extension://abcdefgh")
        assert {response.status_code for response in other} == {403}
