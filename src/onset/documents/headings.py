"""Chapters by headings: of a web page or a Markdown file."""

from collections import Counter
from collections.abc import Iterable, Sequence

from onset.documents.document import Chapter, Document
from onset.documents.html_blocks import Block, article_blocks, parse_html


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
