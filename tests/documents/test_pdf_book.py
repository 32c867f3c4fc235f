"""PDF: lines become paragraphs, pages become chapters, damage and locks are told."""

import pytest

from onset.documents.pdf_book import joined_lines, open_pdf
from onset.errors import InvalidRequest
from written_documents import pdf

PAGES = [
    ["The Book", "This is a long line which goes on until it breaks in the middle of an ex-"]
    + ["ample, and then it ends.", "A paragraph which goes on over the page, as many do in books,"]
    + ["7"],
    ["The Book", "until it ends.", "8"],
    ["The Book", "The last one.", "9"],
]


def test_lines_become_paragraphs() -> None:
    document = open_pdf(pdf(PAGES, [(0, "Start"), (2, "End")]), "b.pdf")
    assert [(c.title, list(c.paragraphs())) for c in document.chapters] == [
        (
            "Start",
            [
                "The Book This is a long line which goes on until it breaks in the middle of an "
                "example, and then it ends.",
                "A paragraph which goes on over the page, as many do in books, until it ends.",
            ],
        ),
        ("End", ["The Book The last one."]),
    ]


def test_without_an_outline_it_is_one_chapter() -> None:
    (chapter,) = open_pdf(pdf(PAGES), "b.pdf").chapters
    assert (chapter.title, list(chapter.paragraphs())[-1]) == (None, "The last one.")


def test_a_page_without_text_gives_nothing() -> None:
    assert list(open_pdf(pdf([[]]), "b.pdf").chapters[0].paragraphs()) == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (pdf(PAGES, encrypted=True), "encrypted. Remove its password first: qpdf --decrypt"),
        (b"%PDF-1.4 and nothing more", "damaged or cut off"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(data: bytes, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        open_pdf(data, "b.pdf")


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["an ex-", "ample"], "an example"),
        (["an ex\x02", "ample"], "an example"),
        (["the X-", "ray"], "the X- ray"),
        (["pages 3-", "4"], "pages 3- 4"),
        (["one", "two"], "one two"),
    ],
)
def test_broken_words_are_whole(lines: list[str], joined: str) -> None:
    assert joined_lines(lines) == joined
