"""What clients of other servers ask for: whole answers, captions, phonemes, previews."""

import base64
import io
import json
import wave
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from asking import LONG, TEXT, ask, error_of, http
from decoded import decoded
from fakes import FailingBackend, HaltableBackend, Running, eventually, fake_engine, serving
from onset.audio.encoders import PcmEncoder
from onset.config import load_settings
from onset.engine.dsp import limit
from onset.errors import ModelError
from onset.model.voice_styles import VOICES
from onset.protocol.compatible_api import AUDIO_MODELS_PATH, CAPTIONS_PATH, PHONEMIZE_PATH
from onset.protocol.http_api import MEDIA_TYPES, VOICES_PATH, ResponseFormat
from onset.serving.http import speech_body
from onset.serving.http.compatible import PREVIEWS
from onset.text.g2p.languages import LANGUAGES

SMALL = load_settings({}, port=0, max_characters=400, max_streams=3)
RENDERED = fake_engine().render(TEXT)
SPOKEN = PcmEncoder().feed(RENDERED)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    engine = fake_engine(backend=HaltableBackend(0.002), settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_whole_answer_is_the_streamed_one_with_its_length(
    server: Running, name: ResponseFormat
) -> None:
    whole = ask(server, stream=False, response_format=name)
    streamed = ask(server, response_format=name)
    assert "transfer-encoding" not in whole.headers
    assert whole.headers["content-length"] == str(len(whole.content))
    assert whole.headers["content-type"] == MEDIA_TYPES[name]
    if name == "wav":
        assert whole.content[44:] == streamed.content[44:]
    else:
        assert whole.content == streamed.content


def test_whole_wav_tells_its_true_length(server: Running) -> None:
    with wave.open(io.BytesIO(ask(server, stream=False, response_format="wav").content)) as file:
        assert file.getnframes() == len(RENDERED)
        assert file.readframes(file.getnframes()) == SPOKEN


@pytest.mark.parametrize("stream", [True, None])
def test_other_answers_are_streamed(server: Running, stream: bool | None) -> None:
    assert ask(server, stream=stream).headers["transfer-encoding"] == "chunked"


def test_events_are_streamed_whatever_is_asked(server: Running) -> None:
    response = ask(server, stream=False, stream_format="sse")
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.content.startswith(b"data: ")


def test_failure_of_a_whole_answer_has_a_status() -> None:
    backend = FailingBackend(ModelError("The file is odd."), 5)
    with serving(lambda: fake_engine(backend=backend)) as server:
        assert ask(server, stream=False, input=LONG).status_code == 500


def test_whole_answer_is_not_larger_than_its_limit(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_body, "LARGEST_WHOLE", len(SPOKEN) - 1)
    response = ask(server, stream=False)
    assert (response.status_code, error_of(response)["param"]) == (400, "stream")
    monkeypatch.setattr(speech_body, "LARGEST_WHOLE", len(SPOKEN))
    assert ask(server, stream=False).status_code == 200


def test_leaving_stops_the_work_for_a_whole_answer() -> None:
    with serving(lambda: fake_engine(backend=HaltableBackend(0.05))) as server:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                server.url + "/v1/audio/speech",
                json={"input": LONG, "stream": False},
                timeout=0.3,
                verify=False,
            )
        assert eventually(lambda: server.scheduler.active == 0) < 1


def test_loudness_is_multiplied_and_limited(server: Running) -> None:
    expected = PcmEncoder().feed(limit(RENDERED * np.float32(3)))
    assert ask(server, volume_multiplier=3).content == expected != SPOKEN
    assert not any(ask(server, volume_multiplier=0).content)
    assert ask(server, volume_multiplier=None).content == SPOKEN


@pytest.mark.parametrize("factor", [-0.1, 10.1, "loud", "nan"])
def test_other_loudness_is_refused(server: Running, factor: object) -> None:
    response = ask(server, volume_multiplier=factor)
    assert (response.status_code, error_of(response)["param"]) == (400, "volume_multiplier")


@pytest.mark.parametrize("code", ["a", "B", "z", "en-us", "", None])
def test_letters_of_languages_are_taken(server: Running, code: str | None) -> None:
    assert ask(server, lang_code=code).status_code == 200


def test_unknown_language_is_refused_and_lang_goes_first(server: Running) -> None:
    response = ask(server, lang_code="q")
    assert response.status_code == 400
    assert "Choices: en-gb" in str(error_of(response)["message"])
    assert ask(server, lang_code="q", lang="it").status_code == 200


EXTRAS = {
    "normalization_options": {"normalize": False},
    "return_download_link": True,
    "download_format": "mp3",
    "return_timing": False,
    "allow_voice_tags": False,
    "voice_aliases": None,
    "user": "somebody",
}
"""Other fields that clients of Kokoro-FastAPI send."""


def test_extra_fields_are_ignored(server: Running) -> None:
    assert ask(server, **EXTRAS).content == SPOKEN


def captioned(server: Running, **fields: object) -> httpx.Response:
    body = {"model": "kokoro", "input": TEXT, "voice": "af_heart", "response_format": "pcm"}
    return http.post(server.url + CAPTIONS_PATH, json=body | fields)


