"""Answers to HTTP/1.0 have no chunks; what the end of the server cuts off is no fault."""

import logging
import socket
import time

import httpx
import pytest

from asking import TEXT, body_of, error_of, http
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.config import load_settings
from onset.protocol.http_api import SPEECH_PATH, STREAM_PATH


def old(server: Running, path: str, body: bytes = b"", method: str = "POST") -> tuple[str, bytes]:
    """Head and body of an answer to HTTP/1.0."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        head = f"{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        received = b""
        while part := client.recv(65536):
            received += part
    answer, _, content = received.partition(b"\r\n\r\n")
    return answer.decode().lower(), content


@pytest.mark.parametrize("format_", ["pcm", "wav", "mp3"])
def test_a_streamed_answer_to_http_1_0_has_no_chunks(format_: str) -> None:
    with serving(fake_engine) as server:
        fields = body_of(response_format=format_)
        whole = http.post(server.url + SPEECH_PATH, json=fields).content
        body = httpx.Request("POST", "http://x", json=fields).content
        head, content = old(server, SPEECH_PATH, body)
    assert head.startswith("http/1.1 200") and "transfer-encoding" not in head
    assert "connection: close" in head
    assert content == whole


def test_an_answer_of_known_length_to_http_1_0_keeps_it() -> None:
    with serving(fake_engine) as server:
        head, content = old(server, "/health", method="GET")
        missing, _ = old(server, "/nowhere", method="GET")
    assert f"content-length: {len(content)}" in head and content.startswith(b"{")
    assert missing.startswith("http/1.1 404")


def test_the_end_of_the_server_is_no_fault_of_who_is_still_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = load_settings({}, port=0, drain_timeout=0)
    engine = fake_engine(backend=HaltableBackend(0.001))
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    ways = [
        f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 500\r\n\r\n{",
        f"GET {STREAM_PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\n{key}\r\n",
        "GET /performance/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]
    with serving(lambda: engine, settings) as server:
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(4)]
        for client, way in zip(clients, ways, strict=False):
            client.sendall(way.encode())
        text = httpx.Request("POST", "http://x", json=body_of(input=TEXT * 500)).content
        clients[3].sendall(
            ways[0].partition("\r\n\r\n")[0].replace("500", str(len(text))).encode()
            + b"\r\n\r\n"
            + text
        )
        eventually(lambda: server.scheduler.active == 1)
        time.sleep(0.2)
    assert not [record for record in caplog.records if record.exc_info]
    for client in clients:
        client.close()


def test_an_error_keeps_its_shape_for_http_1_1() -> None:
    with serving(fake_engine) as server:
        assert error_of(http.get(server.url + "/nowhere"))["message"]
