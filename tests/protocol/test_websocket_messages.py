"""The messages of the WebSocket are those that docs/protocol.md tells of, field by field."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from onset.errors import ServerError
from onset.protocol.http_api import STREAM_PATH
from onset.protocol.websocket_messages import (
    COMMANDS,
    Cancel,
    Delta,
    Done,
    Event,
    Flush,
    Ping,
    Pong,
    Prepare,
    Start,
    read_event,
)

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
SAID = (Start, Delta, Flush, Done, Cancel, Prepare, Ping)


def table(head: str) -> dict[str, list[str]]:
    """Each message of a table with its fields."""
    found = re.search(rf"^\| {head} \| besides \|.*\n\|[-|]+\|\n((?:\|.*\n)*)", PAGE, re.M)
    assert found
    rows = [line.strip("|").split(" |") for line in found[1].splitlines()]
    return {row[0].strip("` "): re.findall(r"`(\w+)`", row[1]) for row in rows}


def test_every_command_is_told_with_its_fields() -> None:
    fields = {get_args(m.model_fields["type"].annotation)[0]: list(m.model_fields) for m in SAID}
    assert table("command") == {
        name: [field for field in names if field != "type"] for name, names in fields.items()
    }


def test_every_event_is_told_with_its_fields() -> None:
    assert table("event") == {
        event.model_fields["type"].default: [f for f in event.model_fields if f != "type"]
        for event in Event.__subclasses__()
    }


def test_the_path_is_told() -> None:
    assert f"## WebSocket {STREAM_PATH}\n" in PAGE


def test_a_voice_may_be_named_the_long_way() -> None:
    start = COMMANDS.validate_json('{"type": "speech.start", "voice": {"id": "bf_emma"}, "x": 1}')
    assert isinstance(start, Start) and start.voice_id == "bf_emma"


@pytest.mark.parametrize(
    "text", ["1", "{}", '{"type": 1}', '{"type": "speech.start", "id": "a b"}']
)
def test_what_is_no_command_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        COMMANDS.validate_json(text)


def test_a_command_that_is_sent_is_the_one_that_is_read() -> None:
    for command in (Start(voice="af_heart", speed=1.5), Delta(delta="Hé"), Done(), Ping(id="1")):
        assert COMMANDS.validate_json(command.json_text()) == command


def test_an_event_is_read_whatever_a_later_server_adds_to_it() -> None:
    assert read_event('{"type": "pong", "id": "1", "later": 2}') == Pong(id="1")


def test_an_event_of_a_later_server_is_none() -> None:
    assert read_event('{"type": "speech.mood"}') is None


@pytest.mark.parametrize("text", ["", "1", "{}", '{"type": "speech.done"}'])
def test_what_is_no_event_is_a_server_error(text: str) -> None:
    with pytest.raises(ServerError, match="no event"):
        read_event(text)