def test_captions_come_a_line_each_as_they_are_made(server: Running) -> None:
    response = captioned(server, **EXTRAS)
    assert response.headers["content-type"] == "application/json"
    lines = [json.loads(line) for line in response.content.splitlines()]
    assert len(lines) > 2
    assert {tuple(line) for line in lines} == {("audio", "audio_format", "timestamps")}
    assert {line["audio_format"] for line in lines} == {"audio/pcm"}
    assert b"".join(base64.b64decode(line["audio"]) for line in lines) == SPOKEN
    words = [word for line in lines for word in line["timestamps"]]
    assert " ".join(word["word"] for word in words) == TEXT
    assert all(list(word) == ["word", "start_time", "end_time"] for word in words)
    ends = [word["end_time"] for word in words]
    assert ends == sorted(ends) and ends[-1] <= len(SPOKEN) / 48_000


@pytest.mark.parametrize("name", ["mp3", "wav", "opus"])
def test_whole_captions_are_one_object(server: Running, name: ResponseFormat) -> None:
    response = captioned(server, stream=False, response_format=name)
    assert response.headers["content-length"] == str(len(response.content))
    answer = response.json()
    audio = base64.b64decode(answer["audio"])
    assert audio == ask(server, stream=False, response_format=name).content
    assert len(decoded(audio, name)) >= len(RENDERED) - 1
    assert [word["word"] for word in answer["timestamps"]] == TEXT.split()


@pytest.mark.parametrize("stream", [True, False])
def test_captions_without_timestamps_have_none(server: Running, stream: bool) -> None:
    response = captioned(server, return_timestamps=False, stream=stream)
    lines = [json.loads(line) for line in response.content.splitlines()]
    assert all(line["timestamps"] == [] for line in lines)


def test_captions_that_wait_for_a_codec_lose_no_word(server: Running) -> None:
    lines = [json.loads(line) for line in captioned(server, response_format="aac").iter_lines()]
    assert all(line["audio"] for line in lines[:-1])
    words = [word["word"] for line in lines for word in line["timestamps"]]
    assert words == TEXT.split()


@pytest.mark.parametrize("fields", [{"input": ""}, {"voice": "nobody"}, {"speed": 9}])
def test_bad_captions_are_refused(server: Running, fields: dict[str, object]) -> None:
    assert captioned(server, **fields).status_code == 400


def test_captions_are_counted_as_speech(server: Running) -> None:
    assert server.monitor is not None
    before = len(server.monitor.window.records())
    captioned(server)
    eventually(lambda: server.monitor is not None and len(server.monitor.window.records()) > before)


def test_phonemes_are_those_the_model_reads(server: Running) -> None:
    response = http.post(server.url + PHONEMIZE_PATH, json={"text": "ab. cd.", "language": "a"})
    answer = response.json()
    assert answer["phonemes"] == "ab. cd."
    assert len(answer["tokens"]) == len(answer["phonemes"])


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"text": ""}, "input"), ({"text": "..."}, "text"), ({"text": "a", "language": "q"}, "lang")],
)
def test_what_has_no_phonemes_is_refused(
    server: Running, fields: dict[str, object], param: str
) -> None:
    response = http.post(server.url + PHONEMIZE_PATH, json=fields)
    assert (response.status_code, error_of(response)["param"]) == (400, param)


def test_models_are_listed_for_open_webui(server: Running) -> None:
    listed = http.get(server.url + AUDIO_MODELS_PATH).json()["models"]
    assert [model["id"] for model in listed][:2] == ["kokoro", "tts-1"]
    assert all(model["id"] and model["name"] for model in listed)
    assert http.get(server.url + "/audio/models").json()["models"] == listed


def preview(server: Running, voice: str, query: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.get(f"{server.url}{VOICES_PATH}/{voice}/preview{query}", headers=named)


def test_preview_speaks_in_the_voice_and_its_language(server: Running) -> None:
    response = preview(server, "if_sara", "?response_format=wav")
    assert response.headers["content-type"] == "audio/wav"
    expected = fake_engine().render(PREVIEWS["it"], voice="if_sara")
    assert response.content[44:] == PcmEncoder().feed(expected)
    assert preview(server, "af_heart").headers["content-type"] == "audio/mpeg"


def test_every_language_has_a_preview() -> None:
    assert set(PREVIEWS) == set(LANGUAGES) >= {voice.language for voice in VOICES.values()}


def test_preview_of_a_mix(server: Running) -> None:
    assert preview(server, "af_heart(2)+am_michael").status_code == 200


@pytest.mark.parametrize(("voice", "query"), [("nobody", ""), ("af_heart", "?response_format=pcm")])
def test_bad_preview_is_refused(server: Running, voice: str, query: str) -> None:
    assert preview(server, voice, query).status_code == 400


def test_pages_of_other_sites_get_no_preview(server: Running) -> None:
    assert preview(server, "af_heart", sec_fetch_site="cross-site").status_code == 403
    assert preview(server, "af_heart", sec_fetch_site="same-origin").status_code == 200


@pytest.mark.parametrize("path", ["/v1//models", "/v1/models/", "//v1/models//", "/health/"])
def test_slashes_too_many_do_no_harm(server: Running, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 200


def test_a_base_url_that_ends_with_a_slash_speaks(server: Running) -> None:
    answer = httpx.post(f"{server.url}/v1//audio/speech", json={"input": "Hi."})
    assert answer.status_code == 200 and answer.content
