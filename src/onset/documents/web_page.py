"""Web pages: the article in chapters by its headings."""

from collections.abc import Sequence

from onset.documents.document import Chapter, Document
from onset.documents.headings import chapter_level, document_title
from onset.documents.html_blocks import Block, article_blocks, parse_html


def open_html(data: bytes) -> Document:
    """A document of a web page, of which only the article is read."""
    root = parse_html(data)
    if root is None:
        return Document([])
    found = list(article_blocks(root))
    headings = [(block.level, block.text) for block in found if block.level is not None]
    named = (root.findtext(".//title") or "").split()
    author = root.find(".//meta[@name='author']")
    return Document(
        _chapters(found, chapter_level(level for level, _ in headings)),
        title=document_title(headings) or " ".join(named) or None,
        author=None if author is None else author.get("content"),
    )


def _chapters(found: Sequence[Block], level: int | None) -> list[Chapter]:
    starts = [n for n, block in enumerate(found) if level is not None and block.level == level]
    bounds = sorted({0, *starts, len(found)})
    return [
        _chapter(found[begin:end], begin in starts)
        for begin, end in zip(bounds, bounds[1:], strict=False)
    ]


def _chapter(found: Sequence[Block], titled: bool) -> Chapter:
    texts = [block.text for block in found]
    return Chapter(texts[0] if titled else None, lambda: iter(texts))
