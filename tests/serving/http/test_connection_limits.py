"""Clients that dawdle, on raw sockets: each is refused or cut off, and nobody else notices."""

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from asking import ask, body_of, request_speech
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.config import load_settings
from onset.protocol.http_api import SPEECH_PATH, STREAM_PATH
from onset.serving.http.connection_limits import (
    LONGEST_HEAD,
    MOST_HEADERS,
    SPARE,
    SPARE_SECONDS,
)

HASTY = load_settings(
    {},
    port=0,
    drain_timeout=0,
    header_timeout=0.4,
    idle_timeout=1.2,
    max_connections=5,
)
POST = f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    engine = fake_engine(backend=HaltableBackend(0.001))
    with serving(lambda: engine, HASTY) as running:
        yield running


@pytest.fixture(scope="module")
def calm() -> Iterator[Running]:
    """A server with time, for what does not depend on it."""
    with serving(fake_engine, load_settings({}, port=0, drain_timeout=0)) as running:
        yield running


@pytest.fixture
def full() -> Iterator[Running]:
    """A server whose connections strangers hold, who say nothing."""
    narrow = load_settings({}, port=0, drain_timeout=0, max_connections=2)
    with serving(fake_engine, narrow) as running, ExitStack() as strangers:
        for _ in range(2):
            strangers.enter_context(connect(running))
        time.sleep(0.05)
        yield running


def connect(server: Running) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def everything(client: socket.socket) -> bytes:
    """What comes until the server closes."""
    with client:
        received = b""
        try:
            while part := client.recv(65536):
                received += part
        except ConnectionError:
            pass
        return received


def status(answer: bytes) -> int:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert set(json.loads(body)) == {"error"}
    assert b"\r\nx-request-id: " in head and b"\r\nopenai-processing-ms: " in head
    return int(head.split()[1])


def drip(client: socket.socket, data: bytes, pause: float = 0.05) -> None:
    """Send a byte at a time until the server has had enough."""
    for index in range(len(data)):
        try:
            client.sendall(data[index : index + 1])
        except OSError:
            return
        time.sleep(pause)


def test_client_that_says_nothing_is_refused(server: Running) -> None:
    assert status(everything(connect(server))) == 408


def test_dripping_head_is_refused(server: Running) -> None:
    client, begin = connect(server), time.monotonic()
    drip(client, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 60)
    assert status(everything(client)) == 408
    assert time.monotonic() - begin < 5


def test_dripping_body_is_refused(server: Running) -> None:
    client = connect(server)
    client.sendall(POST.encode() + b"Content-Length: 500\r\n\r\n")
    drip(client, b'{"input": "' + b"a" * 90)
    assert status(everything(client)) == 408


def test_endless_line_breaks_between_requests_are_refused(server: Running) -> None:
    client = connect(server)
    client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.recv(65536).startswith(b"HTTP/1.1 200")
    drip(client, b"\r\n" * 30)
    assert b"HTTP/1.1 408" in everything(client)


def test_second_request_of_a_connection_has_its_time_too(server: Running) -> None:
    client = connect(server)
    for _ in range(4):
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        time.sleep(0.2)
    client.close()


