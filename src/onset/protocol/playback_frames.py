"""The daemon's binary protocol: what a frame is, which kinds there are, and their bodies.

A frame is HEADER and a body; over a Unix socket they follow each other, over a WebSocket each is
one binary message. AUDIO carries 16-bit little-endian mono samples, every other body is JSON.
"""

import struct
from enum import IntEnum
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from onset.errors import InvalidRequest
from onset.types import FASTEST, SLOWEST, Mode

PROTOCOLS = (1,)
"""Versions spoken, the newest last."""

HEADER = struct.Struct("<BBHIIQI")
"""kind, 0, 0, stream, sequence, position, size of the body; little-endian, 24 bytes."""

LARGEST_BODY = 1 << 20
"""Bytes. A header that announces more is not of this protocol."""

RATES = (8_000, 192_000)
"""Lowest and highest samples a second that a stream may have."""

SPEEDS = (0.5, 3.0)
VOLUMES = (0.0, 2.0)

Policy = Literal["queue", "interrupt", "refuse"]
"""When something is playing: wait for it, stop it, or be refused."""

Action = Literal[
    "pause", "resume", "stop", "skip", "back", "replay", "speed", "volume", "voice", "status"
]


class FrameKind(IntEnum):
    """What a frame is. Below 64 it goes to the daemon, above it comes from there."""

    HELLO = 1
    OPEN = 2
    AUDIO = 3
    MARK = 4
    END = 5
    SAY = 6
    CONTROL = 7
    WELCOME = 65
    CREDIT = 66
    EVENT = 67
    REPORT = 68
    ERROR = 69


class Frame(NamedTuple):
    """stream: whose, 0 none. sequence: number of an AUDIO frame in its stream, or of a CONTROL.

    position: index of the body's first sample in its stream; of END and CREDIT, the end.
    """

    kind: FrameKind
    stream: int = 0
    sequence: int = 0
    position: int = 0
    body: bytes = b""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hello(_Body):
    """HELLO: who calls. caller: the name under which a voice is kept. token: for WebSockets."""

    protocol: int
    caller: str = Field(default="", max_length=100)
    token: str | None = None


class Welcome(_Body):
    """WELCOME: who answers. device: where it plays, None while none is open."""

    protocol: int
    version: str
    device: str | None = None


class Open(_Body):
    """OPEN: samples will follow under this frame's stream number."""

    rate: int = Field(ge=RATES[0], le=RATES[1])
    policy: Policy = "queue"
    label: str = Field(default="", max_length=200)


class Say(_Body):
    """SAY: the daemon is to fetch the speech from OpenAI's API at `url`. key: its bearer token."""

    text: str = Field(min_length=1)
    url: str
    key: str | None = None
    voice: str | None = None
    speed: float = Field(default=1.0, ge=SLOWEST, le=FASTEST)
    lang: str | None = None
    exact: bool = False
    plan: Mode | None = None
    policy: Policy = "queue"


class Control(_Body):
    """CONTROL: a command of the listener. value: of speed, volume. voice: None forgets it.

    stream: stop and skip may name one of the caller's own; None means what is playing.
    """

    action: Action
    value: float | None = None
    voice: str | None = Field(default=None, max_length=200)
    stream: int | None = None


class Refusal(_Body):
    """ERROR: a request that was refused, or a frame that was wrong. code is for machines."""

    code: str
    message: str
    param: str | None = None


_B = TypeVar("_B", bound=BaseModel)


def encode(frame: Frame) -> bytes:
    """A frame as it is sent."""
    kind, stream, sequence, position, body = frame
    return HEADER.pack(kind, 0, 0, stream, sequence, position, len(body)) + body


def decode_header(data: bytes) -> tuple[Frame, int]:
    """The frame without its body, and how many bytes that has. Raises InvalidRequest."""
    kind, *_, stream, sequence, position, size = HEADER.unpack(data)
    if size > LARGEST_BODY:
        raise InvalidRequest(f"A frame of {size} bytes; the most is {LARGEST_BODY}.", "size")
    try:
        return Frame(FrameKind(kind), stream, sequence, position), size
    except ValueError as error:
        choices = ", ".join(f"{known} {known.name}" for known in FrameKind)
        message = f"Frame kind {kind} is unknown. Choices: {choices}."
        raise InvalidRequest(message, "kind") from error


def decode(message: bytes) -> Frame:
    """A frame that came in one piece. Raises InvalidRequest."""
    if len(message) < HEADER.size:
        raise InvalidRequest(f"{len(message)} bytes are no frame.", "size")
    frame, size = decode_header(message[: HEADER.size])
    body = message[HEADER.size :]
    if len(body) != size:
        raise InvalidRequest(f"A body of {len(body)} bytes; its header says {size}.", "size")
    return frame._replace(body=body)


def json_frame(
    kind: FrameKind, body: BaseModel | dict[str, Any], *, stream: int = 0, sequence: int = 0
) -> Frame:
    """A frame with a JSON body."""
    if isinstance(body, dict):
        body = AnyObject({name: value for name, value in body.items() if value is not None})
    return Frame(kind, stream, sequence, 0, body.model_dump_json(exclude_none=True).encode())


class AnyObject(RootModel[dict[str, Any]]):
    """A JSON object of any fields: an event or a report."""


def parse_body(model: type[_B], frame: Frame) -> _B:
    """A frame's JSON body. Raises InvalidRequest that names the field."""
    try:
        return model.model_validate_json(frame.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        param = ".".join(str(part) for part in first["loc"]) or None
        field = "" if param is None else f" {param}"
        message = f"{frame.kind.name}{field}: {first['msg']}."
        raise InvalidRequest(message, param) from None
