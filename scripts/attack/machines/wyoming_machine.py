"""Wyoming: events in any order, wrong ones between them, and then one text to its end."""

import json
import socket
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from attack.machines.machine_runs import Wrong
from attack.machines.socket_machine import SocketMachine

EVENTS: list[dict[str, Any]] = [
    {"type": "describe"},
    {"type": "ping", "data": {"text": "x"}},
    {"type": "synthesize", "data": {"text": "Hello there."}},
    {"type": "synthesize-start", "data": {}},
    {"type": "synthesize-chunk", "data": {"text": "More of it "}},
    {"type": "synthesize-stop", "data": {}},
]

WRONG: list[dict[str, Any]] = [
    *({"type": kind} for kind in ("synthesize", "synthesize-chunk", "nothing")),
    {"type": "synthesize", "data": {"text": None, "voice": None}},
    {"type": "synthesize", "data": {"text": "x", "voice": {"name": "nobody"}}},
    {"type": "synthesize", "data": {"text": "x", "voice": {"language": "tlh"}}},
    {"type": "synthesize-start", "data": {"voice": 5}},
]

NONE = [
    *(
        b"\n",
        b"{\n",
        b"[]\n",
        b"5\n",
        b"\xff\xfe\n",
        b"null\n",
        b'{"type":5}\n',
        b"[" * 30_000 + b"\n",
    ),
    *(b'{"type":"ping","data_length":-1}\n', b'{"type":"ping","payload_length":99999999999}\n'),
    *(b'{"type":"ping","data_length":"x"}\n', b'{"type":"ping","data_length":9}\n[[[[[[[[['),
]


def wyoming_machine(link: Callable[[], socket.socket]) -> type[SocketMachine]:
    """A machine for the server that `link` connects to."""

    class WyomingMachine(SocketMachine):
        @initialize()
        def begin(self) -> None:
            self.link = link()

        @rule(event=st.sampled_from(EVENTS))
        def says(self, event: dict[str, Any]) -> None:
            self.send(json.dumps(event).encode() + b"\n")

        @rule(event=st.sampled_from(WRONG))
        def says_wrongly(self, event: dict[str, Any]) -> None:
            self.send(json.dumps(event).encode() + b"\n")

        @rule(data=st.one_of(st.sampled_from(NONE), st.binary(max_size=60)))
        def says_anything(self, data: bytes) -> None:
            self.send(data)

        @rule()
        def leaves(self) -> None:
            self.begin_again()

        @rule(wrong=st.sampled_from(WRONG))
        def hears_of_a_wrong_event_and_a_text(self, wrong: dict[str, Any]) -> None:
            self.hear(wrong)

        def hear(self, wrong: dict[str, Any]) -> None:
            self.begin_again()
            for event in (wrong, *EVENTS[3:], {"type": "ping", "data": {}}):
                self.send(json.dumps(event).encode() + b"\n")
            wanted, kinds = {"synthesize-stopped", "pong"}, set[str]()
            with self.link.makefile("rb") as lines:
                while not wanted <= kinds:
                    kinds.add(self.heard(lines))

        def heard(self, lines: Any) -> str:
            """The type of the next event."""
            try:
                line = lines.readline()
                event = json.loads(line)
                lines.read(event.get("data_length") or 0)
                lines.read(event.get("payload_length") or 0)
            except (OSError, ValueError) as end:
                raise Wrong(f"no end of a text: {type(end).__name__} {end}") from end
            return str(event["type"])

        def teardown(self) -> None:
            if not hasattr(self, "link"):
                return
            try:
                self.hear(EVENTS[0])  # a run without this check shows nothing
            finally:
                self.link.close()

    return WyomingMachine