@pytest.mark.parametrize("part", [b"X: %b\r\n", b"X-%b: 1\r\n"])
def test_long_head_is_refused(server: Running, part: bytes) -> None:
    client = connect(server)
    line = part % (b"a" * 5000)
    with client:
        try:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
            for _ in range(3 * LONGEST_HEAD // len(line)):
                client.sendall(line)
        except OSError:
            pass
        received = client.recv(65536)
    assert received.startswith(b"HTTP/1.1 431")


def test_what_is_no_http_is_refused_in_openais_shape(server: Running) -> None:
    client = connect(server)
    client.sendall(b"HELLO\r\n\r\n")
    assert status(everything(client)) == 400


def test_too_many_connections_are_refused(server: Running) -> None:
    eventually(lambda: ask(server).status_code == 200)
    clients = [connect(server) for _ in range(5)]
    time.sleep(0.05)
    refused = everything(connect(server))
    assert status(refused) == 503 and b"\r\nretry-after: 1\r\n" in refused
    for client in clients:
        client.close()
    eventually(lambda: ask(server).status_code == 200)


def asked_of(server: Running, path: str) -> bytes:
    client = connect(server)
    client.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
    return everything(client)


def test_health_is_told_when_strangers_hold_all_connections(full: Running) -> None:
    begun = time.monotonic()
    assert asked_of(full, "/health").startswith(b"HTTP/1.1 200")
    assert time.monotonic() - begun < 2 + SPARE_SECONDS  # it is closed, too
    for path in ("/", "/healthy", "/v1/voices"):
        assert status(asked_of(full, path)) == 503


def test_those_who_hold_the_spare_connections_hold_them_briefly(full: Running) -> None:
    with ExitStack() as strangers:
        for _ in range(SPARE):
            strangers.enter_context(connect(full))
        time.sleep(0.05)
        assert status(asked_of(full, "/health")) == 503
        took = eventually(lambda: asked_of(full, "/health").startswith(b"HTTP/1.1 200"))
        assert took < 2 * SPARE_SECONDS + 1


def test_reader_who_does_not_read_is_cut_off(server: Running) -> None:
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", server.port))
    body = json.dumps(body_of(input="A long text, and longer. " * 3000, priority="background"))
    small.sendall(POST.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body.encode())
    eventually(lambda: server.scheduler.active == 1)
    eventually(lambda: not server.scheduler.active, timeout=20)
    small.close()


def deaf(server: Running) -> socket.socket:
    """A client who has room for nearly nothing, and reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", server.port))
    return client


def test_reader_who_leaves_the_end_of_an_answer_is_cut_off(server: Running) -> None:
    """What is over does not keep a connection for who never takes the last of it."""
    eventually(lambda: served(server) == 0, timeout=20)
    clients = [deaf(server) for _ in range(5)]
    for words, client in zip(range(10, 35, 5), clients, strict=True):  # 50 kB apart
        body = json.dumps(body_of(input="ab " * words, priority="background")).encode()
        client.sendall(POST.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    eventually(lambda: served(server) == 5)
    eventually(lambda: served(server) == 0, timeout=20)
    for client in clients:
        client.close()


def served(server: Running) -> int:
    """Connections that the server has open."""
    connections = psutil.Process().net_connections("tcp4")
    return sum(c.laddr.port == server.port and c.status == "ESTABLISHED" for c in connections)


def test_websocket_client_who_does_not_read_is_cut_off(server: Running) -> None:
    key = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    key += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    client = deaf(server)
    client.sendall(f"GET {STREAM_PATH} HTTP/1.1\r\nHost: localhost\r\n{key}".encode())
    assert client.recv(20).startswith(b"HTTP/1.1 101")
    for _ in range(20):
        text = json.dumps({"type": "text.delta", "delta": "A long text, and longer. " * 40})
        client.sendall(masked(text))
    eventually(lambda: server.scheduler.active == 1)
    eventually(lambda: not server.scheduler.active, timeout=60)
    client.close()


def masked(text: str) -> bytes:
    """A frame of a client, masked with nothing."""
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, len(text)) + text.encode()


def test_rest_of_a_body_that_was_refused_is_not_waited_for(server: Running) -> None:
    client = connect(server)
    client.sendall(POST.encode() + b"Content-Length: 99999999\r\n\r\n")
    assert everything(client).count(b"HTTP/1.1") == 1


def test_nonsense_behind_a_request_does_not_end_up_in_its_answer(server: Running) -> None:
    client = request_speech(server)
    received = client.recv(2000)
    client.sendall(b"NONSENSE\r\n\r\n")
    received += everything(client)
    assert received.count(b"HTTP/1.1") == 1 and not received.endswith(b"0\r\n\r\n")


def test_slow_reader_is_not_cut_off_as_long_as_they_read(server: Running) -> None:
    client = request_speech(server)
    with client:
        received = b""
        for _ in range(40):
            received += client.recv(20_000)
            time.sleep(0.05)
        while part := client.recv(65536):
            received += part
            if received.endswith(b"0\r\n\r\n"):
                break
    assert received.endswith(b"0\r\n\r\n")


FOREIGN = f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
CHUNKED = FOREIGN + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (CHUNKED + b"0\r\n", b"A: b\r\n" * 5_000),  # a trailer a line
        (CHUNKED + b"0\r\nA: ", b"b" * 30_000),  # one without an end
        (CHUNKED + b"2;", b"x=y;" * 7_500),  # a chunk's extension
        (CHUNKED + b"2" + b";x\r\n{}\r\n", b"1;aaaaaaaaaaaaaaaaaaaa\r\n \r\n" * 1000),
    ],
)
def test_what_is_around_a_body_is_bounded(calm: Running, begin: bytes, more: bytes) -> None:
    client, sent = connect(calm), 0
    client.sendall(begin)
    with client:
        try:
            while sent < 100 * LONGEST_HEAD:
                client.sendall(more)
                sent += len(more)
        except OSError:
            pass
    # What the systems' buffers hold, of which the server reads nothing, is megabytes.
    assert sent < 100 * LONGEST_HEAD


def test_chunks_of_one_byte_are_taken(calm: Running) -> None:
    body = json.dumps(body_of(input="ab " * 9_000)).encode()
    client = connect(calm)
    client.sendall(POST.encode() + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
    client.sendall(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
    assert client.recv(12) == b"HTTP/1.1 200"
    client.close()


@pytest.mark.parametrize("size", [70_000, 100_000, 130_000, 300_000])
@pytest.mark.parametrize("form", [b"GET /health HTTP/1.1\r\nHost: x\r\nX: %b", b"GET /%b"])
def test_long_head_in_one_piece_is_refused(calm: Running, size: int, form: bytes) -> None:
    client = connect(calm)
    head = form % (b"a" * size)
    head += b" HTTP/1.1\r\nHost: localhost\r\n\r\n" if b"X:" not in head else b"\r\n\r\n"
    with client:
        try:
            client.sendall(head)
        except OSError:
            pass
        assert client.recv(65536).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "headers",
    [
        b"",
        b"Host: localhost\r\nHost: evil\r\n",
        b"Host: localhost\r\nHost: localhost\r\n",
        b"Host: localhost\r\nOrigin: http://localhost\r\nOrigin: https://evil\r\n",
    ],
)
@pytest.mark.parametrize("upgrade", [b"", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"])
def test_who_is_asked_by_whom_is_said_once(calm: Running, headers: bytes, upgrade: bytes) -> None:
    client = connect(calm)
    client.sendall(b"GET /v1/models HTTP/1.1\r\n" + headers + upgrade + b"\r\n")
    assert status(everything(client)) == 400


def test_an_old_client_may_leave_out_the_host(calm: Running) -> None:
    client = connect(calm)
    client.sendall(b"GET /health HTTP/1.0\r\n\r\n")
    assert everything(client).startswith(b"HTTP/1.1 200")


def test_headers_are_counted(calm: Running) -> None:
    def asked(count: int) -> bytes:
        lines = b"".join(b"%x:1\r\n" % number for number in range(count - 1))
        client = connect(calm)
        client.sendall(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n")
        with client:
            return client.recv(65536)

    assert asked(MOST_HEADERS).startswith(b"HTTP/1.1 200")
    assert asked(MOST_HEADERS + 1).startswith(b"HTTP/1.1 431")
