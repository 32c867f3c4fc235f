"""What a document is, by its bytes, its name or what a server tells."""

import pytest

from onset.documents import document_kinds
from onset.documents.document_kinds import Kind, kind_of, open_document
from onset.documents.retrieval import Retrieved
from onset.errors import AssetError, InvalidRequest
from written_documents import epub, pdf, xhtml

BOOK = epub({"a": xhtml("<p>A</p>")})


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (Retrieved(pdf([["x"]]), "standard input"), "pdf"),
        (Retrieved(BOOK, "a.txt"), "epub"),
        (Retrieved(b"# T", "a.MD"), "markdown"),
        (Retrieved(b"<!DOCTYPE html><p>x", "standard input"), "html"),
        (Retrieved(b"x", "http://example.org/a", "text/html"), "html"),
        (Retrieved(b"<html> is a tag", "a.txt", "text/plain"), "html"),
        (Retrieved(b"x < y", "a.txt"), "text"),
    ],
)
def test_kinds(source: Retrieved, kind: Kind) -> None:
    assert kind_of(source) == kind


def test_an_office_document_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"a\.docx is none of the kinds that are read: text,"):
        kind_of(Retrieved(b"PK\x03\x04" + b"\0" * 100, "a.docx"))


@pytest.mark.parametrize("data", [BOOK, pdf([["A"]]), b"A", b"<html><body>A", b"\xef\xbb\xbfA"])
def test_each_is_opened(data: bytes) -> None:
    document = open_document(Retrieved(data, "standard input"))
    assert [p for c in document.chapters for p in c.paragraphs()] == ["A"]


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(document_kinds, "import_module", missing)
    with pytest.raises(AssetError, match=r"pip install 'onset-tts\[documents\]'"):
        open_document(Retrieved(BOOK, "a.epub"))
    assert open_document(Retrieved(b"A", "a.txt")).chapters
