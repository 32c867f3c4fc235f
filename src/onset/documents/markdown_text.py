"""Markdown (CommonMark and tables): sections are found line by line, and read when spoken.

How it is read aloud is `text/markup`'s: blocks of code are announced, cells of a table are read
behind their headings. That takes seconds of a long book, so it is done part by part.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from onset.documents.document import Chapter, Document
from onset.documents.headings import chapter_level, document_title
from onset.documents.plain_text import decoded_text
from onset.text.markup.markdown_reading import spoken_markdown

PART = 20_000
"""Characters from which on a section is read in parts, cut at empty lines: 50 ms each."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n^][^\]\n]*\]:[ \t]*\S.*$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"---\n(.*?)\n(?:---|\.\.\.)\n", re.DOTALL)
_FRONT_FIELD = r"^{}[ \t]*:[ \t]*[\"']?(.+?)[\"']?[ \t]*$"


@dataclass(frozen=True, slots=True)
class _Heading:
    line: int
    level: int
    text: str


def open_markdown(data: bytes, what: str, lang: str) -> Document:
    """A document of a Markdown file; its front matter is not read. what: its name, for errors."""
    text = decoded_text(data, what)
    front = _FRONT_MATTER.match(text)
    lines = text[front.end() if front else 0 :].split("\n")
    headings = list(_headings(lines, lang))
    level = chapter_level(heading.level for heading in headings)
    starts = {heading.line: heading.text for heading in headings if heading.level == level}
    bounds = sorted({0, *starts, len(lines)})
    definitions = "\n".join(_DEFINITION.findall(text))
    chapters = [
        Chapter(starts.get(begin), partial(_paragraphs, lines[begin:end], definitions, lang))
        for begin, end in zip(bounds, bounds[1:], strict=False)
        if any(line.strip() for line in lines[begin:end])
    ]
    shown = document_title([(heading.level, heading.text) for heading in headings])
    return Document(chapters, _field(front, "title") or shown, _field(front, "author"))


def _field(front: re.Match[str] | None, name: str) -> str | None:
    found = front and re.search(_FRONT_FIELD.format(name), front[1], re.MULTILINE)
    return found[1] if found else None


def _headings(lines: list[str], lang: str) -> Iterator[_Heading]:
    """The headings that stand outside of code."""
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif mark:
            fence = mark[1]
        elif atx := _ATX.match(line):
            yield _Heading(number, len(atx[1]), _plain(line, lang))
        elif number and (under := _SETEXT.match(line)) and _paragraph_line(lines[number - 1]):
            level = 1 if under[1][0] == "=" else 2
            yield _Heading(number - 1, level, _plain(lines[number - 1], lang))


def _paragraph_line(line: str) -> bool:
    """Whether a line can be underlined: it is text, and no list, quotation, heading or table."""
    return bool(re.match(r" {0,3}[^\s#>|+*-]", line)) and not _SETEXT.match(line)


def _plain(line: str, lang: str) -> str:
    """A heading's text without marks of emphasis, code and links."""
    return spoken_markdown(line, lang).removesuffix(".")


def _paragraphs(lines: list[str], definitions: str, lang: str) -> Iterator[str]:
    for part in _parts(lines):
        yield from spoken_markdown(f"{part}\n\n{definitions}\n", lang).split("\n\n")


def _parts(lines: list[str]) -> Iterator[str]:
    """A section in parts that are read alone, cut at empty lines outside of code."""
    part: list[str] = []
    size, fence = 0, ""
    for line in lines:
        mark = _FENCE.match(line)
        if mark and (not fence or (mark[1].startswith(fence) and not line.strip(" `~"))):
            fence = "" if fence else mark[1]
        part.append(line)
        size += len(line)
        if size > PART and not fence and not line.strip():
            yield "\n".join(part)
            part, size = [], 0
    yield "\n".join(part)
