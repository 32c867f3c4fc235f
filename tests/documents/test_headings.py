"""Chapters and titles by headings."""

import pytest

from onset.documents.headings import chapter_level, document_title, open_html


@pytest.mark.parametrize(
    ("levels", "level"), [([], None), ([1, 2, 2], 2), ([1, 1, 2, 2], 1), ([1, 2, 3], None)]
)
def test_the_highest_level_that_occurs_twice_begins_chapters(
    levels: list[int], level: int | None
) -> None:
    assert chapter_level(levels) == level


def test_a_title_stands_first_and_alone() -> None:
    assert document_title([(1, "Top"), (2, "One")]) == "Top"
    assert document_title([(1, "One"), (1, "Two")]) is None
    assert document_title([]) is None


def test_a_page_in_chapters() -> None:
    page = "<title>T</title><h1>Top</h1><p>a<h2>One</h2>b<h2>Two</h2><h3>x</h3>"
    document = open_html(page.encode())
    assert document.title == "Top"
    found = [(chapter.title, list(chapter.paragraphs())) for chapter in document.chapters]
    assert found == [(None, ["Top", "a"]), ("One", ["One", "b"]), ("Two", ["Two", "x"])]


def test_an_empty_page_has_no_chapters() -> None:
    assert open_html(b"").chapters == []
