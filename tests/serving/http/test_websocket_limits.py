"""WebSockets on raw sockets: bad handshakes, floods of pings and fragments, texts that are none."""

import resource
import socket
import struct
import time
from collections.abc import Iterator

import pytest
from test_connection_limits import HASTY, calm, connect, everything, served, status

from asking import ask
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.config import load_settings
from onset.protocol.http_api import STREAM_PATH

__all__ = ["calm"]

UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
GET = f"GET {STREAM_PATH} HTTP/1.1\r\nHost: localhost\r\n".encode() + UPGRADE + KEY

UNREADABLE = [
    GET.replace(b"HTTP/1.1", b"?" + b"a" * 8_300 + b" HTTP/1.1"),
    GET + b"Cookie: " + b"a" * 8_300 + b"\r\n",
    GET + b"".join(b"X-%d: 1\r\n" % number for number in range(130)),
]
"""Heads that the HTTP parser takes and the WebSocket's does not."""

WITH_BODY = [
    GET + b"Content-Length: 1\r\n",
    GET + b"Content-Length: 1\r\nConnection: close, Upgrade\r\n",
    GET + b"Transfer-Encoding: chunked\r\n",
    GET + b"Transfer-Encoding: gzip, chunked\r\n",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    engine = fake_engine(backend=HaltableBackend(0.001))
    with serving(lambda: engine, HASTY) as running:
        yield running


def opened(server: Running) -> socket.socket:
    """A WebSocket that was opened, on a raw socket."""
    client = connect(server)
    client.sendall(GET + b"\r\n")
    received = b""
    while b'"sample_rate"' not in received:
        received += client.recv(4096)
    assert received.startswith(b"HTTP/1.1 101")
    return client


def frame(opcode: int, data: bytes = b"", final: bool = True) -> bytes:
    """A frame of a client, masked with nothing."""
    first = opcode | (0x80 if final else 0)
    return struct.pack("!BB4x", first, 0x80 | len(data)) + data


@pytest.mark.parametrize("head", UNREADABLE)
def test_an_unreadable_handshake_is_refused_at_once(server: Running, head: bytes) -> None:
    begun = time.monotonic()
    assert status(everything(_sent(server, head + b"\r\n"))) == 400
    assert time.monotonic() - begun < HASTY.header_timeout


@pytest.mark.parametrize("head", WITH_BODY)
@pytest.mark.parametrize("body", [b"", b"x", b"1\r\nx\r\n0\r\n\r\n", b"0\r\nA: b\r\n"])
def test_a_handshake_with_a_body_gets_its_end(server: Running, head: bytes, body: bytes) -> None:
    begun = time.monotonic()
    everything(_sent(server, head + b"\r\n" + body))
    assert time.monotonic() - begun < HASTY.idle_timeout + HASTY.header_timeout + 1
    eventually(lambda: ask(server).status_code == 200)


def _sent(server: Running, data: bytes) -> socket.socket:
    client = connect(server)
    client.sendall(data)
    return client


@pytest.mark.parametrize("head", [*UNREADABLE, *WITH_BODY])
def test_handshakes_that_fail_take_no_place(server: Running, head: bytes) -> None:
    """More of them than there are places, held open by who sent them."""
    eventually(lambda: served(server) == 0)
    clients = [_sent(server, head + b"\r\n") for _ in range(3 * HASTY.max_connections)]
    eventually(lambda: ask(server).status_code == 200, timeout=HASTY.idle_timeout + 3)
    for client in clients:
        client.close()


@pytest.mark.parametrize("head", [*UNREADABLE, *WITH_BODY])
def test_a_failed_handshake_does_not_disturb_the_end(
    head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(fake_engine, load_settings({}, port=0, drain_timeout=0)) as server:
        client = _sent(server, head + b"\r\n")
        time.sleep(0.1)
    client.close()
    assert not [record for record in caplog.records if record.exc_info]


def test_a_text_that_is_none_is_refused_without_a_traceback(
    calm: Running, caplog: pytest.LogCaptureFixture
) -> None:
    client = opened(calm)
    client.sendall(frame(0x1, b"\xff\xfe"))
    assert everything(client)[2:4] == struct.pack("!H", 1007)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("parts", [(b"\xff", b"\xfe"), (b"", b"\xff")])
def test_parts_that_make_no_text_are_refused_too(
    calm: Running, parts: tuple[bytes, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    client = opened(calm)
    client.sendall(frame(0x1, parts[0], final=False) + frame(0x0, parts[1]))
    assert everything(client)[2:4] == struct.pack("!H", 1007)
    assert not [record for record in caplog.records if record.exc_info]


def test_a_message_in_parts_is_joined(calm: Running) -> None:
    client = opened(calm)
    text = b'{"type":"ping","id":"abc"}'
    parts = [frame(0x0, text[n : n + 1], final=False) for n in range(1, len(text))]
    client.sendall(frame(0x1, text[:1], final=False) + b"".join(parts) + frame(0x0))
    received = b""
    while b'"abc"' not in received:
        received += client.recv(4096)
    assert b'"pong"' in received
    client.close()


def test_a_ping_is_answered(calm: Running) -> None:
    client = opened(calm)
    client.sendall(frame(0x9, b"hello"))
    assert client.recv(4096) == b"\x8a\x05hello"
    client.close()


def memory() -> int:
    """Most bytes that this process ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize(
    ("begin", "flood"),
    [(b"", frame(0x9) * 20_000), (frame(0x1, b"x", final=False), frame(0x0, final=False) * 20_000)],
)
def test_floods_of_small_frames_take_no_memory(calm: Running, begin: bytes, flood: bytes) -> None:
    """Pings of one who does not read; parts of nothing without an end."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(0.5)
    client.connect(("127.0.0.1", calm.port))
    client.sendall(GET + b"\r\n" + begin)
    time.sleep(0.2)
    client.sendall(begin)
    before = memory()
    try:
        for _ in range(25):  # 500,000 frames, 3 MB
            client.sendall(flood)
    except OSError:
        pass
    assert memory() - before < 12e6
    client.close()
