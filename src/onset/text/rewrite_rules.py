"""Rewrite rules: regular expressions with what is said instead, read in the order of their list.

In a list a more particular form stands before a more general one.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

Match: TypeAlias = re.Match[str]
Replacement: TypeAlias = str | Callable[[Match], str]
Rules: TypeAlias = list[tuple[re.Pattern[str], Replacement]]

URL = r"(?i)(?:\b[a-z][a-z0-9+]{1,9}://|\bwww\.)[^\s<>\"“”()\[\]{}|]+"
MAIL = r"[\w.+-]+@[\w-]+\.[\w.-]*\w"

EXPLICIT = r"\[[^\[\]]{1,200}\]\(/[^/()\[\]]{1,200}/\)"
"""A word with its pronunciation, `[Kokoro](/kˈOkəɹO/)`: the notation of misaki."""


def compiled(rules: Iterable[tuple[str, Replacement]]) -> Rules:
    """Rules from patterns as text."""
    return [(re.compile(pattern), replacement) for pattern, replacement in rules]


def alternatives(keys: Iterable[str]) -> str:
    """A pattern for any of `keys`; a longer one is tried before one that it begins with."""
    return "|".join(map(re.escape, sorted(keys, key=len, reverse=True)))


def rewrite(rules: Rules, text: str) -> str:
    """The text with every rule applied."""
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def spoken_address(match: Match, names: Mapping[str, str]) -> str:
    """A web or mail address as it is dictated, its marks by `names`; "://" is not said."""
    text = match[0].replace("://", " ")
    body = text.rstrip(".:?-")  # the marks of the sentence
    marks = f"[{re.escape(''.join(names))}]"
    return re.sub(marks, lambda m: f" {names[m[0]]} ", body) + text[len(body) :]


def is_date(day: int, month: int) -> bool:
    """Whether there may be such a day."""
    return 1 <= day <= 31 and 1 <= month <= 12
