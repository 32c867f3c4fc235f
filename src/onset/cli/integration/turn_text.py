"""What a coding agent said last, from what it hands to the command that it runs after a turn.

Agents hand over JSON: Claude Code (hook "Stop", on standard input), Codex (`notify`, as the last
argument). Nothing of it is kept.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onset.errors import InvalidRequest

MESSAGE_FIELDS = ("last_assistant_message", "last-assistant-message")
"""Where the message itself is: of Claude Code, and of Codex. Older versions of the first only name
their transcript."""

LARGEST_TAIL = 4 << 20
"""Bytes from the end of a transcript among which the last message is looked for."""

LARGEST_EVENT = 8 << 20
"""Characters of what is handed over."""

END = re.compile(r"(?<=[.!?:。！？])[\"”')\]]*(?=\s)|\n")
"""Where a text may be cut: behind a sentence, at a line's end."""


def last_message(event: str) -> str:
    """The agent's last message. Raises InvalidRequest if there is none that we understand."""
    if len(event) > LARGEST_EVENT:
        raise InvalidRequest("What the agent hands over is too long.", "event")
    try:
        told = json.loads(event)
    except ValueError as error:
        raise InvalidRequest("What the agent hands over is no JSON.", "event") from error
    if not isinstance(told, dict):
        raise InvalidRequest("What the agent hands over is no JSON object.", "event")
    for name in MESSAGE_FIELDS:
        if isinstance(message := told.get(name), str) and message.strip():
            return message
    if isinstance(path := told.get("transcript_path"), str):
        return last_of_transcript(Path(path).expanduser())
    known = ", ".join((*MESSAGE_FIELDS, "transcript_path"))
    raise InvalidRequest(f"The agent hands over no message. Known fields: {known}.", "event")


def last_of_transcript(path: Path) -> str:
    """The texts of the last message in a transcript of Claude Code, a JSON object a line.

    Raises InvalidRequest.
    """
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LARGEST_TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise InvalidRequest(f"The transcript cannot be read: {error.strerror}.") from error
    texts = list[str]()
    for entry in _entries(reversed(lines)):
        if entry.get("type") == "user" and texts:
            break
        texts[:0] = _texts(entry)
        if texts:
            break
    if not texts:
        raise InvalidRequest("There is no message in the transcript.", "transcript_path")
    return "\n\n".join(texts)


def _entries(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The objects in some lines; a line that is cut off is passed over."""
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _texts(entry: dict[str, Any]) -> list[str]:
    """What the agent said in an entry: not what it thought, nor the tools it used."""
    message = entry.get("message")
    if entry.get("type") != "assistant" or not isinstance(message, dict):
        return []
    content = message.get("content")
    if isinstance(content, str):
        return [content] if content.strip() else []
    blocks = content if isinstance(content, list) else []
    return [
        block["text"]
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "text" and block.get("text", "").strip()
    ]


def shortened(text: str, most: int) -> str:
    """A text cut at the end of the last sentence within `most` characters, or of a word if the
    first sentence is longer."""
    if len(text) <= most:
        return text
    ends = [match.end() for match in END.finditer(text, 0, most + 1) if match.end() <= most]
    end = ends[-1] if ends else text.rfind(" ", 0, most + 1)
    return text[: end if end > 0 else most].rstrip()
