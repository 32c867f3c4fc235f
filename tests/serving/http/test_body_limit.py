"""A body that is too long is not read to its end, wherever it is sent."""

import socket
import struct
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from asking import error_of
from fakes import Running, eventually, fake_engine, serving
from onset.config import load_settings
from onset.protocol.http_api import SPEECH_PATH, STREAM_PATH
from onset.serving.http import connection_limits
from onset.serving.http.connection_limits import UNFINISHED

HEAD = f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
UPGRADE = (
    f"GET {STREAM_PATH} HTTP/1.1\r\nHost: localhost\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
MANY, LONG = 30, 90_000
with socket.create_server(("127.0.0.1", 0)) as free:
    WYOMING = int(free.getsockname()[1])

SMALL = load_settings({}, port=0, drain_timeout=0, max_characters=400)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(lambda: fake_engine(settings=SMALL), SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def roomy() -> Iterator[Running]:
    """A server for long texts."""
    settings = load_settings({}, port=0, drain_timeout=0, wyoming_port=WYOMING)
    with serving(fake_engine, settings) as running:
        yield running


@pytest.mark.parametrize("chunked", [False, True])
def test_long_body_is_refused(server: Running, chunked: bool) -> None:
    parts = [b" " * 50_000] * 6
    content = iter(parts) if chunked else b"".join(parts)
    headers = {"Content-Type": "application/json"}
    response = httpx.post(server.url + SPEECH_PATH, content=content, headers=headers)
    assert response.status_code == 413
    assert "70336 bytes" in str(error_of(response)["message"])


def test_a_long_body_is_refused_before_it_comes(server: Running) -> None:
    head = f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(head.encode() + b"Content-Length: 99999999999\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 413")


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "MOST_UNFINISHED", 10 * LONG)


def half_a_body(server: Running) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    client.sendall(f"{HEAD}Content-Length: {2 * LONG}\r\n\r\n".encode() + b" " * LONG)
    return client


def half_a_message(server: Running) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    client.sendall(UPGRADE.encode())
    client.recv(4096)
    client.sendall(struct.pack("!BBQ4x", 0x81, 0xFF, 2 * LONG) + b" " * LONG)
    return client


def half_an_event(server: Running) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", WYOMING), timeout=5)
    client.sendall(b'{"type":"ping","data_length":%d}\n' % LONG)
    return client


@pytest.mark.parametrize("half", [half_a_body, half_a_message, half_an_event])
def test_what_is_not_whole_is_bounded_for_all_together(
    roomy: Running, little_room: None, half: Callable[[Running], socket.socket]
) -> None:
    clients = [half(roomy) for _ in range(MANY)]
    eventually(lambda: 9 * LONG <= UNFINISHED.held <= 11 * LONG)
    time.sleep(0.2)
    assert UNFINISHED.held <= 11 * LONG
    body = {"input": "A short text is taken all the same."}
    assert httpx.post(roomy.url + SPEECH_PATH, json=body).status_code == 200
    for client in clients:
        client.close()
    eventually(lambda: UNFINISHED.held == 0)


def test_who_sends_one_body_too_many_is_told(roomy: Running, little_room: None) -> None:
    clients = [half_a_body(roomy) for _ in range(MANY)]
    answers = [client.recv(4096) for client in clients[-5:]]
    assert all(answer.startswith(b"HTTP/1.1 503") for answer in answers)
    assert all(b"retry-after: 1" in answer.lower() for answer in answers)
    for client in clients:
        client.close()
    eventually(lambda: UNFINISHED.held == 0)
