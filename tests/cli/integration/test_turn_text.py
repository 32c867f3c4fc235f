"""What an agent said last, from what it hands over, and how a long text is cut."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from onset.cli.integration.turn_text import LARGEST_TAIL, last_message, shortened
from onset.errors import InvalidRequest

CODEX = {
    "type": "agent-turn-complete",
    "turn-id": "12345",
    "input-messages": ["Rename foo to bar."],
    "last-assistant-message": "Renamed it, and the tests pass.",
}


def assistant(*blocks: Mapping[str, object]) -> dict[str, object]:
    return {"type": "assistant", "message": {"role": "assistant", "content": list(blocks)}}


def said(text: str) -> dict[str, object]:
    return {"type": "text", "text": text}


TOOL = {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}}
THOUGHT = {"type": "thinking", "thinking": "Hm."}
RESULT = {"type": "user", "message": {"role": "user", "content": [{"type": "tool_result"}]}}


def handed_over(folder: Path, *entries: object) -> str:
    """What Claude Code hands to its hook Stop, with a transcript of these entries."""
    path = folder / "transcript.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    event = {"session_id": "x", "hook_event_name": "Stop", "stop_hook_active": False}
    return json.dumps(event | {"transcript_path": str(path)})


def test_codex() -> None:
    assert last_message(json.dumps(CODEX)) == "Renamed it, and the tests pass."


def test_claude_code_that_hands_over_the_message() -> None:
    event = {"hook_event_name": "Stop", "transcript_path": "/none", "last_assistant_message": "Hi."}
    assert last_message(json.dumps(event)) == "Hi."


def test_claude_code_with_a_transcript(tmp_path: Path) -> None:
    entries = [
        {"type": "user", "message": {"role": "user", "content": "Do it."}},
        assistant(said("First."), TOOL),
        RESULT,
        assistant(THOUGHT),
        assistant(said("All done."), said("Really.")),
        {"type": "system", "subtype": "stop"},
    ]
    assert last_message(handed_over(tmp_path, *entries)) == "All done.\n\nReally."


def test_only_the_end_of_a_long_transcript_is_read(tmp_path: Path) -> None:
    old = assistant(said("x" * 1000))
    count = LARGEST_TAIL // 1000 + 100
    event = handed_over(tmp_path, *[old] * count, assistant(said("The last.")))
    assert last_message(event) == "The last."


@pytest.mark.parametrize("event", ["", "no json", "[]", "{}", '{"last-assistant-message": " "}'])
def test_what_is_not_understood_is_refused(event: str) -> None:
    with pytest.raises(InvalidRequest):
        last_message(event)


def test_a_transcript_without_a_message_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no message"):
        last_message(handed_over(tmp_path, assistant(TOOL), RESULT, {"message": 1}, [], "x"))
    with pytest.raises(InvalidRequest, match="cannot be read"):
        last_message('{"transcript_path": "/nowhere/at/all"}')


@pytest.mark.parametrize(
    ("most", "text"),
    [
        (100, "One two. Three four! Five six"),
        (25, "One two. Three four!"),
        (20, "One two. Three four!"),
        (19, "One two."),
        (7, "One"),
        (2, "On"),
    ],
)
def test_texts_are_cut_behind_a_sentence(most: int, text: str) -> None:
    assert shortened("One two. Three four! Five six", most) == text


def test_numbers_are_not_cut() -> None:
    assert shortened("It is 3.14 or so. And more.", 20) == "It is 3.14 or so."
