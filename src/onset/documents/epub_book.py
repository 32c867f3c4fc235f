"""EPUB 2 and 3: a zip of XHTML documents, their order (the spine) and a table of contents."""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

from lxml import etree

from onset.documents.document import Chapter, Document
from onset.documents.html_blocks import Block, blocks, local_name, parse_xhtml, xml_parser
from onset.errors import InvalidRequest

LARGEST_MEMBER = 32 << 20
"""Bytes of one document of a book, unpacked: ten times the longest novel. A zip of a few kilobytes
can hold gigabytes."""

LARGEST_BOOK = 256 << 20
"""Bytes of all documents of a book, unpacked."""

MOST_MEMBERS = 50_000
"""Files in a book: they are listed before anything is read."""

OBFUSCATIONS = (
    "http://www.idpf.org/2008/embedding",
    "http://ns.adobe.com/pdf/enc#RC",
)
"""Ways to obfuscate a font (EPUB 3.3, 4.4): all others encrypt the text."""

DC = "{http://purl.org/dc/elements/1.1/}"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the table of contents. place: of its document in the spine."""

    place: int
    fragment: str
    title: str


@dataclass(slots=True)
class _Archive:
    """The zip file, read with limits. Raises InvalidRequest for what it does not hold."""

    zipped: zipfile.ZipFile
    what: str
    names: frozenset[str] = field(init=False)
    _walked: tuple[str, list[Block]] = ("", [])
    """The document that was read last: chapters often share one."""

    def __post_init__(self) -> None:
        self.names = frozenset(self.zipped.namelist())
        if len(self.names) > MOST_MEMBERS:
            raise self.damaged(f"it has {len(self.names)} files in it")

    def damaged(self, why: str) -> InvalidRequest:
        return InvalidRequest(
            f"{self.what} cannot be read as an EPUB: {why}. Get the book again, or open and save "
            "it in an e-book editor such as Sigil or Calibre.",
            "source",
        )

    def read(self, name: str) -> bytes:
        """A file of the book, unpacked."""
        try:
            with self.zipped.open(name) as member:
                data = member.read(LARGEST_MEMBER + 1)
        except KeyError as error:
            raise self.damaged(f"there is no {name!r} in it") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise self.damaged(f"{name!r} in it is damaged") from error
        except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed unusually
            raise self.damaged(f"{name!r} in it cannot be unpacked") from error
        if len(data) > LARGEST_MEMBER:
            raise self.damaged(f"{name!r} in it has more than {LARGEST_MEMBER >> 20} MB")
        return data

    def blocks(self, name: str) -> list[Block]:
        """The blocks of a document of the book."""
        if self._walked[0] != name:
            root = parse_xhtml(self.read(name))
            found = () if root is None else (e for e in root.iter() if local_name(e) == "body")
            body = next(iter(found), root)
            self._walked = name, [] if body is None else list(blocks(body))
        return self._walked[1]

    def xml(self, name: str) -> Any:
        """The tree of an XML file of the book."""
        try:
            return etree.fromstring(self.read(name), xml_parser())
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self.damaged(f"{name!r} in it is no XML") from error


def open_epub(data: bytes, what: str) -> Document:
    """A document of a book, of which only the table of contents is read now.

    what: its name, for errors. Raises InvalidRequest for what is no EPUB, is damaged or protected.
    """
    try:
        zipped = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        message = f"{what} cannot be read as an EPUB: it is no zip file, or is cut off."
        raise InvalidRequest(f"{message} Get the book again.", "source") from error
    archive = _Archive(zipped, what)
    _refuse_protected(archive)
    container = archive.xml("META-INF/container.xml")
    rootfile = next((e for e in container.iter() if local_name(e) == "rootfile"), None)
    package_name = "" if rootfile is None else rootfile.get("full-path", "")
    package = archive.xml(package_name)
    items = _manifest(package, package_name)
    spine = _spine(archive, package, items)
    return Document(
        _chapters(archive, spine, _contents(archive, package, items, spine)),
        title=_metadata(package, "title"),
        author=_metadata(package, "creator"),
        cover=_cover(archive, package, items),
    )


def _refuse_protected(archive: _Archive) -> None:
    """Raise InvalidRequest where more than fonts is encrypted (DRM)."""
    if "META-INF/encryption.xml" not in archive.names:
        return
    methods = [
        element.get("Algorithm")
        for element in archive.xml("META-INF/encryption.xml").iter()
        if local_name(element) == "encryptionmethod"
        and local_name(element.getparent()) == "encrypteddata"
    ]
    if any(method not in OBFUSCATIONS for method in methods):
        message = f"{archive.what} is protected against copying (DRM) and cannot be read."
        raise InvalidRequest(f"{message} Use an edition without protection.", "source")


@dataclass(frozen=True, slots=True)
class _Item:
    """A file that the book lists. path: its name in the zip."""

    path: str
    media: str
    properties: Sequence[str]


def _manifest(package: Any, package_name: str) -> dict[str, _Item]:
    return {
        element.get("id", ""): _Item(
            _resolved(package_name, element.get("href", ""))[0],
            element.get("media-type", ""),
            element.get("properties", "").split(),
        )
        for element in package.iter()
        if local_name(element) == "item"
    }


def _spine(archive: _Archive, package: Any, items: dict[str, _Item]) -> list[str]:
    """The names of the documents in the order in which they are read."""
    references = [e for e in package.iter() if local_name(e) == "itemref"]
    names = [
        items[e.get("idref")].path
        for e in references
        if e.get("idref") in items and e.get("linear") != "no"
    ]
    if not names:
        raise archive.damaged("it lists nothing to read")
    for name in names:
        if name not in archive.names:
            raise archive.damaged(f"there is no {name!r} in it")
    size = sum(archive.zipped.getinfo(name).file_size for name in set(names))
    if size > LARGEST_BOOK:
        raise archive.damaged(f"it unpacks to more than {LARGEST_BOOK >> 20} MB")
    return names


def _contents(
    archive: _Archive, package: Any, items: dict[str, _Item], spine: Sequence[str]
) -> list[_Entry]:
    """The table of contents in the order of the book: of EPUB 3, else of EPUB 2, else nothing."""
    places = {name: place for place, name in reversed(list(enumerate(spine)))}
    navigation = next((item for item in items.values() if "nav" in item.properties), None)
    links: list[tuple[str, str, str]] = []
    if navigation is not None and navigation.path in archive.names:
        links = list(_navigation_links(archive.read(navigation.path), navigation.path))
    if not links:
        ncx = next((i for i in items.values() if i.media == "application/x-dtbncx+xml"), None)
        if ncx is not None and ncx.path in archive.names:
            links = list(_ncx_links(archive.xml(ncx.path), ncx.path))
    entries = [_Entry(places[path], mark, title) for path, mark, title in links if path in places]
    return sorted(entries, key=lambda entry: entry.place)  # stable: within a document as listed


def _navigation_links(data: bytes, base: str) -> Iterator[tuple[str, str, str]]:
    """(path, fragment, title) of each link of the table of contents of EPUB 3."""
    root = parse_xhtml(data)
    tables = [] if root is None else [e for e in root.iter() if local_name(e) == "nav"]
    kind = "{http://www.idpf.org/2007/ops}type"
    table = next((e for e in tables if "toc" in (e.get(kind) or "").split()), None)
    for element in () if table is None else table.iter():
        if local_name(element) == "a" and element.get("href"):
            title = " ".join("".join(element.itertext()).split())
            yield *_resolved(base, element.get("href")), title


def _ncx_links(root: Any, base: str) -> Iterator[tuple[str, str, str]]:
    """The same of EPUB 2."""
    for point in (e for e in root.iter() if local_name(e) == "navpoint"):
        parts = {local_name(e): e for e in point}
        if "content" in parts and "navlabel" in parts:
            title = " ".join("".join(parts["navlabel"].itertext()).split())
            yield *_resolved(base, parts["content"].get("src", "")), title


def _resolved(base: str, reference: str) -> tuple[str, str]:
    """The name in the zip, and the fragment, of a reference in the file `base`."""
    path, _, fragment = reference.partition("#")
    name = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(path)))
    return (name if path else base), unquote(fragment)


def _chapters(archive: _Archive, spine: Sequence[str], contents: Sequence[_Entry]) -> list[Chapter]:
    """A chapter for each line of the contents, and one for what comes before the first."""
    if not contents:
        return [Chapter(None, partial(_paragraphs, archive, [name])) for name in spine]
    starts = list(contents)
    if starts[0].place > 0 or starts[0].fragment:
        starts.insert(0, _Entry(0, "", ""))
    ends = [*starts[1:], _Entry(len(spine), "", "")]
    return [
        Chapter(begin.title or None, partial(_between, archive, spine, begin, end, starts))
        for begin, end in zip(starts, ends, strict=True)
    ]


def _paragraphs(archive: _Archive, names: Sequence[str]) -> Iterator[str]:
    return (block.text for name in names for block in archive.blocks(name))


def _between(
    archive: _Archive,
    spine: Sequence[str],
    begin: _Entry,
    end: _Entry,
    starts: Sequence[_Entry],
) -> Iterator[str]:
    """The paragraphs from one line of the contents to the next.

    A document is shared among the lines that lead into it by walking it from its first block: a
    block belongs to the last line whose fragment was passed, so none is lost or read twice, also
    where a fragment is not there.
    """
    for place in range(begin.place, min(end.place + 1, len(spine))):
        before = [entry for entry in starts if entry.place < place]
        owner = before[-1] if before else starts[0]
        waiting = [entry for entry in starts if entry.place == place]
        for block in archive.blocks(spine[place]):
            owner, waiting = _owner(block, owner, waiting)
            if owner is begin:
                yield block.text


def _owner(block: Block, owner: _Entry, waiting: list[_Entry]) -> tuple[_Entry, list[_Entry]]:
    """Which line of the contents a block belongs to, and which are still ahead of it."""
    for number, entry in reversed(list(enumerate(waiting))):
        if entry.fragment in block.ids or not entry.fragment:
            return entry, waiting[number + 1 :]
    return owner, waiting


def _metadata(package: Any, name: str) -> str | None:
    return " ".join((package.findtext(f".//{DC}{name}") or "").split()) or None


def _cover(archive: _Archive, package: Any, items: dict[str, _Item]) -> bytes | None:
    """The picture on the cover, if it is a JPEG or PNG that is there."""
    told = next(
        (
            e.get("content")
            for e in package.iter()
            if local_name(e) == "meta" and e.get("name") == "cover"
        ),
        None,
    )
    item = next((i for i in items.values() if "cover-image" in i.properties), None)
    item = item or items.get(told or "")
    if item is None or item.path not in archive.names:
        return None
    if not re.fullmatch(r"image/(jpe?g|png)", item.media):
        return None
    return archive.read(item.path)
