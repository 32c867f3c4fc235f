"""What is said for single characters and keys, and for marks and capitals inside a text."""

import re
import tomllib
from importlib import resources
from typing import Any

from onset.screen_reader.speech_settings import LEVELS

_TABLES: dict[str, dict[str, Any]] = tomllib.loads(
    (resources.files("onset") / "data" / "signs.toml").read_text("utf-8")
)
SIGNS, BLANKS, KEYS = (_TABLES[name] for name in ("signs", "blanks", "keys"))

LETTER = re.compile(r"[A-Za-z]")
CAPITAL_WORD = re.compile(r"(?<!\w)(?=[^\W\d_])\w+")

CAPITAL = "capital"
"""Said before a letter that is one, where that is asked for."""

PREPARED = "abcdefghijklmnopqrstuvwxyz0123456789 .,-"
"""Characters whose speech is made before anybody asks: those that are typed most."""


PREPARED_KEYS = ("Return", "Tab", "BackSpace", "Delete", "Escape", "Up", "Down", "Left", "Right")
"""Keys likewise."""


def said_character(character: str, capitals: str = "none") -> str:
    """What is spoken for one character. capitals: `spell` has them told."""
    if character in BLANKS:
        return str(BLANKS[character])
    if character in SIGNS:
        return str(SIGNS[character]["name"])
    # With a full stop it is read as a letter, never as the article "a".
    name = f"{character.upper()}." if LETTER.fullmatch(character) else character
    upper = character.isupper() and len(character) == 1
    return f"{CAPITAL} {name}" if upper and capitals != "none" else name


def said_key(key: str) -> str:
    """What is spoken for a key of speech-dispatcher, such as `a`, `control_a`, `kp-enter`."""
    parts = [key] if len(key) == 1 else key.split("_")
    return " ".join(_said_part(part) for part in parts if part)


def _said_part(part: str) -> str:
    if len(part) == 1:
        return said_character(part)
    name = KEYS.get(part.lower())
    return str(name) if name else part.replace("-", " ").strip() or part


def with_signs(text: str, level: str) -> str:
    """A text in which the names of marks are spoken, from a level of punctuation on."""
    if level == LEVELS[0]:
        return text
    spoken = {sign for sign, row in SIGNS.items() if LEVELS.index(row["level"]) <= _rank(level)}
    return "".join(f" {SIGNS[c]['name']}{c} " if c in spoken else c for c in text)


def _rank(level: str) -> int:
    return LEVELS.index(level)


def with_capitals(text: str) -> str:
    """A text in which every word with a capital at its beginning is announced."""
    return CAPITAL_WORD.sub(
        lambda word: f"{CAPITAL} {word[0]}" if word[0][0].isupper() else word[0], text
    )


def spelled(text: str, capitals: str) -> str:
    """A text character by character."""
    return ", ".join(said_character(c, capitals) for c in text if not c.isspace() or c == " ")
