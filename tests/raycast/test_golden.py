"""What the Raycast extension was built for is what this side speaks: both read the same files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from asking import ask, http
from fakes import fake_engine, serving
from onset.cli import command_group
from onset.config import Settings
from onset.protocol import playback_bodies, playback_frames
from onset.protocol.http_api import VOICES_PATH
from onset.protocol.performance_api import TTFA_PATH
from onset.protocol.playback_frames import Frame, FrameKind
from onset.text.g2p.languages import LANGUAGES
from onset.types import FASTEST, SLOWEST
from playback_fakes import level, playback

ROOT = Path(__file__).parents[2]

CALLER_BODIES: dict[FrameKind, type[BaseModel]] = {
    FrameKind.HELLO: playback_bodies.Hello,
    FrameKind.SAY: playback_bodies.Say,
    FrameKind.CONTROL: playback_bodies.Control,
}


def golden(name: str) -> Any:
    """The content of a file that the extension's tests read too."""
    return json.loads((ROOT / "tests" / "data" / "golden" / f"{name}.json").read_text("utf-8"))


FRAMES: list[dict[str, Any]] = golden("frames")


def frame(row: dict[str, Any]) -> Frame:
    return playback_frames.decode(bytes.fromhex(row["hex"]))


@pytest.mark.parametrize("row", FRAMES, ids=lambda row: row["name"])
def test_a_golden_frame_is_read_and_written(row: dict[str, Any]) -> None:
    read = frame(row)
    numbers = [read.kind, read.stream, read.sequence, read.position]
    assert numbers == [row["kind"], row["stream"], row["sequence"], row["position"]]
    assert playback_frames.encode(read).hex() == row["hex"]
    if "samples" in row:
        assert read.body.hex() == row["samples"]
    else:
        assert (json.loads(read.body) if read.body else None) == row.get("body")


@pytest.mark.parametrize(
    "row", [row for row in FRAMES if row["kind"] in set(CALLER_BODIES)], ids=lambda row: row["name"]
)
def test_the_daemon_takes_what_the_extension_sends(row: dict[str, Any]) -> None:
    read = frame(row)
    body = playback_bodies.parse_body(CALLER_BODIES[read.kind], read)
    assert body.model_dump(exclude_unset=True) == row["body"]


@pytest.mark.parametrize(
    "row",
    [row for row in FRAMES if row["from"] == "daemon" and "body" in row],
    ids=lambda row: row["name"],
)
def test_the_daemon_writes_what_the_extension_reads(row: dict[str, Any]) -> None:
    kind = FrameKind(row["kind"])
    written = playback_frames.json_frame(
        kind, row["body"], stream=row["stream"], sequence=row["sequence"]
    )
    assert playback_frames.encode(written).hex() == row["hex"]


def missing(live: Any, expected: Any, path: str = "") -> list[str]:
    """Fields of `expected` that `live` has not, at every depth; of a list, its first item's."""
    if isinstance(expected, dict):
        if not isinstance(live, dict):
            return [path]
        lost = [f"{path}.{name}" for name in expected if name not in live]
        both = [name for name in expected if name in live]
        return lost + [
            inner
            for name in both
            for inner in missing(live[name], expected[name], f"{path}.{name}")
        ]
    if isinstance(expected, list) and expected and isinstance(live, list) and live:
        return missing(live[0], expected[0], f"{path}[]")
    return []


def test_reports_have_what_the_extension_reads() -> None:
    with playback() as at:
        first, second = at.client.open(), at.client.open()
        first.feed(level(0.5))
        second.feed(level(0.2))
        second.finish()
        at.until("started")
        assert not missing(at.client.control("status"), golden("report"))
        at.client.control("stop")
        idle = at.client.control("status")
    assert not missing(idle, golden("report-idle"))
    assert missing(idle, golden("report")) == [".playing"]


def test_figures_and_voices_have_what_the_extension_reads() -> None:
    with serving(fake_engine) as server:
        ask(server)
        figures = http.get(server.url + TTFA_PATH).json()
        voices = http.get(server.url + VOICES_PATH).json()
    assert not missing(figures, golden("performance"))
    assert not missing(voices, golden("voices"))


def test_constants_are_the_golden_ones() -> None:
    settings, constants = Settings(), golden("constants")
    assert constants["server"] == f"http://{settings.host}:{settings.port}"
    assert constants["speech_speeds"] == [SLOWEST, FASTEST]
    assert constants["playback_speeds"] == list(playback_frames.SPEEDS)
    assert constants["largest_body"] == playback_frames.LARGEST_BODY
    assert sorted(constants["languages"]) == sorted(LANGUAGES)


def test_the_commands_that_it_tells_to_type_exist() -> None:
    source = (ROOT / "raycast" / "src" / "errors.ts").read_text("utf-8")
    told = re.findall(r'"onset (\w+)[^"]*"', source)
    assert len(told) >= 3
    assert not [name for name in told if name not in command_group.COMMANDS]
