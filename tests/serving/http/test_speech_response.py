"""An answer on the wire: headers, when it begins, how it breaks off, and who leaves."""

import asyncio
import base64
import json
import logging
import os
import socket
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import httpx
import numpy as np
import psutil
import pytest
from starlette.types import Message

from asking import LONG, TEXT, ask, body_of, error_of, http, request_speech, reset
from fakes import (
    FailingBackend,
    HaltableBackend,
    OneStudent,
    Running,
    eventually,
    fake_engine,
    is_ready,
    serving,
)
from onset.audio.encoders import PcmEncoder
from onset.config import load_settings
from onset.errors import InvalidRequest, ModelError
from onset.model.backend import Backend
from onset.model.students import Students
from onset.protocol.http_api import (
    CACHE_STATUS,
    DECODE,
    METRICS_PATH,
    PLAN,
    SAMPLE_RATE_HEADER,
    SERVER_TIMING,
    SPEECH_PATH,
    parse_server_timing,
)
from onset.serving.http.app import create_app
from onset.serving.http.speech import joined
from onset.serving.scheduling.scheduler import scheduler_of
from onset.types import Chunk, SpokenWord

SMALL = load_settings({}, port=0, max_characters=400, max_streams=3)
SPOKEN = PcmEncoder().feed(fake_engine().render(TEXT))


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server whose every step takes 5 ms and stops at once when told to."""
    engine = fake_engine(backend=HaltableBackend(0.005), settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


def serving_backend(backend: Backend) -> AbstractContextManager[Running]:
    return serving(lambda: fake_engine(backend=backend))


def test_chunks_that_wait_are_sent_as_one() -> None:
    words = [SpokenWord("a", " ", 0, 3), SpokenWord("b", "", 5, 6)]
    chunks = [
        Chunk(np.full(3, 0.1, np.float32), 0, 0, False, (words[0],)),
        Chunk(np.full(2, 0.2, np.float32), 3, 0, False),
        Chunk(np.full(1, 0.3, np.float32), 5, 1, False, (words[1],)),
    ]
    one = joined(chunks)
    assert np.array_equal(one.samples, np.concatenate([chunk.samples for chunk in chunks]))
    assert (one.position, one.words) == (0, tuple(words))
    assert joined(chunks[:1]) is chunks[0]


def test_answer_has_its_headers(server: Running) -> None:
    response = ask(server)
    assert response.status_code == 200
    expected = {
        "content-type": "audio/pcm",
        "transfer-encoding": "chunked",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        SAMPLE_RATE_HEADER: "24000",
        DECODE: "streaming",
    }
    assert {name: response.headers[name] for name in expected} == expected
    assert "content-length" not in response.headers


@pytest.mark.parametrize("fields", [{"exact": True}, {"voice": "bf_emma"}])
def test_exact_answer_says_so(server: Running, fields: dict[str, object]) -> None:
    assert ask(server, **fields).headers[DECODE] == "exact"


@pytest.mark.parametrize(
    "fields", [{}, {"response_format": "mp3"}, {"response_format": "aac", "stream_format": "sse"}]
)
def test_server_timing_adds_up(server: Running, fields: dict[str, object]) -> None:
    stages = parse_server_timing(ask(server, **fields).headers[SERVER_TIMING])
    names = "text queue phonemes front trunk statistics step encode other total"
    assert set(stages) == set(names.split())
    total = stages.pop("total")
    assert sum(stages.values()) == pytest.approx(total, abs=1e-5)
    assert min(stages.values()) >= 0
    assert min(stages[name] for name in ("front", "trunk", "step")) >= 0.005


@pytest.mark.parametrize("fields", [{}, {"response_format": "mp3"}, {"stream_format": "sse"}])
def test_audio_comes_before_the_rest_is_made(fields: dict[str, object]) -> None:
    with serving_backend(HaltableBackend(0.05)) as server:
        body = body_of(input=TEXT * 20, **fields)
        with http.stream("POST", server.url + SPEECH_PATH, json=body) as response:
            pieces = response.iter_raw()  # letting go of it would close the connection
            assert len(next(pieces)) < 6000
            assert server.scheduler.active == 1


def events_of(response: httpx.Response) -> list[dict[str, str]]:
    """Every event of an answer, each being one line of data."""
    assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
    *lines, rest = response.content.decode().split("\n\n")
    assert rest == "" and all(line.startswith("data: {") for line in lines)
    return [json.loads(line.removeprefix("data: ")) for line in lines]


@pytest.mark.parametrize("model", ["gpt-4o-mini-tts", "tts-1", "kokoro"])
def test_events_carry_the_same_bytes_and_end_with_usage(server: Running, model: str) -> None:
    *deltas, done = events_of(ask(server, stream_format="sse", model=model))
    assert {event["type"] for event in deltas} == {"speech.audio.delta"} and len(deltas) > 3
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == SPOKEN
    frames = -(-len(SPOKEN) // 2 // 600)
    usage = {
        "input_tokens": len(TEXT),
        "output_tokens": frames,
        "total_tokens": len(TEXT) + frames,
    }
    assert done == {"type": "speech.audio.done", "usage": usage}


def test_failure_after_the_first_audio_is_the_last_event() -> None:
    with serving_backend(FailingBackend(ModelError("broken"), 6)) as server:
        *deltas, last = events_of(ask(server, stream_format="sse"))
    heard = b"".join(base64.b64decode(event["audio"]) for event in deltas)
    assert heard and SPOKEN.startswith(heard)
    error = {"message": "broken", "type": "server_error", "param": None}
    assert last == {"type": "error", "error": error | {"code": "internal_server_error"}}


def test_error_before_the_first_audio_is_a_status() -> None:
    with serving_backend(FailingBackend(ModelError("The file is odd."), 3)) as server:
        response = ask(server)
        assert (response.status_code, error_of(response)["type"]) == (500, "server_error")
        assert response.headers["x-should-retry"] == "false"
        assert ask(server).status_code == 200


def test_refusal_by_the_engine_before_the_first_audio_is_a_400() -> None:
    with serving_backend(FailingBackend(InvalidRequest("Not this.", "input"), 1)) as server:
        response = ask(server)
        assert (response.status_code, error_of(response)["param"]) == (400, "input")


@pytest.mark.parametrize("error", [ModelError("quoting zebra"), KeyError("quoting zebra")])
@pytest.mark.parametrize("at", [1, 6])
def test_failure_is_logged_without_text(
    error: Exception,
    at: int,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving_backend(FailingBackend(error, at)) as server:
        try:
            assert ask(server, input="zebra zebra zebra").status_code == 500
        except httpx.RemoteProtocolError:
            assert at == 6
    ours = [r.getMessage() for r in caplog.records if r.name == "onset.server"]
    assert len(ours) == 1 and type(error).__name__ in ours[0] and "fakes.py" in ours[0]
    assert "zebra" not in caplog.text + capfd.readouterr().err


@pytest.mark.parametrize("name", ["pcm", "mp3"])
def test_failure_after_the_first_audio_breaks_the_body_off(name: str) -> None:
    with serving_backend(FailingBackend(ModelError("broken"), 6)) as server:
        heard = b""
        body = body_of(response_format=name)
        with (
            http.stream("POST", server.url + SPEECH_PATH, json=body) as response,
            pytest.raises(httpx.RemoteProtocolError),
        ):
            for part in response.iter_raw():
                heard += part
        whole = ask(server, response_format=name)
    assert whole.status_code == 200
    assert heard and len(heard) < len(whole.content) and whole.content.startswith(heard)


def close(client: socket.socket) -> None:
    client.close()


@pytest.mark.parametrize("leave", [close, reset])
@pytest.mark.parametrize("listening", [False, True])
@pytest.mark.parametrize("name", ["pcm", "mp3"])
def test_leaving_frees_the_engine(
    leave: Callable[[socket.socket], None],
    listening: bool,
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    delay = 0.05 if listening else 10
    seconds = []
    with serving_backend(HaltableBackend(delay)) as server:
        for _ in range(5):
            client = request_speech(server, response_format=name)
            eventually(lambda: server.scheduler.active == 1)
            if listening:
                assert client.recv(100).startswith(b"HTTP/1.1 200")
            leave(client)
            seconds.append(eventually(lambda: not server.scheduler.active))
    with capsys.disabled():
        print(f"\n[leaving frees the engine after {1e3 * statistics.median(seconds):.1f} ms]")
    assert max(seconds) < 0.5


ENCODING = min(32, (os.cpu_count() or 1) + 4)
"""Threads that asyncio may begin for what should not be done in its loop, and keeps."""

FORMATS = ("pcm", "mp3", "opus", "aac", "flac")


def test_many_who_leave_abruptly_leave_nothing_behind(server: Running) -> None:
    assert ask(server).status_code == 200
    process = psutil.Process()
    # The history is opened with the first answer that it keeps.
    eventually(lambda: any("history" in file.path for file in process.open_files()))
    threads, files = threading.active_count(), process.num_fds()
    for index in range(200):
        client = request_speech(server, response_format=FORMATS[index % len(FORMATS)])
        if index % 3 == 0:
            client.recv(100)
        (reset if index % 2 else close)(client)
    eventually(lambda: not server.scheduler.active)
    assert ask(server).status_code == 200
    eventually(lambda: process.num_fds() <= files)
    assert threading.active_count() <= threads + ENCODING


def test_slow_reader_does_not_starve_another(server: Running) -> None:
    slow = request_speech(server)
    try:
        assert slow.recv(100)
        response = ask(server)
        assert response.content == SPOKEN
    finally:
        slow.close()


def test_client_that_leaves_is_noticed_by_servers_of_asgi_2_4() -> None:
    async def speak() -> None:
        app = create_app(scheduler_of(load_settings({}), lambda: fake_engine()), load_settings({}))
        scheduler = app.state.scheduler
        scheduler.start()
        await asyncio.to_thread(eventually, lambda: is_ready(scheduler))
        bodies = [json.dumps({"input": LONG}).encode()]

        async def receive() -> Message:
            if bodies:
                return {"type": "http.request", "body": bodies.pop(), "more_body": False}
            await asyncio.sleep(3600)
            raise AssertionError

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                raise OSError("gone")

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "method": "POST",
            "path": SPEECH_PATH,
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
        }
        await app(scope, receive, send)
        await asyncio.to_thread(eventually, lambda: not scheduler.active)
        await asyncio.to_thread(scheduler.close)

    asyncio.run(asyncio.wait_for(speak(), 5))


def test_a_cache_is_told_and_its_hits_are_counted_for_nobody_else() -> None:
    settings = load_settings({}, port=0, drain_timeout=0, cache_mb=1)
    engine = fake_engine(0.005, settings=settings)
    with serving(lambda: engine, settings) as running:
        first, again = (ask(running, input="Good morning.") for _ in range(2))
        number = ask(running, input="Gate 4.")
        capacity = running.scheduler._workers[0].capacity
        eventually(lambda: running.scheduler.active == 0)
        work = capacity.work.value
        hits = [ask(running, input="Good morning.") for _ in range(20)]
        told = [answer.headers[CACHE_STATUS] for answer in (first, again, number, *hits)]
        eventually(lambda: running.scheduler.active == 0)
        text = http.get(running.url + METRICS_PATH).text
    assert told == ["onset; fwd=miss", "onset; hit", "onset; fwd=bypass", *["onset; hit"] * 20]
    assert {answer.content for answer in hits} == {first.content}
    assert capacity.work.value == work, "what was made before costs nothing"
    assert 'onset_answers_total{outcome="spoken",traffic="http-cached"} 21.0' in text
    assert 'onset_answers_total{outcome="spoken",traffic="http"} 2.0' in text
    assert 'onset_cache_requests_total{cache="beginnings",result="hit"} 21.0' in text


def test_without_a_cache_nothing_is_said_of_one(server: Running) -> None:
    assert CACHE_STATUS not in ask(server, input="Good morning.").headers


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("missing", "pip install 'onset-tts[fast]'"),
        ("damaged", "pip install --force-reinstall hibari-tts"),
        ("voice", "Choices: af_heart"),
    ],
)
def test_a_fast_voice_that_is_not_there_is_refused_and_all_else_is_served(
    fault: str, told: str
) -> None:
    library = None if fault == "missing" else OneStudent(damaged=fault == "damaged")
    settings = load_settings({}, port=0, drain_timeout=0, mode="auto")
    engine = fake_engine(settings=settings, students=Students(lambda: library))
    voice = "am_michael" if fault == "voice" else "af_heart"
    with serving(lambda: engine, settings) as running:
        refused = ask(running, plan="fast", voice=voice)
        served = ask(running, voice=voice)
    assert refused.status_code == 400 and error_of(refused)["param"] == "plan"
    assert told in refused.json()["error"]["message"]
    assert served.status_code == 200 and served.headers[PLAN] in ("balanced", "quality")
