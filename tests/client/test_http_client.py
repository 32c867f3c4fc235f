"""The streaming client against a server that follows a script."""

import asyncio
import io
import json
import wave
from time import monotonic

import httpx
import pytest

from onset.client import http_client
from onset.client.http_client import (
    health,
    prepare_async,
    save,
    speak,
    speak_async,
    voices,
    wait_ready,
)
from onset.errors import ServerError
from onset.protocol.http_api import SpeechRequest, VoiceInfo
from onset.protocol.preparation import PrepareRequest
from onset.protocol.wav import wav_header
from scripted_server import (
    Finish,
    Head,
    Raw,
    Reset,
    Script,
    ScriptedServer,
    Sound,
    Wait,
    answer,
    scripted,
    tone,
)

HELLO = SpeechRequest(input="Hello there.", response_format="pcm")
PCM = tone(0.05)


def heard(url: str) -> bytes:
    """All samples of one answer."""
    with speak(url, HELLO) as speech:
        return b"".join(pcm for _, pcm in speech)


def test_a_server_whose_head_drips_is_told_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "ERROR_SECONDS", 0.3)
    drops = [step for _ in range(500) for step in (Raw(b"x"), Wait(0.02))]
    with scripted([Raw(b"HTTP/1.1 200 OK\r\nX: "), *drops]) as server:
        with pytest.raises(ServerError, match="in time"):
            asyncio.run(prepare_async(server.url, PrepareRequest(voice="af_heart")))
        assert server.heard[0].left.wait(5)


def test_speak_gives_the_pieces_as_they_arrive() -> None:
    script = (
        Head(headers=(("X-Sample-Rate", "22050"),)),
        Sound(PCM[:7]),
        Wait(0.1),
        Sound(PCM[7:]),
    )
    with scripted((*script, Finish())) as server, speak(server.url, HELLO) as speech:
        arrivals = list(speech)
    assert [len(pcm) for _, pcm in arrivals] == [6, len(PCM) - 6]
    assert speech.sent_ns < speech.headers_ns < arrivals[0].at_ns < arrivals[1].at_ns
    assert arrivals[1].at_ns - arrivals[0].at_ns > 50_000_000
    assert (speech.status, speech.sample_rate) == (200, 22_050)


def test_speak_sends_only_what_was_asked_for() -> None:
    with scripted((Head(), Finish())) as server:
        heard(server.url)
    wanted = {"model": "kokoro", "input": "Hello there.", "response_format": "pcm"}
    assert json.loads(server.heard[0].body) == wanted


def test_leaving_stops_the_server() -> None:
    endless = (Head(), *(step for _ in range(400) for step in (Sound(PCM), Wait(0.01))))
    with scripted(endless) as server:
        with speak(server.url, HELLO) as speech:
            next(iter(speech))
        assert server.heard[0].left.wait(2)


@pytest.mark.parametrize(
    "script",
    [
        (Head(), Sound(PCM)),
        (Head(), Sound(PCM), Reset()),
        (Head(length=999), Raw(PCM[:100])),
        (Reset(),),
        (Raw(b"no http at all\r\n\r\n"),),
    ],
    ids=["no end", "reset", "short", "reset at once", "nonsense"],
)
def test_speak_when_the_stream_breaks_off(script: Script) -> None:
    with scripted(script) as server, pytest.raises(ServerError) as caught:
        heard(server.url)
    assert isinstance(caught.value.__cause__, httpx.HTTPError)
    assert ("the answer broke off." in str(caught.value)) == isinstance(script[0], Head)


def test_speak_when_the_server_says_nothing() -> None:
    patience = httpx.Timeout(0.1)
    with scripted((Wait(0.3),)) as server, pytest.raises(ServerError, match="timed out"):
        with speak(server.url, HELLO, timeout=patience):
            pass


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "No such voice", "type": "invalid"}}', "No such voice"),
        (b"<html>", "<html>"),
        (b"", "Bad Request"),
    ],
)
def test_speak_when_refused_has_the_servers_message(body: bytes, message: str) -> None:
    with scripted(answer(body, "400 Bad Request")) as server:
        with pytest.raises(ServerError, match=message) as caught:
            heard(server.url)
    assert caught.value.status == 400


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "nothing"])
def test_speak_when_there_is_no_server(url: str) -> None:
    with pytest.raises(ServerError):
        heard(url)


LOADING = answer(b"", "503 Service Unavailable")
FULL = answer(b"", "429 Too Many Requests")


async def heard_async(url: str, patience: float) -> bytes:
    """All samples of one answer, awaited."""
    async with speak_async(url, HELLO, patience=patience) as speech:
        return b"".join([pcm async for _, pcm in speech])


