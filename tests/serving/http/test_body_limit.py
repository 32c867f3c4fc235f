"""A body that is too long is not read to its end, wherever it is sent."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from asking import error_of
from fakes import Running, fake_engine, serving
from onset.config import load_settings
from onset.protocol.http_api import SPEECH_PATH

SMALL = load_settings({}, port=0, drain_timeout=0, max_characters=400)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(lambda: fake_engine(settings=SMALL), SMALL) as running:
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
