"""A thousand strangers at once, while a listener is spoken to: nobody is kept waiting."""

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Thread

from attack.findings import Finding, Part
from attack.network import GET_STREAM, MEMORY_BYTES, POST, send, warm
from attack.servers import HEALTH_SECONDS, PATIENCE, FairClock, HealthWatch, Server, served

SECONDS_OF_SOUND = 48_000
"""Bytes of a second of PCM."""

PREBUFFER = 0.1
"""Seconds that the listener collects before it plays."""

TEXT = "The quiet harbor was full of lanterns, and nobody wanted to be the first to leave. " * 40


def bad_handshakes(connect: Callable[[], socket.socket], stack: ExitStack) -> int:
    """1,010 WebSockets that a second parser refuses, and that stay."""
    for _ in range(1010):
        send(stack.enter_context(connect()), GET_STREAM + b"Content-Length: 1\r\n\r\n", close=False)
    return 1010


def endless_trailers(connect: Callable[[], socket.socket], stack: ExitStack) -> int:
    """Four who send trailers for as long as they are let."""
    for _ in range(4):
        one = stack.enter_context(connect())
        send(one, POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", close=False)
        for _ in range(200):
            send(one, b"A: b\r\n" * 1000, close=False)
    return 4


def silent_websockets(connect: Callable[[], socket.socket], stack: ExitStack) -> int:
    """64 that are open and say nothing."""
    for _ in range(64):
        send(stack.enter_context(connect()), GET_STREAM + b"\r\n", close=False)
    return 64


def never_readers(connect: Callable[[], socket.socket], stack: ExitStack) -> int:
    """1,000 who ask and do not read: with the listener, one more than there may be."""
    body = json.dumps({"input": "A long text. " * 50}).encode()
    for _ in range(1000):
        one = stack.enter_context(connect())
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        send(one, POST + b"Content-Length: %d\r\n\r\n" % len(body) + body, close=False)
    return 1000


CROWDS = (bad_handshakes, endless_trailers, silent_websockets, never_readers)


class Listener:
    """Plays an answer as it comes. late: seconds, by a FairClock, without anything to play."""

    def __init__(self, server: Server) -> None:
        self.late, self.heard, self.fault = 0.0, 0, ""
        self._server, self._over = server, False
        self._thread = Thread(target=self._listen)

    def __enter__(self) -> "Listener":
        self._thread.start()
        while not self.heard and self._thread.is_alive():
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()

    def _listen(self) -> None:
        try:
            self._play()
        except OSError as error:
            self.fault = f"the listener: {error}"

    def _play(self) -> None:
        body = json.dumps({"input": TEXT, "response_format": "pcm"}).encode()
        head = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        with self._server.connect() as one:
            one.settimeout(PATIENCE / 2)
            one.sendall(POST + head + body)
            due, clock = None, FairClock(self._server.process)
            while not self._over and (part := one.recv(9600)):
                now = time.monotonic()
                due = now + PREBUFFER if due is None else due
                self.late += max(0.0, now - due - clock.lost)
                due = max(due, now) + len(part) / SECONDS_OF_SOUND
                self.heard, clock = self.heard + len(part), FairClock(self._server.process)
                time.sleep(max(0.0, due - time.monotonic() - 0.5))


def crowded(server: Server, crowd: Callable[..., int], stay: float) -> Finding:
    """One crowd, which stays so many seconds."""
    found, before, told = Finding(crowd.__name__), server.memory, server.tracebacks
    with ExitStack() as stack, Listener(server) as listener, HealthWatch(server) as health:
        try:
            found.tries = crowd(server.connect, stack)
        except OSError as error:
            found.faults.append(f"no connection any more: {error}")
        time.sleep(stay)
        gained = server.memory - before
    told = server.tracebacks - told
    figures = f"{health.figures}, {gained / 1e6:+.1f} MB"
    found.figures = f"{figures}, a listener waited {listener.late:.2f} s"
    faults = {
        f"/health took {health.slowest:.2f} s": health.slowest > HEALTH_SECONDS,
        f"{gained / 1e6:.1f} MB more": gained > MEMORY_BYTES,
        f"a listener waited {listener.late:.2f} s": listener.late > 0.0 or not listener.heard,
        listener.fault: bool(listener.fault),
        f"{told} tracebacks": told > 0,
    }
    found.faults += [fault for fault, is_one in faults.items() if is_one]
    time.sleep(1)
    return found


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """All crowds, on a server that computes nothing, so that the wait is none of the model's."""
    with served(ONSET_MAX_STREAMS="4", ONSET_HEADER_TIMEOUT="10") as server:
        warm(server)
        for crowd in CROWDS:
            yield crowded(server, crowd, seconds / len(CROWDS))


def control() -> bool:
    """A server that stands still keeps the listener waiting."""

    def halted(connect: Callable[[], socket.socket], stack: ExitStack) -> int:
        server.process.send_signal(signal.SIGSTOP)
        stack.callback(server.process.send_signal, signal.SIGCONT)
        return 1

    with served() as server:
        return bool(crowded(server, halted, 2.0).faults)


PART = Part("strangers", attack, control)
