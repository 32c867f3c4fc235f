"""Which chapters of a document are meant, as a person writes it: 2, 3-5, 7-."""

import re
from collections.abc import Sequence

from onset.documents.document import Chapter
from onset.errors import InvalidRequest

_RANGE = re.compile(r"\s*(\d+)\s*(?:(-)\s*(\d*))?\s*")


def selected(chapters: Sequence[Chapter], wanted: str | None) -> list[tuple[int, Chapter]]:
    """(number from 1, chapter) of those that are wanted, in the order of the document.

    wanted: numbers and ranges with commas between them; None means all. Raises InvalidRequest.
    """
    if not chapters:
        raise InvalidRequest("There is no text in the document.", "source")
    if wanted is None:
        return list(enumerate(chapters, 1))
    numbers = {number for part in wanted.split(",") for number in _numbers(part, len(chapters))}
    return [(number, chapters[number - 1]) for number in sorted(numbers)]


def _numbers(part: str, count: int) -> range:
    match = _RANGE.fullmatch(part)
    if match is None:
        message = f"{part.strip()!r} names no chapter. Write numbers and ranges, as 1,3-5,8-."
        raise InvalidRequest(message, "chapters")
    first = int(match[1])
    last = first if match[2] is None else int(match[3] or count)
    if not 1 <= first <= last <= count:
        message = f"There is no chapter {part.strip()}: the document has {count}."
        raise InvalidRequest(f"{message} List them with --list.", "chapters")
    return range(first, last + 1)


def chapter_lines(chapters: Sequence[Chapter]) -> list[str]:
    """A line for each chapter: its number and its title."""
    return [f"{number:>4}  {name(number, chapter)}" for number, chapter in enumerate(chapters, 1)]


def name(number: int, chapter: Chapter) -> str:
    """What to call a chapter that may have no title."""
    return chapter.title or f"Part {number}"
