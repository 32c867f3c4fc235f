"""Plain text: its encoding, its paragraphs and its chapters."""

import pytest

from onset.documents.document import Document
from onset.documents.plain_text import decoded_text, open_plain_text
from onset.errors import InvalidRequest


def chapters(document: Document) -> list[tuple[str | None, list[str]]]:
    return [(chapter.title, list(chapter.paragraphs())) for chapter in document.chapters]


def test_chapters_are_lines_that_stand_alone() -> None:
    text = (
        "Before\nit.\n\nCHAPTER I\n\nIt was.\n \nTwo.\n\nChapter 2 of it was long\nand went on.\n"
    )
    assert chapters(open_plain_text(text.encode(), "a.txt")) == [
        (None, ["Before\nit."]),
        ("CHAPTER I", ["CHAPTER I", "It was.", "Two.", "Chapter 2 of it was long\nand went on."]),
    ]


def test_an_empty_text_has_no_chapters() -> None:
    assert open_plain_text(b" \n\n ", "a.txt").chapters == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read(encoding: str) -> None:
    assert decoded_text("Größe\r\nzwei".encode(encoding), "a.txt") == "Größe\nzwei"


@pytest.mark.parametrize(("data", "told"), [(b"caf\xe9 au", "0xe9 at offset 3"), (b"a\0b", "zero")])
def test_what_is_no_text_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        decoded_text(data, "a.txt")
