"""The scripted server: it sends what the script says, and its records are the truth."""

import socket
from time import perf_counter_ns
from urllib.parse import urlsplit

import pytest

from onset.bench.peers.scripted_server import steady
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
    silence,
    tone,
)

POST = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"


def connected(server: ScriptedServer) -> socket.socket:
    """A connection to the server on which a request was sent."""
    url = urlsplit(server.url)
    connection = socket.create_connection((str(url.hostname), int(url.port or 0)), timeout=5)
    connection.sendall(POST)
    return connection


def received(server: ScriptedServer) -> bytes:
    """All that comes in answer to one request."""
    with connected(server) as connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_script_is_sent_as_it_is_written() -> None:
    with scripted((Head(headers=(("A", "b"),)), Sound(b"xy"), Raw(b"raw"), Finish())) as server:
        head, _, body = received(server).partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"A: b",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
    ]
    assert body == b"2\r\nxy\r\nraw0\r\n\r\n"


def test_each_connection_has_its_script_and_the_last_one_stays() -> None:
    with scripted(answer(b"one"), answer(b"two", "503 Busy")) as server:
        answers = [received(server) for _ in range(3)]
    assert [one[-3:] for one in answers] == [b"one", b"two", b"two"]
    assert answers[2].startswith(b"HTTP/1.1 503 Busy\r\nContent-Length: 3\r\n")


def test_a_request_is_recorded_with_when_each_piece_was_sent() -> None:
    before = perf_counter_ns()
    with scripted((Head(), Sound(b"a"), Wait(0.02), Sound(b"b"), Finish())) as server:
        received(server)
    (request,) = server.heard
    assert (request.request, request.body) == (POST, b"body")
    first, second = request.sent_ns
    assert before < first and second - first >= 20_000_000
    assert not request.left.is_set()


def test_a_client_that_leaves_is_recorded() -> None:
    endless: Script = [Head(), *[Sound(bytes(65536))] * 1000]
    with scripted(endless) as server:
        with connected(server) as connection:
            connection.recv(1)
        assert server.heard[0].left.wait(5)


def test_a_reset_is_one() -> None:
    with scripted((Head(), Reset())) as server, pytest.raises(ConnectionResetError):
        received(server)


def test_sounds_have_their_length() -> None:
    assert len(tone(0.1)) == len(silence(0.1)) == 2 * 2400
    assert tone(0.1)[:2] != b"\0\0" and silence(0.1).strip(b"\0") == b""
    assert sum(isinstance(step, Sound) for step in steady(0.2)) == 4
