"""Chapters and titles by headings: of a web page or a Markdown file."""

from collections import Counter
from collections.abc import Iterable, Sequence


def chapter_level(levels: Iterable[int]) -> int | None:
    """The level of headings that begin chapters: the highest that occurs twice; None if none."""
    counts = Counter(levels)
    return min((level for level, count in counts.items() if count > 1), default=None)


def document_title(headings: Sequence[tuple[int, str]]) -> str | None:
    """The text of the first heading, if none is above it and none beside it."""
    if not headings:
        return None
    first, text = headings[0]
    return text if [level for level, _ in headings if level <= first] == [first] else None
