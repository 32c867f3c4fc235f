"""The protocol's frames: what is written is read, and nothing else is taken."""

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset import playback
from onset.errors import InvalidRequest
from onset.protocol import playback_bodies, playback_frames
from onset.protocol.playback_bodies import Open
from onset.protocol.playback_frames import HEADER, LARGEST_BODY, Frame, FrameKind

U32 = st.integers(0, 2**32 - 1)


@given(st.sampled_from(FrameKind), U32, U32, st.integers(0, 2**64 - 1), st.binary(max_size=100))
def test_a_frame_is_read_as_it_was_written(
    kind: FrameKind, stream: int, sequence: int, position: int, body: bytes
) -> None:
    frame = Frame(kind, stream, sequence, position, body)
    assert playback_frames.decode(playback_frames.encode(frame)) == frame


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_refused(data: bytes) -> None:
    try:
        frame = playback_frames.decode(data)
    except InvalidRequest:
        return
    assert playback_frames.decode(playback_frames.encode(frame)) == frame


def test_a_header_is_24_bytes_little_endian() -> None:
    data = playback_frames.encode(Frame(FrameKind.AUDIO, 1, 2, 3, b"ab"))
    assert data == bytes.fromhex("03000000 01000000 02000000 0300000000000000 02000000") + b"ab"


def test_a_large_body_and_an_unknown_kind_are_refused() -> None:
    with pytest.raises(InvalidRequest, match=str(LARGEST_BODY)):
        playback_frames.decode_header(HEADER.pack(3, 0, 0, 0, 0, 0, LARGEST_BODY + 1))
    with pytest.raises(InvalidRequest, match="2 OPEN"):
        playback_frames.decode_header(HEADER.pack(99, 0, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("body", "field"), [(b"{}", "rate"), (b'{"rate": 1}', "rate"), (b'{"rate":24000,"x":1}', "x")]
)
def test_a_body_that_cannot_be_names_its_field(body: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest, match=field) as caught:
        playback_bodies.parse_body(Open, Frame(FrameKind.OPEN, body=body))
    assert caught.value.param == field


PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


def test_every_kind_and_its_fields_are_documented() -> None:
    for kind in FrameKind:
        assert f"| {kind.value} `{kind.name}` |" in PROTOCOL
    for model in (
        playback_bodies.Hello,
        playback_bodies.Open,
        playback_bodies.Say,
        playback_bodies.Control,
    ):
        row = next(
            line for line in PROTOCOL.splitlines() if f"`{model.__name__.upper()}` |" in line
        )
        assert all(f"`{field}`" in row for field in model.model_fields), row
    assert all(f"`{action}`" in PROTOCOL for action in get_args(playback_frames.Action))


def test_every_event_is_documented() -> None:
    told = {
        name
        for path in Path(playback.__path__[0]).rglob("*.py")
        for name in re.findall(r"\.tell\(\s*\"(\w+)\"", path.read_text())
    }
    assert {"queued", "started", "complete", "stopped"} <= told
    assert not [name for name in told if f"`{name}`" not in PROTOCOL]
