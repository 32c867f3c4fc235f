"""A document: its chapters, and the paragraphs of each, which are found when they are asked for."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

LONGEST_PIECE = 2000
"""Characters of a paragraph spoken at once: two minutes. A longer one is cut behind a sentence, so
that a text without paragraphs is begun as soon as any other, and is held in memory by pieces."""

NO_TEXT = "There is no text in it. A scanned PDF needs its text recognised first: ocrmypdf IN OUT"
"""What is told of a document in which nothing was found to read."""

_SENTENCE_END = re.compile(r"[.!?…]+[\"”’')\]]*\s+|[。！？।]+[」』”’）]*")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a document that has a place in its table of contents.

    title: None where the document gives none. read: its paragraphs from the first one on, as often
    as it is called; raises InvalidRequest where the document is damaged.
    """

    title: str | None
    read: Callable[[], Iterator[str]]

    def paragraphs(self) -> Iterator[str]:
        """Its paragraphs, none empty, long ones in pieces of LONGEST_PIECE characters at most."""
        for paragraph in self.read():
            yield from pieces(paragraph)


@dataclass(frozen=True, slots=True)
class Document:
    """What can be read aloud. title, author: as it says, None where it does not.

    cover: a JPEG or PNG file, None if there is none.
    """

    chapters: Sequence[Chapter]
    title: str | None = None
    author: str | None = None
    cover: bytes | None = None


def pieces(paragraph: str) -> Iterator[str]:
    """A paragraph in pieces, cut behind a sentence, else behind a word, else anywhere."""
    rest = paragraph.strip()
    while len(rest) > LONGEST_PIECE:
        window = rest[:LONGEST_PIECE]
        ends = [match.end() for match in _SENTENCE_END.finditer(window)]
        cut = ends[-1] if ends else window.rfind(" ") + 1 or LONGEST_PIECE
        yield rest[:cut].strip()
        rest = rest[cut:].lstrip()
    if rest:
        yield rest
