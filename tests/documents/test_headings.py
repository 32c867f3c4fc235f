"""Chapters and titles by headings."""

import subprocess
import sys

import pytest

from onset.documents.headings import chapter_level, document_title


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


def test_markdown_needs_no_library_of_html() -> None:
    code = "import sys, onset.documents.markdown_text; assert 'lxml' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
