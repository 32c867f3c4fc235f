"""Chapters as a person writes them."""

import pytest

from onset.cli.reading.chapter_selection import chapter_lines, selected
from onset.documents.document import Chapter
from onset.errors import InvalidRequest

CHAPTERS = [Chapter(title, lambda: iter(())) for title in ("One", None, "Three", "Four")]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [(None, [1, 2, 3, 4]), ("2", [2]), ("3-, 1", [1, 3, 4]), ("1-2,2-3", [1, 2, 3])],
)
def test_numbers_and_ranges(wanted: str | None, numbers: list[int]) -> None:
    assert [number for number, _ in selected(CHAPTERS, wanted)] == numbers


@pytest.mark.parametrize("wanted", ["", "x", "0", "5", "3-2", "1,,2", "-2"])
def test_what_names_no_chapter_is_refused(wanted: str) -> None:
    with pytest.raises(InvalidRequest, match=r"as 1,3-5,8-|the document has 4. List them"):
        selected(CHAPTERS, wanted)


def test_a_document_without_text_is_told() -> None:
    with pytest.raises(InvalidRequest, match="no text"):
        selected([], None)


def test_a_line_for_each() -> None:
    assert chapter_lines(CHAPTERS[:2]) == ["   1  One", "   2  Part 2"]
