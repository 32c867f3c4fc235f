"""What can be asked for, listed as its clients expect it; and health."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from asking import ask, error_of, http
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset import __version__
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.model.voice_styles import ALIASES
from onset.protocol.http_api import DECODE, HEALTH_PATH, MODELS_PATH, VOICES_PATH
from onset.protocol.lexicon_api import LEXICON_PATH, LEXICON_TEST_PATH

PLANS = ["balanced", "quality", "exact"]
"""Of a voice without a student."""

SMALL = load_settings({}, port=0, max_characters=400, max_streams=3)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server whose every step takes 5 ms and stops at once when told to."""
    engine = fake_engine(backend=HaltableBackend(0.005), settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


def test_voices_are_listed_with_how_they_are_decoded(server: Running) -> None:
    voices = http.get(server.url + VOICES_PATH).json()["voices"]
    heart = {"id": "af_heart", "name": "Heart", "lang": "en-us", "gender": "female"}
    assert heart | {"decode": "streaming", "plans": PLANS, "aliases": ["marin"]} in voices
    assert len(voices) == 54
    decodes = {voice["id"] for voice in voices if voice["decode"] == "streaming"}
    assert decodes == {"af_heart", "am_michael"}


def test_every_listed_voice_can_be_asked_for(server: Running) -> None:
    for voice in http.get(server.url + VOICES_PATH).json()["voices"]:
        response = ask(server, voice=voice["id"], input="a")
        assert response.headers[DECODE] == voice["decode"]


def test_every_alias_is_listed_once(server: Running) -> None:
    voices = http.get(server.url + VOICES_PATH).json()["voices"]
    listed = [alias for voice in voices for alias in voice["aliases"]]
    assert sorted(listed) == sorted(ALIASES)


@pytest.mark.parametrize("path", [VOICES_PATH, MODELS_PATH, MODELS_PATH + "/kokoro"])
def test_lists_are_there_with_and_without_a_version(server: Running, path: str) -> None:
    with_version = http.get(server.url + path)
    without = http.get(server.url + path.removeprefix("/v1"))
    assert with_version.status_code == 200 and with_version.json() == without.json()


@pytest.mark.parametrize("path", [HEALTH_PATH, VOICES_PATH, "/models", MODELS_PATH + "/kokoro"])
def test_what_can_be_got_can_be_asked_for_by_its_head(server: Running, path: str) -> None:
    head, whole = http.head(server.url + path), http.get(server.url + path)
    assert head.status_code == 200 and head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))


def test_voices_are_where_other_servers_have_them(server: Running) -> None:
    listed = http.get(server.url + VOICES_PATH).json()
    assert http.get(server.url + "/v1/voices").json() == listed
    assert http.get(server.url + "/voices").json() == listed


def test_models_are_listed_as_openai_does(server: Running) -> None:
    listed = http.get(server.url + MODELS_PATH).json()
    assert listed["object"] == "list"
    kokoro = {"id": "kokoro", "object": "model", "created": 1737936000, "owned_by": "onset"}
    assert listed["data"][0] == kokoro
    names = [model["id"] for model in listed["data"]]
    assert names == ["kokoro", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"]
    for name, model in zip(names, listed["data"], strict=True):
        assert http.get(f"{server.url}{MODELS_PATH}/{name}").json() == model


@pytest.mark.parametrize("name", ["gpt-4", "hexgrad/Kokoro-82M"])
def test_unknown_model_is_not_found(server: Running, name: str) -> None:
    response = http.get(f"{server.url}{MODELS_PATH}/{name}")
    error = error_of(response)
    assert (response.status_code, error["code"]) == (404, "model_not_found")
    assert (error["type"], error["param"]) == ("invalid_request_error", "model")
    assert repr(name) in str(error["message"]) and "tts-1-hd" in str(error["message"])


def test_health_goes_from_loading_to_ready() -> None:
    loaded = Event()

    def load() -> Engine:
        assert loaded.wait(5)
        return fake_engine()

    with serving(load, wait=False) as server:
        for response in (http.get(server.url + HEALTH_PATH), ask(server)):
            assert response.status_code == 503
            assert "loaded" in str(error_of(response)["message"])
            assert int(response.headers["retry-after"]) >= 1
        assert http.get(server.url + VOICES_PATH).status_code == 503
        loaded.set()
        eventually(lambda: http.get(server.url + HEALTH_PATH).status_code == 200)
        expected = {"status": "ready", "version": __version__, "model": "kokoro", "active": 0}
        expected |= {"listeners": None, "pace": 1.0, "generator": "nothing"}
        expected |= {"languages": ["en-us"]}
        assert http.get(server.url + HEALTH_PATH).json() == expected


def test_the_words_of_the_user_are_listed_and_tried(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("nginx | engine x | en\nPolish | /pˈOlɪʃ/ | * | exact\n", "utf-8")
    settings = load_settings({}, port=0, lexicon=file)
    with serving(lambda: fake_engine(settings=settings), settings) as running:
        listed = http.get(running.url + LEXICON_PATH).json()
        entry = {"word": "Polish", "said": "/pˈOlɪʃ/", "lang": "*", "case": "exact"}
        assert listed["entries"][1] == entry and listed["problem"] is None
        asked = {"input": "nginx and gif", "pronunciations": {"gif": "jif"}}
        tried = http.post(running.url + LEXICON_TEST_PATH, json=asked).json()
        assert tried["text"] == "engine x and jif"
        assert [word["word"] for word in tried["words"]] == ["engine", "x", "and", "jif"]
        file.write_text("nginx | engine x\nwrong\n", "utf-8")
        listed = http.get(running.url + LEXICON_PATH).json()
        assert "words.txt, line 2" in listed["problem"] and len(listed["entries"]) == 2
        refused = http.post(running.url + LEXICON_TEST_PATH, json={"input": "..."})
        assert refused.status_code == 400
