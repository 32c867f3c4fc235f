"""PDF by PDFium, page by page: lines joined to paragraphs, without page numbers and running heads.

PDFium is used by one thread at a time, so a document is read by the thread that opened it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

import pypdfium2

from onset.documents.document import Chapter, Document
from onset.errors import InvalidRequest

_HYPHEN = re.compile(r"(?<=\w)[\ufffe\x02\xad]\s*|(?<=[a-zß-ÿ])-\n(?=[a-zß-ÿ])")
"""A word broken at the end of a line: PDFium marks most of them."""

_BROKEN = re.compile(r"[\ufffe\x02](?:\r?\n)?")
"""Where PDFium has joined two lines at a hyphen: their lengths tell where a paragraph ends."""

_PAGE_NUMBER = re.compile(r"\W*(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,7})\W*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")

_SENTENCE_END = re.compile(r"[.!?:…。！？][\"”’')\]]*$")

SHORT_LINE = 0.75
"""Share of the longest line of a page, below which a line that ends a sentence ends a paragraph."""


def open_pdf(data: bytes, what: str) -> Document:
    """A document of a PDF, of which only the outline is read now.

    what: its name, for errors. Raises InvalidRequest for what is damaged or encrypted.
    """
    try:
        book = pypdfium2.PdfDocument(data)
        pages = len(book)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            message = f"{what} is encrypted. Remove its password first:"
            raise InvalidRequest(f"{message} qpdf --decrypt --password=...", "source") from error
        message = f"{what} cannot be read as a PDF: it is damaged or cut off."
        raise InvalidRequest(f"{message} Get the file again.", "source") from error
    outline = list(_outline(book, pages))
    bounds = sorted({0, *(page for page, _ in outline), pages})
    titles = dict(reversed(outline))  # of several on a page the first
    chapters = [
        Chapter(titles.get(begin), partial(_paragraphs, book, range(begin, end)))
        for begin, end in pairwise(bounds)
    ]
    told = book.get_metadata_dict(skip_empty=True)
    return Document(chapters, told.get("Title"), told.get("Author"))


def _outline(book: pypdfium2.PdfDocument, pages: int) -> Iterator[tuple[int, str]]:
    """(page, title) of the lines of the outline's first level, in the order of the pages."""
    found: list[tuple[int, str]] = []
    for bookmark in book.get_toc(max_depth=1):
        destination = bookmark.get_dest()
        page = None if destination is None else destination.get_index()
        if page is not None and 0 <= page < pages:
            found.append((page, " ".join(bookmark.get_title().split())))
    return iter(sorted(found, key=lambda line: line[0]))


def _paragraphs(book: pypdfium2.PdfDocument, pages: range) -> Iterator[str]:
    """The paragraphs of some pages; one that goes on over the page is whole."""
    open_lines: list[str] = []
    before: list[str] = []
    for number in pages:
        lines = _lines(book, number)
        body = _without_margins(lines, before)
        before = lines
        longest = max(map(len, body), default=0)
        for line in body:
            if not line:
                ended = bool(open_lines)
            else:
                open_lines.append(line)
                ended = len(line) < SHORT_LINE * longest and bool(_SENTENCE_END.search(line))
            if ended:
                yield joined_lines(open_lines)
                open_lines = []
        if open_lines and _SENTENCE_END.search(open_lines[-1]):
            yield joined_lines(open_lines)
            open_lines = []
    if open_lines:
        yield joined_lines(open_lines)


def _lines(book: pypdfium2.PdfDocument, number: int) -> list[str]:
    """The lines of a page."""
    try:
        page = book[number]
        text = page.get_textpage()
        lines = _BROKEN.sub("\x02\n", text.get_text_bounded()).splitlines()
        text.close()
        page.close()
    except pypdfium2.PdfiumError as error:
        raise InvalidRequest(f"Page {number + 1} of the PDF is damaged.", "source") from error
    return [line.strip() for line in lines]


def _without_margins(lines: Sequence[str], before: Sequence[str]) -> list[str]:
    """A page without its number and without the head and foot that the page before has too."""
    written = [line for line in before if line]
    ends = {_DIGITS.sub("#", line) for line in (written[:1] + written[-1:])}
    kept = list(lines)
    for edge in (0, -1):
        while kept and not kept[edge]:
            kept.pop(edge)
        if kept and (_PAGE_NUMBER.fullmatch(kept[edge]) or _DIGITS.sub("#", kept[edge]) in ends):
            kept.pop(edge)
    return kept


def joined_lines(lines: Sequence[str]) -> str:
    """The lines of a paragraph as one, with words that were broken at a line's end whole."""
    return " ".join(_HYPHEN.sub("", "\n".join(lines)).split())
