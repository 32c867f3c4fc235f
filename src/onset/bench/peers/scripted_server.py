"""An HTTP server that does exactly what a script says, and records when it did it.

The client and the benchmark are checked against it: it runs in their process, on the same clock.
Also audio with a known onset. As a program (`python -m onset.bench.peers.scripted_server SECONDS`)
it prints its URL and answers every request with a steady stream of that length, until its standard
input ends.
"""

import os
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from time import perf_counter_ns, sleep
from typing import TypeAlias

import numpy as np

from onset.types import SAMPLE_RATE


@dataclass(frozen=True)
class Wait:
    """Do nothing for this many seconds."""

    seconds: float


@dataclass(frozen=True)
class Head:
    """Send the status line and headers; the body is chunked unless `length` is given."""

    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None


@dataclass(frozen=True)
class Sound:
    """Send bytes as one chunk of the body."""

    data: bytes


@dataclass(frozen=True)
class Raw:
    """Send bytes as they are."""

    data: bytes


@dataclass(frozen=True)
class Finish:
    """End a chunked body properly."""


@dataclass(frozen=True)
class Reset:
    """Break the connection with a TCP reset."""


Step: TypeAlias = Wait | Head | Sound | Raw | Finish | Reset
Script: TypeAlias = Sequence[Step]


@dataclass
class ScriptedRequest:
    """One request: its bytes, when each piece was sent, and whether the client left."""

    request: bytes = b""
    sent_ns: list[int] = field(default_factory=list)
    left: Event = field(default_factory=Event)

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.request.partition(b"\r\n\r\n")[2]


class ScriptedServer:
    """Plays one script for each connection; the last one for all further connections too.

    heard: the requests, in the order of their connections.
    """

    def __init__(self, *scripts: Script) -> None:
        self.heard: list[ScriptedRequest] = []
        self._scripts = scripts
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._threads = [Thread(target=self._accept)]
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads[0].start()

    def close(self) -> None:
        """Stop accepting and wait for the scripts that run."""
        with suppress(OSError):  # a socket that is not connected, as macOS sees it
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            script = self._scripts[min(len(self.heard), len(self._scripts) - 1)]
            request = ScriptedRequest()
            self.heard.append(request)
            thread = Thread(target=_serve, args=(connection, script, request))
            self._threads.append(thread)
            thread.start()


@contextmanager
def scripted(*scripts: Script) -> Iterator[ScriptedServer]:
    """A running server for the block."""
    server = ScriptedServer(*scripts)
    try:
        yield server
    finally:
        server.close()


def _serve(connection: socket.socket, script: Script, request: ScriptedRequest) -> None:
    with connection:
        try:
            request.request = _read_request(connection)
            for step in script:
                _play(connection, step, request)
        except ConnectionError:
            request.left.set()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection, 65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    missing = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while missing > 0:
        part = _received(connection, missing)
        data, missing = data + part, missing - len(part)
    return data


def _received(connection: socket.socket, size: int) -> bytes:
    """Up to `size` bytes. Raises ConnectionError if the client left, or sent nothing at all."""
    data = connection.recv(size)
    if not data:
        raise ConnectionError("the client left")
    return data


def _play(connection: socket.socket, step: Step, request: ScriptedRequest) -> None:
    match step:
        case Wait(seconds):
            sleep(seconds)
        case Head():
            connection.sendall(_head(step))
        case Sound(data) | Raw(data):
            chunk = b"%x\r\n%b\r\n" % (len(data), data)
            request.sent_ns.append(perf_counter_ns())
            connection.sendall(chunk if isinstance(step, Sound) else data)
        case Finish():
            connection.sendall(b"0\r\n\r\n")
        case Reset():
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.close()


def _head(step: Head) -> bytes:
    length = ("Content-Length", str(step.length))
    body = ("Transfer-Encoding", "chunked") if step.length is None else length
    lines = [f"{name}: {value}" for name, value in (*step.headers, body, ("Connection", "close"))]
    return "\r\n".join([f"HTTP/1.1 {step.status}", *lines, "", ""]).encode()


def answer(body: bytes, status: str = "200 OK") -> Script:
    """A whole answer, sent at once."""
    return (Head(status, length=len(body)), Raw(body))


def tone(seconds: float, level: float = 0.5, rate: int = SAMPLE_RATE) -> bytes:
    """16-bit audio, loud from its first frame to its last: 440 Hz at `level` of full scale."""
    time = np.arange(round(seconds * rate)) / rate
    return (level * 32767 * np.cos(2 * np.pi * 440 * time)).astype("<i2").tobytes()


def silence(seconds: float, rate: int = SAMPLE_RATE) -> bytes:
    """16-bit zeros."""
    return bytes(2 * round(seconds * rate))


def steady(seconds: float, piece: float = 0.05) -> Script:
    """A stream in real time: `piece` seconds of audio every `piece` seconds."""
    sound = Sound(tone(piece))
    pieces = [step for _ in range(round(seconds / piece)) for step in (sound, Wait(piece))]
    return (Head(), *pieces, Finish())


if __name__ == "__main__":
    print(ScriptedServer(steady(float(sys.argv[1]))).url, flush=True)
    sys.stdin.buffer.read()
    os._exit(0)  # the scripts that run are not waited for
