"""HTML as blocks of text: what is shown as a paragraph, a heading, a list item or a table's row.

What is not for reading is left out: scripts, hidden elements, ruby glosses, marks of footnotes; of
a web page also its navigation and what stands around the article.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import Any

from lxml import etree
from lxml import html as html_parser

SILENT = frozenset(
    "script style template head svg math iframe object audio video canvas select button input "
    "textarea rt rp noscript img map".split()
)
"""Elements of which nothing is read."""

BESIDE = frozenset("nav aside form dialog menu".split())
"""Elements of a web page that stand beside what it is about, wherever they are."""

AROUND = BESIDE | {"header", "footer"}
"""Those of a page that has no article; the header of an article has its title."""

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q ruby rb s "
    "samp small span strike strong sub sup time tt u var wbr".split()
)
"""Elements within a line; all others begin and end a block."""

HEADINGS = {f"h{level}": level for level in range(1, 7)}

NOTE_MARKS = frozenset({"noteref", "doc-noteref"})
"""Kinds of links (EPUB 3 `epub:type`, ARIA `role`) that are the mark of a footnote."""

_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")


@dataclass(frozen=True, slots=True)
class Block:
    """Text that is shown as one. level: of a heading, 1 to 6; None for anything else.

    ids: of elements that begin at or before it, and behind the block before it.
    """

    text: str
    level: int | None = None
    ids: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    """Where the walk is: what was collected of the block that is open."""

    left_out: frozenset[str]
    text: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    level: int | None = None
    kept: int = 0
    """Depth of elements whose white space is kept."""

    def block(self) -> Iterator[Block]:
        """Close the block that is open, if there is anything in it."""
        text = "".join(self.text)
        lines = (" ".join(line.split()) for line in text.split("\n"))
        joined = "\n".join(line for line in lines if line)
        self.text.clear()
        if joined:
            yield Block(joined, self.level, tuple(self.ids))
            self.ids.clear()

    def name(self, element: Any) -> None:
        """Note what links call an element."""
        if identity := element.get("id") or element.get("name"):
            self.ids.append(identity)

    def add(self, text: str | None) -> None:
        if text:
            self.text.append(text if self.kept else re.sub(r"\s+", " ", text))


def parse_html(data: bytes | str) -> Any:
    """The tree of an HTML page, however it is written; None if there is nothing in it."""
    encoding = "utf-8" if isinstance(data, str) else _encoding(data)
    data = data.encode() if isinstance(data, str) else data
    parser = html_parser.HTMLParser(encoding=encoding, remove_comments=True, remove_pis=True)
    try:
        return html_parser.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):  # it is empty
        return None


def parse_xhtml(data: bytes) -> Any:
    """The tree of a document of a book: as XML, or as HTML where it is not well-formed.

    An empty `<script/>` ends at once in XML, and swallows all that follows in HTML.
    """
    try:
        return etree.fromstring(_without_entities(data), xml_parser())
    except (etree.XMLSyntaxError, ValueError):
        return parse_html(data)


def xml_parser() -> etree.XMLParser:
    """A parser that asks no network, loads no file and expands no entities."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )


def blocks(root: Any, left_out: frozenset[str] = frozenset()) -> Iterator[Block]:
    """The blocks below an element, in the order of the document. left_out: names of elements."""
    walk = _Walk(SILENT | left_out)
    # Elements are entered and left; a stack, since hostile documents nest deeper than Python.
    stack: list[tuple[Any, bool]] = [(root, True)]
    while stack:
        element, entering = stack.pop()
        name = local_name(element)
        if not entering:
            yield from _leave(walk, name)
            walk.add(element.tail if element is not root else None)
        elif _silent(element, name, walk.left_out):
            walk.name(element)
            walk.add(element.tail if element is not root else None)
        else:
            yield from _enter(walk, element, name)
            stack.append((element, False))
            stack += [(child, True) for child in reversed(element)]
    yield from walk.block()


def _enter(walk: _Walk, element: Any, name: str) -> Iterator[Block]:
    if name in ("td", "th"):
        if "".join(walk.text).strip():
            walk.text.append(", ")
    elif name == "br":
        walk.text.append("\n")
    elif name not in INLINE:
        yield from walk.block()
        walk.level = HEADINGS.get(name)
    walk.name(element)
    walk.kept += name == "pre"
    walk.add(element.text)


def _leave(walk: _Walk, name: str) -> Iterator[Block]:
    walk.kept -= name == "pre"
    if name not in INLINE and name not in ("td", "th", "br"):
        yield from walk.block()
        walk.level = None


def _silent(element: Any, name: str, left_out: frozenset[str]) -> bool:
    if not name or name in left_out:
        return True
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    kinds = f"{element.get('role')} {element.get('{http://www.idpf.org/2007/ops}type')}".split()
    return not NOTE_MARKS.isdisjoint(kinds)


def article_blocks(root: Any) -> Iterator[Block]:
    """The blocks of what a web page is about: its one `article`, its `main`, or its `body`."""
    for path in (".//article", ".//main", ".//*[@role='main']"):
        found = root.findall(path)
        if len(found) == 1:
            return blocks(found[0], BESIDE)
    return blocks(root.find("body") if root.find("body") is not None else root, AROUND)


def local_name(element: Any) -> str:
    """An element's name without its namespace, in lower case; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _encoding(data: bytes) -> str | None:
    """As a byte order mark, the XML declaration or a `meta` says; UTF-8 where the bytes are that.

    None: left to the parser.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    told = re.search(rb"(?:encoding|charset)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", data[:2048])
    try:
        data.decode()
    except UnicodeDecodeError:
        return told[1].decode() if told and _known(told[1].decode()) else None
    return "utf-8"


def _known(encoding: str) -> bool:
    try:
        "".encode(encoding)
    except LookupError:
        return False
    return True


def _without_entities(data: bytes) -> bytes:
    """HTML's named characters as numbers, which XML knows without a document type."""

    def number(match: re.Match[str]) -> str:
        characters = html5.get(f"{match[1]};")
        if characters is None or match[1] in _PREDEFINED:
            return match[0]
        return "".join(f"&#{ord(character)};" for character in characters)

    # Latin-1 keeps every byte as it is: the declaration still tells the encoding.
    return _ENTITY.sub(number, data.decode("latin-1")).encode("latin-1")
