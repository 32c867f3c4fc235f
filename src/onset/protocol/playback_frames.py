"""The daemon's binary protocol: what a frame is, and which kinds there are.

A frame is HEADER and a body; over a Unix socket they follow each other, over a WebSocket each is
one binary message. AUDIO carries 16-bit little-endian mono samples, every other body is a JSON
object (`playback_bodies`). Imports the standard library only: `onset stop` waits for it.
"""

import json
import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Literal, NamedTuple

from onset.errors import InvalidRequest

PROTOCOLS = (1,)
"""Versions spoken, the newest last."""

HEADER = struct.Struct("<BBHIIQI")
"""kind, 0, 0, stream, sequence, position, size of the body; little-endian, 24 bytes."""

LARGEST_BODY = 1 << 20
"""Bytes. A header that announces more is not of this protocol."""

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
    kind: FrameKind, body: Mapping[str, Any], *, stream: int = 0, sequence: int = 0
) -> Frame:
    """A frame with a JSON object, in which a field that is None is left out."""
    known = {name: value for name, value in body.items() if value is not None}
    text = json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Frame(kind, stream, sequence, 0, text.encode())


def json_object(frame: Frame) -> dict[str, Any]:
    """A frame's JSON object of any fields: an event or a report. Raises InvalidRequest."""
    try:
        found = json.loads(frame.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest(f"{frame.kind.name}: no JSON object.")
    return found
