"""The server as its clients see it, over real sockets: statuses, headers, bytes, and leaving."""

import asyncio
import json
import logging
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

import httpx
import psutil  # type: ignore[import-untyped]
import pytest
from starlette.types import Message

from fakes import (
    FailingBackend,
    HaltableBackend,
    Running,
    eventually,
    fake_engine,
    is_ready,
    serving,
)
from onset import __version__
from onset.config import load_settings
from onset.encode import encoder, wav_header
from onset.engine import Engine
from onset.errors import AssetError, InvalidRequest, ModelError
from onset.model import Backend
from onset.server import create_app, run
from onset.wire import (
    DECODE,
    HEALTH_PATH,
    MODELS_PATH,
    REQUEST_ID,
    SAMPLE_RATE_HEADER,
    SERVER_TIMING,
    SPEECH_PATH,
    VOICES_PATH,
    parse_server_timing,
)

TEXT = "One two three, four five six."
LONG = "Ten words that are a few seconds long when spoken. " * 6
http = httpx.Client(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
SMALL = load_settings({}, port=0, max_characters=400, max_streams=3)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server whose every step takes 5 ms and stops at once when told to."""
    engine = fake_engine(backend=HaltableBackend(0.005), settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


def serving_backend(backend: Backend) -> AbstractContextManager[Running]:
    return serving(lambda: fake_engine(backend=backend))


def ask(server: Running, **fields: object) -> httpx.Response:
    body = {"input": TEXT, "response_format": "pcm"} | fields
    return http.post(server.url + SPEECH_PATH, json=body)


def error_of(response: httpx.Response) -> dict[str, str | None]:
    assert response.headers["content-type"] == "application/json"
    (detail,) = response.json().values()
    assert list(detail) == ["message", "type", "param", "code"]
    assert response.headers[REQUEST_ID]
    return dict(detail)


# What is spoken


def test_pcm_equals_the_rendered_samples(server: Running) -> None:
    assert ask(server).content == encoder("pcm").feed(fake_engine().render(TEXT))


def test_wav_is_the_default_and_equals_pcm_behind_a_header(server: Running) -> None:
    response = ask(server, response_format=None)
    assert response.headers["content-type"] == "audio/wav"
    assert response.content == wav_header() + ask(server).content


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


def test_request_id_is_the_clients_own_if_decent(server: Running) -> None:
    def answered(name: str) -> str:
        headers = {REQUEST_ID: name}
        return http.get(server.url + HEALTH_PATH, headers=headers).headers[REQUEST_ID]

    assert answered("abc-1.2_3") == "abc-1.2_3"
    assert len(answered("not decent")) == 32
    assert answered("") != answered("")


def test_server_timing_adds_up(server: Running) -> None:
    stages = parse_server_timing(ask(server).headers[SERVER_TIMING])
    names = "queue phonemes front trunk statistics generator encode other total"
    assert set(stages) == set(names.split())
    total = stages.pop("total")
    assert sum(stages.values()) == pytest.approx(total, abs=1e-5)
    assert min(stages.values()) >= 0
    assert min(stages[name] for name in ("front", "trunk", "generator")) >= 0.005


def test_speed_and_voice_reach_the_engine(server: Running) -> None:
    expected = fake_engine().render(TEXT, speed=2.0, voice="am_michael")
    response = ask(server, speed=2.0, voice={"id": "am_michael"})
    assert response.content == encoder("pcm").feed(expected)


def test_unknown_fields_and_models_are_taken(server: Running) -> None:
    fields = {"model": "tts-1", "stream": True, "stream_format": "audio", "instructions": "Sadly."}
    assert ask(server, **fields).status_code == 200


def test_two_requests_stream_at_once(server: Running) -> None:
    with ThreadPoolExecutor(2) as pool:
        spans = list(pool.map(lambda _: arrivals(server), range(2)))
    (begin_a, end_a), (begin_b, end_b) = spans
    assert max(begin_a, begin_b) < min(end_a, end_b)


def arrivals(server: Running) -> tuple[float, float]:
    """When the first and the last bytes of a long answer came."""
    body = {"input": LONG, "response_format": "pcm"}
    with http.stream("POST", server.url + SPEECH_PATH, json=body) as response:
        times = [time.monotonic() for _ in response.iter_raw()]
    return times[0], times[-1]


def test_audio_comes_before_the_rest_is_made() -> None:
    with serving_backend(HaltableBackend(0.05)) as server:
        body = {"input": TEXT}
        with http.stream("POST", server.url + SPEECH_PATH, json=body) as response:
            assert len(next(response.iter_raw())) < 6000
            assert server.scheduler.active == 1


# What is refused


REFUSED = [
    ({"input": ""}, "input", "no text"),
    ({"input": " \n"}, "input", "no text"),
    ({"input": "..."}, "input", "nothing in the text"),
    ({"input": "a" * 401}, "input", "at most 400"),
    ({"input": None}, "input", "valid string"),
    ({"input": ["a"]}, "input", "valid string"),
    ({"voice": "alloy"}, "voice", "Choices: .*af_heart"),
    ({"voice": 5}, "voice", "valid string"),
    ({"voice": {"name": "af_heart"}}, "voice", "."),
    ({"voice": "jf_alpha"}, "lang", "Choices: en-gb, en-us"),
    ({"lang": "xx"}, "lang", "Choices: en-gb, en-us"),
    ({"response_format": "mp3"}, "response_format", "Choices: pcm, wav"),
    ({"stream_format": "sse"}, "stream_format", "Choices: audio"),
    ({"speed": 9}, "speed", "between 0.5 and 2.0"),
    ({"speed": "fast"}, "speed", "valid number"),
    ({"exact": "perhaps"}, "exact", "boolean"),
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


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b"\xff\xfe", b'{"input": "\\ud800"}', b'{"model": "x"}']
)
def test_malformed_body_is_refused(server: Running, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = http.post(server.url + SPEECH_PATH, content=body, headers=headers)
    assert response.status_code == 400
    assert error_of(response)["type"] == "invalid_request_error"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_body_that_does_not_claim_to_be_json_is_refused(server: Running, kind: str) -> None:
    headers = {"Content-Type": kind}
    response = http.post(server.url + SPEECH_PATH, content=b"{}", headers=headers)
    assert response.status_code == 415
    assert "application/json" in str(error_of(response)["message"])


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


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", SPEECH_PATH, 405), ("POST", HEALTH_PATH, 405)],
)
def test_unknown_route_is_refused(server: Running, method: str, path: str, status: int) -> None:
    response = http.request(method, server.url + path)
    assert response.status_code == status
    assert path in str(error_of(response)["message"])
    assert (status == 405) == ("allow" in response.headers)


def test_more_streams_than_allowed_are_refused() -> None:
    engine = fake_engine(backend=HaltableBackend(2), settings=SMALL)
    with serving(lambda: engine, SMALL) as server:
        clients = [request_speech(server) for _ in range(3)]
        eventually(lambda: server.scheduler.active == 3)
        response = ask(server)
        assert (response.status_code, error_of(response)["type"]) == (503, "server_error")
        assert int(response.headers["retry-after"]) >= 1
        for client in clients:
            client.close()


# What goes wrong


def test_error_before_the_first_audio_is_a_status() -> None:
    with serving_backend(FailingBackend(ModelError("The file is odd."), 3)) as server:
        response = ask(server)
        assert (response.status_code, error_of(response)["type"]) == (500, "server_error")
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


def test_failure_after_the_first_audio_breaks_the_body_off() -> None:
    with serving_backend(FailingBackend(ModelError("broken"), 6)) as server:
        body = {"input": TEXT, "response_format": "pcm"}
        heard = b""
        with (
            http.stream("POST", server.url + SPEECH_PATH, json=body) as response,
            pytest.raises(httpx.RemoteProtocolError),
        ):
            for part in response.iter_raw():
                heard += part
        assert heard and encoder("pcm").feed(fake_engine().render(TEXT)).startswith(heard)
        assert ask(server).status_code == 200


def test_unforeseen_error_of_the_server_itself_has_openais_shape() -> None:
    class Odd(Engine):
        def check(self, request: object) -> None:
            raise RuntimeError("a bug")

    engine = fake_engine()
    engine.__class__ = Odd
    with serving(lambda: engine) as server:
        response = ask(server)
        assert (response.status_code, error_of(response)["type"]) == (500, "server_error")


# Who leaves


def request_speech(server: Running, text: str = LONG) -> socket.socket:
    """A socket that has asked for speech."""
    client = socket.create_connection(("127.0.0.1", server.port))
    body = json.dumps({"input": text, "response_format": "pcm"}).encode()
    head = f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    client.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    return client


def reset(client: socket.socket) -> None:
    """Leave as a crashed process does."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def close(client: socket.socket) -> None:
    client.close()


@pytest.mark.parametrize("leave", [close, reset])
@pytest.mark.parametrize("listening", [False, True])
def test_leaving_frees_the_engine(
    leave: Callable[[socket.socket], None], listening: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    delay = 0.05 if listening else 10
    seconds = []
    with serving_backend(HaltableBackend(delay)) as server:
        for _ in range(5):
            client = request_speech(server)
            eventually(lambda: server.scheduler.active == 1)
            if listening:
                assert client.recv(100).startswith(b"HTTP/1.1 200")
            leave(client)
            seconds.append(eventually(lambda: not server.scheduler.active))
    with capsys.disabled():
        print(f"\n[leaving frees the engine after {1e3 * statistics.median(seconds):.1f} ms]")
    assert max(seconds) < 0.5


def test_many_who_leave_abruptly_leave_nothing_behind(server: Running) -> None:
    assert ask(server).status_code == 200
    process = psutil.Process()
    threads, files = threading.active_count(), process.num_fds()
    for index in range(200):
        client = request_speech(server)
        if index % 3 == 0:
            client.recv(100)
        (reset if index % 2 else close)(client)
    eventually(lambda: not server.scheduler.active)
    assert ask(server).status_code == 200
    eventually(lambda: process.num_fds() <= files)
    assert threading.active_count() <= threads


def test_slow_reader_does_not_starve_another(server: Running) -> None:
    slow = request_speech(server)
    try:
        assert slow.recv(100)
        response = ask(server)
        assert response.content == encoder("pcm").feed(fake_engine().render(TEXT))
    finally:
        slow.close()


def test_client_that_leaves_is_noticed_by_servers_of_asgi_2_4() -> None:
    async def speak() -> None:
        app = create_app(lambda: fake_engine(), load_settings({}))
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


# What else can be asked


def test_voices_are_listed_with_how_they_are_decoded(server: Running) -> None:
    voices = http.get(server.url + VOICES_PATH).json()["voices"]
    heart = {"id": "af_heart", "name": "Heart", "lang": "en-us", "gender": "female"}
    assert heart | {"decode": "streaming"} in voices
    assert len(voices) == 28
    decodes = {voice["id"] for voice in voices if voice["decode"] == "streaming"}
    assert decodes == {"af_heart", "am_michael"}


def test_every_listed_voice_can_be_asked_for(server: Running) -> None:
    for voice in http.get(server.url + VOICES_PATH).json()["voices"]:
        response = ask(server, voice=voice["id"], input="a")
        assert response.headers[DECODE] == voice["decode"]


def test_models_are_listed_as_openai_does(server: Running) -> None:
    listed = http.get(server.url + MODELS_PATH).json()
    assert listed["object"] == "list"
    model = {"id": "kokoro", "object": "model", "created": 0, "owned_by": "onset"}
    assert listed["data"] == [model]


def test_schema_describes_the_request(server: Running) -> None:
    schema = http.get(server.url + "/openapi.json").json()
    body = schema["paths"][SPEECH_PATH]["post"]["requestBody"]["content"]["application/json"]
    assert {"input", "voice", "lang", "exact"} <= set(body["schema"]["properties"])
    assert "$ref" not in json.dumps(body)


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
        assert http.get(server.url + HEALTH_PATH).json() == expected


# Beginning and end


def test_shutdown_breaks_speech_off_rather_than_waiting_for_it() -> None:
    with serving_backend(HaltableBackend(0.2)) as server:
        client = request_speech(server)
        assert client.recv(100)
        begin = time.monotonic()
    assert time.monotonic() - begin < 2
    rest = b"".join(iter(lambda: client.recv(65536), b""))
    client.close()
    assert not rest.endswith(b"0\r\n\r\n")


def test_run_raises_what_loading_raised() -> None:
    def load() -> Engine:
        raise AssetError("The file is damaged.")

    with pytest.raises(AssetError, match="damaged"):
        run(load_settings({}, port=0), load)


def test_interrupt_ends_the_process_cleanly() -> None:
    code = """
import time
from fakes import fake_engine
from onset.config import load_settings
from onset.server import run

def load():
    time.sleep(0.5)
    return fake_engine()

run(load_settings({}, port=0), load)
"""
    command = [sys.executable, "-W", "error", "-c", code]
    with subprocess.Popen(
        command, cwd=Path(__file__).parent, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first, second = process.stderr.readline(), process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(5) == 0
    assert first.startswith(f"Onset {__version__}: http://127.0.0.1:")
    assert (second, rest) == ("Ready.\n", "")
