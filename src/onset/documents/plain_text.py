"""Plain text: paragraphs between empty lines, chapters at lines that say that they are one."""

import re
from collections.abc import Iterator
from functools import partial

from onset.documents.document import Chapter, Document
from onset.errors import InvalidRequest

_PARAGRAPH = re.compile(r"\S.*?(?=\n[^\S\n]*\n|\Z)", re.DOTALL)

_CHAPTER_LINE = re.compile(
    r"^(?=.{1,60}$)(?:chapter|part|book|kapitel|chapitre|cap[ií]tulo|capitolo)\s+"
    r"(?:\d+|[ivxlcdm]+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b.*$"
    r"|^(?:prologue|epilogue|preface|foreword|introduction|afterword|appendix)\.?$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line of its own that names a chapter, by the words that books use."""


def decoded_text(data: bytes, what: str) -> str:
    """UTF-8, or UTF-16 behind its byte order mark. Raises InvalidRequest for anything else."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{error.object[error.start]:02x} at offset {error.start}"
        hint = "Convert it: iconv -f latin1 -t utf-8"
        raise InvalidRequest(f"{what} is not UTF-8: {byte}. {hint}", "source") from error
    if "\0" in text:
        raise InvalidRequest(f"{what} is no text: it has zero bytes in it.", "source")
    return re.sub(r"\r\n?", "\n", text)


def open_plain_text(data: bytes, what: str) -> Document:
    """A document of a text. what: its name, for errors."""
    text = decoded_text(data, what)
    starts = [match for match in _CHAPTER_LINE.finditer(text) if _stands_alone(text, match)]
    bounds = [0, *(match.start() for match in starts), len(text)]
    titles = [None, *(match[0].strip() for match in starts)]
    chapters = [
        Chapter(title, partial(_paragraphs, text, begin, end))
        for title, begin, end in zip(titles, bounds, bounds[1:], strict=False)
        if text[begin:end].strip()
    ]
    return Document(chapters)


def _paragraphs(text: str, begin: int, end: int) -> Iterator[str]:
    return (match[0] for match in _PARAGRAPH.finditer(text, begin, end))


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Whether the lines before and behind a line are empty, or not there."""
    begin, end = match.span()
    before = text[max(0, begin - 200) : begin].removesuffix("\n").rpartition("\n")[2]
    behind = text[end : end + 200].removeprefix("\n").partition("\n")[0]
    return not before.strip() and not behind.strip()
