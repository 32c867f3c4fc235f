"""What changed in a panel's HTML, so that only that is sent: an answer changes a row and a dot."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

PanelChange: TypeAlias = list[str | tuple[int, int]]
"""The new lines in order: a line itself, or (begin, end) of lines that were there before."""

_BEFORE_MARKS = re.compile(r"\n|(?=<(?:circle|line|text|rect|polyline)\b)")


def in_lines(html: str) -> str:
    """The same with a line for each mark of a picture; rows of tables have theirs already."""
    return "\n".join(_BEFORE_MARKS.split(html))


def panel_change(before: str, after: str) -> PanelChange:
    """What makes `after` of `before`, both as `in_lines` gives them."""
    old, new = before.split("\n"), after.split("\n")
    change: PanelChange = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        change += [(i1, i2)] if tag == "equal" else new[j1:j2]
    return change


def changed(before: str, change: Sequence[str | tuple[int, int]]) -> str:
    """`after`, as the page makes it."""
    old, lines = before.split("\n"), list[str]()
    for part in change:
        lines += [part] if isinstance(part, str) else old[part[0] : part[1]]
    return "\n".join(lines)
