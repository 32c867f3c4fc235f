"""The full stop of an abbreviation: it is dropped, but where it also ends a sentence."""

import re

from onset.text.rewrite_rules import Match
from onset.text.word_tables import table

_STARTERS = frozenset(table("english")["starters"].split())
_NEXT = re.compile(r"\s+[\"“(]?([A-Z]\w*)")


def kept_stop(match: Match, abbreviated: bool = True) -> str:
    """The full stop that `match` ends with, if a sentence ends there; else "".

    abbreviated: whether it may belong to an abbreviation at all.
    """
    if not match[0].endswith("."):
        return ""
    behind = match.string[match.end() :]
    following = _NEXT.match(behind)
    ends = not behind.strip() or (following is not None and following[1].lower() in _STARTERS)
    return "." * (ends or not abbreviated)
