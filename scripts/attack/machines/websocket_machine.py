"""WebSocket: messages in any order, wrong ones between them, and then one text to its end."""

import json
from contextlib import ExitStack
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from attack.machines.machine_runs import Wrong
from attack.servers import PATIENCE

MESSAGES = [
    {"type": "speech.start"},
    {"type": "speech.start", "id": "a", "voice": "am_puck", "timestamps": True},
    {"type": "text.delta", "delta": "The quiet harbour "},
    {"type": "text.delta", "delta": "was full. \ud83e"},
    {"type": "text.flush"},
    {"type": "text.done"},
    {"type": "speech.cancel"},
    {"type": "speech.cancel", "id": "a"},
    {"type": "ping", "id": "x"},
]

WRONG: list[object] = [
    *({"type": kind} for kind in ("text.delta", "nothing", "", None, 5)),
    {"type": "text.delta", "delta": None},
    {"type": "speech.start", "id": " ", "speed": "fast"},
    {"type": "speech.start", "voice": "nobody"},
    *([], {}, 0, "text", None),
]


def websocket_machine(url: str) -> type[RuleBasedStateMachine]:
    """A machine for the WebSocket at that URL."""

    class WebsocketMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.stack = ExitStack()

        @initialize()
        def begin(self) -> None:
            self.stack.close()
            opened = connect(url, open_timeout=PATIENCE, close_timeout=0.2, max_size=None)
            self.link = self.stack.enter_context(opened)

        def send(self, message: str | bytes) -> None:
            try:
                self.link.send(message)
            except ConnectionClosed as end:
                if end.rcvd is None or end.rcvd.code == 1011:
                    raise Wrong(f"the link was closed: {end}") from end
                self.begin()

        @rule(message=st.sampled_from(MESSAGES))
        def says(self, message: dict[str, str]) -> None:
            self.send(json.dumps(message))

        @rule(message=st.sampled_from(WRONG))
        def says_wrongly(self, message: object) -> None:
            self.send(json.dumps(message))

        @rule(text=st.text(max_size=50))
        def says_any_text(self, text: str) -> None:
            self.send(text.encode(errors="ignore").decode())

        @rule(data=st.binary(max_size=50))
        def says_bytes(self, data: bytes) -> None:
            self.send(data)

        @rule()
        def begins_again(self) -> None:
            self.begin()

        @rule(text=st.text(max_size=30))
        def hears_a_text_to_its_end(self, text: str) -> None:
            self.begins_again()
            whole = {"type": "text.delta", "delta": text + " Hello."}
            for message in (whole, {"type": "text.done"}, {"type": "ping", "id": "end"}):
                self.send(json.dumps(message))
            kinds = set[str]()
            while "pong" not in kinds or not kinds & {"speech.done", "error"}:
                message = self.heard()
                if isinstance(message, str):
                    kinds.add(json.loads(message)["type"])

        def heard(self) -> Any:
            try:
                return self.link.recv(timeout=PATIENCE)
            except (TimeoutError, WebSocketException) as end:
                raise Wrong(f"no end of a text: {type(end).__name__} {end}") from end

        def teardown(self) -> None:
            self.stack.close()

    return WebsocketMachine