def test_patience_outlasts_a_server_that_is_loading_or_full() -> None:
    with scripted(LOADING, FULL, (Head(), Sound(PCM), Finish())) as server:
        with speak(server.url, HELLO, patience=5) as speech:
            assert b"".join(pcm for _, pcm in speech) == PCM
    with scripted(LOADING, FULL, (Head(), Sound(PCM), Finish())) as server:
        assert asyncio.run(heard_async(server.url, patience=5)) == PCM
    assert len(server.heard) == 3


def test_a_server_that_is_gone_is_told_however_patient_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    naps: list[float] = []
    monkeypatch.setattr("onset.client.http_client.ABSENT_SECONDS", 0.4)
    monkeypatch.setattr("onset.client.http_client.sleep", naps.append)
    with pytest.raises(ServerError, match=r"^http://127.0.0.1:1: no server answers there \("):
        with speak("http://127.0.0.1:1", HELLO, patience=1e9):
            pass
    assert naps  # it was asked again


def test_patience_ends() -> None:
    with scripted(*[LOADING] * 9) as server:
        with pytest.raises(ServerError) as caught, speak(server.url, HELLO, patience=0.4):
            pass
        assert len(server.heard) == 2
        with pytest.raises(ServerError):
            asyncio.run(heard_async(server.url, patience=0.4))
    assert caught.value.status == 503


@pytest.mark.parametrize("script", [(Reset(),), answer(b"", "400 Bad Request"), (Head(),)])
def test_what_may_have_been_spoken_is_not_asked_again(script: Script) -> None:
    with scripted(script) as server:
        with pytest.raises(ServerError), speak(server.url, HELLO, patience=5) as speech:
            list(speech)
        with pytest.raises(ServerError):
            asyncio.run(heard_async(server.url, patience=5))
    assert len(server.heard) == 2


def test_leaving_an_awaited_answer_stops_the_server() -> None:
    async def leave(url: str) -> None:
        async with speak_async(url, HELLO) as speech:
            await anext(aiter(speech))

    endless = (Head(), *(step for _ in range(400) for step in (Sound(PCM), Wait(0.01))))
    with scripted(endless) as server:
        asyncio.run(leave(server.url))
        assert server.heard[0].left.wait(2)


def saved(server: ScriptedServer) -> tuple[int, bytes]:
    """How many samples an answer had, and the WAV file that `save` made of it."""
    file = io.BytesIO()
    with speak(server.url, HELLO) as speech:
        return save(speech, file), file.getvalue()


def test_an_answer_is_saved_as_a_wav_file_of_its_own_rate() -> None:
    header = wav_header(22_050)
    with scripted((Head(), Sound(header + PCM[:100]), Sound(PCM[100:]), Finish())) as server:
        count, data = saved(server)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnframes()) == (22_050, count)
        assert file.readframes(count) == PCM


def test_an_answer_without_samples_is_saved_as_an_empty_file() -> None:
    with scripted((Head(), Finish())) as server:
        count, data = saved(server)
    assert (count, len(data)) == (0, 44)


def test_an_answer_that_breaks_off_at_once_is_not_saved() -> None:
    with scripted((Head(), Reset())) as server, pytest.raises(ServerError):
        saved(server)


@pytest.mark.parametrize(
    "body", ['{"voices": [{"id": "a", "lang": "en-us"}, "b"]}', '["a", "b"]'], ids=["ours", "bare"]
)
def test_voices_in_every_known_shape(body: str) -> None:
    with scripted(answer(body.encode())) as server:
        assert [voice.id for voice in voices(server.url)] == ["a", "b"]


def test_voices_when_it_is_something_else() -> None:
    with (
        scripted(answer(b'{"data": 3}')) as server,
        pytest.raises(ServerError, match="something else"),
    ):
        voices(server.url)


def test_voice_info_needs_only_an_id() -> None:
    assert VoiceInfo(id="af_heart").lang is None


def test_health_tells_what_the_server_does() -> None:
    with scripted(answer(b'{"status": "ready", "active": 2}')) as server:
        assert health(server.url).active == 2


def test_wait_ready_outlasts_loading() -> None:
    loading, ready = answer(b"", "503 Service Unavailable"), answer(b'{"status": "ready"}')
    with scripted(loading, loading, ready) as server:
        assert wait_ready(server.url, 5).status == "ready"
    assert len(server.heard) == 3


def test_wait_ready_gives_up() -> None:
    begin = monotonic()
    with pytest.raises(ServerError, match=r"Not ready after 0\.2 s"):
        wait_ready("http://127.0.0.1:1", 0.2)
    assert 0.2 <= monotonic() - begin < 3


def test_wait_ready_when_the_page_does_not_exist() -> None:
    with scripted(answer(b"", "404 Not Found")) as server, pytest.raises(ServerError) as caught:
        wait_ready(server.url, 60)
    assert caught.value.status == 404
