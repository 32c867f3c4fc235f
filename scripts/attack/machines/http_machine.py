"""HTTP: requests whole, half, cut anywhere, one behind another, and bytes that are none."""

import http.client
import json
import re
import socket
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from attack.machines.machine_runs import Wrong

MOST = 30
"""Connections that a run leaves open at once."""

ANSWERS = frozenset({200, 400, 401, 403, 404, 405, 408, 413, 414, 415, 422, 431, 501, 503})
"""What may be answered: 500 is a fault of ours."""

HEAD = "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def request(body: str) -> bytes:
    """A request for speech."""
    sent = body.encode()
    return f"{HEAD}Content-Length: {len(sent)}\r\n\r\n".encode() + sent


def speech(text: str) -> str:
    """The body that asks for it."""
    return json.dumps({"input": text, "response_format": "pcm"})


def status(one: socket.socket) -> int:
    """The status of the next answer, which is read to its end. Raises HTTPException, OSError."""
    answer = http.client.HTTPResponse(one, method="POST")
    answer.begin()
    answer.read()
    return answer.status


def http_machine(connect: Callable[[], socket.socket]) -> type[RuleBasedStateMachine]:
    """A machine for the server that `connect` connects to."""

    class HttpMachine(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.open: list[socket.socket] = []

        def connection(self) -> socket.socket:
            if len(self.open) >= MOST:
                self.open.pop(0).close()
            self.open.append(connect())
            return self.open[-1]

        @rule(text=st.text(max_size=40), cuts=st.lists(st.integers(1, 60), max_size=6))
        def asks(self, text: str, cuts: list[int]) -> None:
            one, sent = self.connection(), request(speech(text))
            for cut in cuts:
                one.sendall(sent[:cut])
                sent = sent[cut:]
            one.sendall(sent)
            if (found := status(one)) not in (200, 400, 503):
                raise Wrong(f"{found} for a text")

        @rule(count=st.integers(2, 6))
        def asks_one_behind_another(self, count: int) -> None:
            one = self.connection()
            last = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            one.sendall(request(speech("Hi.")) * count + last)
            answers = b"".join(iter(lambda: one.recv(1 << 16), b""))
            found = re.findall(rb"HTTP/1\.1 (\d+)", answers)
            if len(found) != count + 1 or not set(found) <= {b"200", b"503"}:
                raise Wrong(f"{found} for {count + 1} requests one behind another")

        @rule(
            body=st.one_of(st.text(max_size=60), st.sampled_from(["{", "[]", "[" * 9000, "null"]))
        )
        def asks_wrongly(self, body: str) -> None:
            one = self.connection()
            one.sendall(request(body))
            if (found := status(one)) not in (400, 422):
                raise Wrong(f"{found} for a wrong body")

        @rule(size=st.integers(1, 160))
        def asks_half(self, size: int) -> None:
            self.connection().sendall(request(speech("Hello."))[:size])

        @rule(data=st.binary(min_size=1, max_size=200))
        def goes_on_with_anything(self, data: bytes) -> None:
            if not self.open:
                return
            one = self.open[-1]
            try:
                one.sendall(data)
                one.settimeout(0.05)
                head = one.recv(4096)
            except OSError:
                return
            words = head.split(b" ", 2)
            if head.startswith(b"HTTP/1.1 ") and int(words[1]) not in ANSWERS:
                raise Wrong(f"{words[1].decode()} for bytes")

        @rule()
        def leaves(self) -> None:
            if self.open:
                self.open.pop().close()

        @rule()
        def is_answered(self) -> None:
            with connect() as one:
                one.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if (found := status(one)) != 200:
                    raise Wrong(f"{found} for /health")

        def teardown(self) -> None:
            for one in getattr(self, "open", []):
                one.close()

    return HttpMachine
