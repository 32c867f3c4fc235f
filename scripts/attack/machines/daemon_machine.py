"""The playback daemon's protocol: frames in any order, wrong ones between them."""

import json
import socket
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from attack.machines.machine_runs import Wrong
from attack.machines.socket_machine import SocketMachine
from onset.protocol.playback_frames import HEADER, LARGEST_BODY, Frame, FrameKind, encode

BODIES: list[object] = [
    {"protocol": 1},
    {"rate": 24_000},
    {"rate": 8_000, "policy": "interrupt", "label": "x"},
    {"rate": 0},
    *({"action": name} for name in ("pause", "resume", "stop", "skip", "back", "replay", "status")),
    {"action": "speed", "value": 2.0},
    {"action": "speed", "value": 1e308},
    {"action": "volume", "value": None},
    {"action": "voice", "voice": "x" * 200},
    {"action": "stop", "stream": 3},
    {"text": "Hi.", "url": "http://127.0.0.1:9"},
    {"text": "Hi.", "url": "http://a..b/", "key": "ключ\n"},
    {"text": "", "url": "x"},
    *([], None, 5, "text", {}),
]

KINDS = [kind for kind in FrameKind if kind < 64]


def hello() -> bytes:
    """The first frame of a caller."""
    return encode(Frame(FrameKind.HELLO, body=b'{"protocol": 1}'))


def next_kind(one: socket.socket) -> int:
    """The kind of the next frame, which is read to its end. Raises OSError."""
    head = _exactly(one, HEADER.size)
    kind, *_, size = HEADER.unpack(head)
    _exactly(one, size)
    return int(kind)


def _exactly(one: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = one.recv(size - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


def daemon_machine(connect: Callable[[], socket.socket]) -> type[SocketMachine]:
    """A machine for the daemon that `connect` connects to."""

    class DaemonMachine(SocketMachine):
        @initialize()
        def begin(self) -> None:
            self.link = connect()
            self.link.sendall(hello())
            if next_kind(self.link) != FrameKind.WELCOME:
                raise Wrong("no WELCOME for a caller")

        def begin_again(self) -> None:
            try:
                super().begin_again()
            except OSError as error:
                raise Wrong(f"no WELCOME for a caller: {error}") from error

        @rule(
            kind=st.sampled_from(KINDS),
            stream=st.integers(0, 3),
            position=st.sampled_from([0, 1, 480, 2**40, 2**64 - 1]),
            body=st.sampled_from(BODIES),
        )
        def says(self, kind: FrameKind, stream: int, position: int, body: object) -> None:
            self.send(encode(Frame(kind, stream, 0, position, json.dumps(body).encode())))

        @rule(stream=st.integers(0, 3), samples=st.binary(max_size=2000))
        def plays(self, stream: int, samples: bytes) -> None:
            for kind, body in (
                (FrameKind.OPEN, b'{"rate": 48000}'),
                (FrameKind.AUDIO, samples),
                (FrameKind.END, b""),
            ):
                self.send(encode(Frame(kind, stream, 0, 0, body)))

        @rule(kind=st.integers(0, 255), size=st.sampled_from([0, 9, LARGEST_BODY + 1, 2**32 - 1]))
        def says_wrongly(self, kind: int, size: int) -> None:
            self.send(HEADER.pack(kind, 0, 0, 1, 0, 0, size))

        @rule(data=st.binary(max_size=100))
        def says_anything(self, data: bytes) -> None:
            self.send(data)

        @rule()
        def leaves(self) -> None:
            self.begin_again()

        @rule()
        def another_is_told_the_status(self) -> None:
            status = Frame(FrameKind.CONTROL, 0, 7, 0, b'{"action": "status"}')
            with connect() as one:
                try:
                    one.sendall(hello() + encode(status))
                    while next_kind(one) != FrameKind.REPORT:
                        pass
                except OSError as error:
                    raise Wrong(f"no status for another caller: {error}") from error

        def teardown(self) -> None:
            if hasattr(self, "link"):
                self.link.close()

    return DaemonMachine
