"""Which kind of document some bytes are, and the module that opens it."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath
from typing import Literal, TypeAlias, get_args

from onset.documents.document import Document
from onset.documents.plain_text import open_plain_text
from onset.documents.retrieval import Retrieved
from onset.errors import AssetError, InvalidRequest

Kind: TypeAlias = Literal["text", "markdown", "html", "epub", "pdf"]

KINDS: tuple[Kind, ...] = get_args(Kind)

ENDINGS: dict[str, Kind] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".epub": "epub",
    ".pdf": "pdf",
}
"""Endings of names; any other is decided by what the bytes are."""

MEDIA: dict[str, Kind] = {
    "text/markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/epub+zip": "epub",
    "application/pdf": "pdf",
}
"""Content types of web servers."""

OPENERS: dict[Kind, tuple[str, str]] = {
    "markdown": ("onset.documents.markdown_text", "open_markdown"),
    "html": ("onset.documents.web_page", "open_html"),
    "epub": ("onset.documents.epub_book", "open_epub"),
    "pdf": ("onset.documents.pdf_book", "open_pdf"),
}
"""The module of each kind that needs a library, and its function; Markdown's is always there."""

_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)

UNREAD = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"{\\rtf")
"""How office documents and archives begin, which are not read."""


def kind_of(source: Retrieved) -> Kind:
    """What the bytes are, by how they begin; a text by its name or content type.

    Raises InvalidRequest for a kind that is not read.
    """
    data = source.data
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04") and b"application/epub+zip" in data[:100]:
        return "epub"
    told = MEDIA.get(source.media or "") or ENDINGS.get(PurePath(source.name).suffix.lower())
    if told is None and data.startswith(UNREAD):
        choices = "text, Markdown, HTML, EPUB and PDF"
        message = f"{source.name} is none of the kinds that are read: {choices}."
        raise InvalidRequest(f"{message} Save it as one of them.", "source")
    return told or ("html" if _PAGE.match(data[:4096]) else "text")


def open_document(source: Retrieved, kind: Kind | None = None, lang: str = "en-us") -> Document:
    """The document in some bytes. kind: None to look. lang: what is announced is announced in it.

    Raises InvalidRequest, AssetError.
    """
    kind = kind or kind_of(source)
    if kind == "text":
        return open_plain_text(source.data, source.name)
    module, function = OPENERS[kind]
    try:
        opener: Callable[..., Document] = getattr(import_module(module), function)
    except ImportError as error:
        hint = "pip install 'onset-tts[documents]'"
        raise AssetError(f"To read {kind}, a library is needed: {hint}") from error
    if kind == "markdown":
        return opener(source.data, source.name, lang)
    return opener(source.data) if kind == "html" else opener(source.data, source.name)
