"""One line for every request: figures and names, and no text."""

import io
import json
import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from asking import LONG, ask, http, request_speech, reset
from fakes import FailingBackend, HaltableBackend, eventually, fake_engine, serving
from onset.config import load_settings
from onset.errors import ModelError
from onset.protocol.http_api import HEALTH_PATH, PROCESSING, REQUEST_ID, SPEECH_PATH, STREAM_PATH
from onset.serving.speech_log import start_logging

QUIET = load_settings({}, port=0, drain_timeout=0)
HALF = (
    f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: localhost\r\n"
    'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"input": "'
).encode()
"""A request whose body does not come."""

QUOTING = load_settings({}, port=0, drain_timeout=0, log_text=True)


def lines(log_output: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log_output.getvalue().splitlines()]


def test_speech_is_one_line_with_its_figures(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    with serving(lambda: fake_engine(0.001), QUIET) as server:
        request_id = ask(server, voice="am_michael").headers[REQUEST_ID]
    (line,) = lines(log_output)
    assert line["id"] == request_id
    fields = {name: line[name] for name in ("event", "level", "method", "path", "status", "voice")}
    assert fields == {
        "event": "request",
        "level": "info",
        "method": "POST",
        "path": "/v1/audio/speech",
        "status": 200,
        "voice": "am_michael",
    }
    assert (line["characters"], line["outcome"]) == (29, "spoken")
    for figure in ("audio_seconds", "ttfa_ms", "rtf", "ms"):
        assert isinstance(line[figure], float)
    assert float(str(line["ttfa_ms"])) >= 3  # a front, a trunk and a step


def test_text_is_in_no_line_unless_asked_for(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    with serving(fake_engine, QUIET) as server:
        ask(server, input="zebra")
        ask(server, input="zebra", voice="zebra")
        http.get(server.url + "/zebra?zebra=zebra")
    assert len(lines(log_output)) == 3 and "zebra" not in log_output.getvalue()
    start_logging(QUOTING, log_output)
    with serving(fake_engine, QUOTING) as server:
        ask(server, input="zebra")
    assert lines(log_output)[-1]["text"] == "zebra"


def test_refusals_and_failures_are_told_apart(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    backend = FailingBackend(ModelError("odd"), 3)
    with serving(lambda: fake_engine(backend=backend), QUIET) as server:
        ask(server, input="")
        ask(server)
    told = [line for line in lines(log_output) if line["event"] == "request"]
    assert [(line["status"], line["outcome"]) for line in told] == [
        (400, "refused"),
        (500, "failed"),
    ]
    assert told[1]["audio_seconds"] == 0 and told[1]["ttfa_ms"] is None


def test_leaving_is_logged(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    with serving(lambda: fake_engine(backend=HaltableBackend(0.02)), QUIET) as server:
        client = request_speech(server, input=LONG)
        assert client.recv(100)
        reset(client)
        eventually(lambda: bool(log_output.getvalue()))
    (line,) = lines(log_output)
    assert (line["status"], line["outcome"]) == (200, "left")
    assert float(str(line["audio_seconds"])) > 0


def test_leaving_within_a_request_is_one_line_and_no_fault(
    log_output: io.StringIO,
) -> None:
    start_logging(QUIET, log_output)
    with serving(fake_engine, QUIET) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(HALF)
        eventually(lambda: bool(log_output.getvalue()))
    (line,) = lines(log_output)
    assert (line["event"], line["status"], line["outcome"]) == ("request", None, "left")


def test_what_never_became_a_request_is_logged_by_its_id(
    log_output: io.StringIO,
) -> None:
    start_logging(QUIET, log_output)
    hasty = load_settings({}, port=0, drain_timeout=0, header_timeout=0.2, idle_timeout=0.3)
    with serving(fake_engine, hasty) as server:
        for sent in (b"HELLO\r\n\r\n", HALF[:20], HALF, b""):
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
                client.sendall(sent)
                head = client.recv(65536).decode().partition("\r\n\r\n")[0].lower()
                assert f"{PROCESSING}: " in head
                name = head.partition("x-request-id: ")[2].partition("\r\n")[0]
            if sent:
                eventually(lambda name=name: f'"id": "{name}"' in log_output.getvalue())  # type: ignore[misc]
    told = [(line["status"], line["outcome"]) for line in lines(log_output)]
    assert told == [(400, "refused"), (408, "refused"), (408, "refused")]


def test_a_websocket_that_is_refused_is_logged(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    guarded = load_settings({}, port=0, drain_timeout=0, api_key="secret")
    with serving(fake_engine, guarded) as server:
        with pytest.raises(InvalidStatus) as caught:
            connect(server.url.replace("http", "ws") + STREAM_PATH, proxy=None)
    (line,) = lines(log_output)
    assert (line["status"], line["outcome"]) == (401, "refused")
    assert caught.value.response.headers[REQUEST_ID] == line["id"]


def test_every_utterance_of_a_websocket_is_a_line(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    one = load_settings({}, port=0, drain_timeout=0, max_streams=1)
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01)), one) as server:
        url, given = server.url.replace("http", "ws") + STREAM_PATH, {REQUEST_ID: "mine"}
        with (
            request_speech(server, input=LONG),
            connect(url, proxy=None, additional_headers=given) as client,
        ):
            eventually(lambda: server.scheduler.active == 1)
            client.send('{"type": "text.delta", "delta": "zebra. "}')
            client.send('{"type": "text.done"}')
            eventually(lambda: "speech" in log_output.getvalue())
    line = next(line for line in lines(log_output) if line["event"] == "speech")
    assert (line["id"], line["characters"], line["outcome"]) == ("mine-1", 7, "refused")
    assert "zebra" not in log_output.getvalue()


def test_health_is_not_logged_unless_asked_for(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    with serving(fake_engine, QUIET) as server:
        http.get(server.url + HEALTH_PATH)
        assert not log_output.getvalue()
        start_logging(load_settings({}, log_level="debug"), log_output)
        http.get(server.url + HEALTH_PATH)
        eventually(lambda: "/health" in log_output.getvalue())
