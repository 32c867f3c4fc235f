"""EPUB: chapters by the table of contents, no paragraph lost or read twice, damage told."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.documents import epub_book
from onset.documents.document import Document
from onset.documents.epub_book import open_epub
from onset.errors import InvalidRequest
from written_documents import PNG, epub, xhtml


def chapters(document: Document) -> list[tuple[str | None, list[str]]]:
    return [(chapter.title, list(chapter.paragraphs())) for chapter in document.chapters]


@pytest.mark.parametrize("version", [2, 3])
def test_a_book_in_chapters(version: int) -> None:
    documents = {
        "a.xhtml": xhtml("<p>Front.</p>"),
        "b c.xhtml": xhtml("<h1 id='x'>One</h1><p>First.</p><p id='y'>Two.</p>"),
        "d.xhtml": xhtml("<p>Still two.</p>"),
    }
    contents = [("b%20c.xhtml#x", "One"), ("b%20c.xhtml#y", "Two")]
    document = open_epub(epub(documents, contents, version=version, cover=True), "b.epub")
    assert (document.title, document.author, document.cover) == ("The Book", "A. Writer", PNG)
    assert chapters(document) == [
        (None, ["Front."]),
        ("One", ["One", "First."]),
        ("Two", ["Two.", "Still two."]),
    ]


def test_without_contents_each_document_is_a_chapter() -> None:
    document = open_epub(epub({"a": xhtml("<p>A</p>"), "b": xhtml("<p>B</p>")}), "b.epub")
    assert chapters(document) == [(None, ["A"]), (None, ["B"])]


FRAGMENTS = st.sampled_from(["", "#p0", "#p1", "#p2", "#p3", "#gone"])


@given(
    counts=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    links=st.lists(st.tuples(st.integers(0, 3), FRAGMENTS), max_size=6),
)
def test_however_the_contents_lead_every_paragraph_is_read_once(
    counts: list[int], links: list[tuple[int, str]]
) -> None:
    documents = {
        f"d{n}": xhtml("".join(f"<p id='p{m}'>{n} {m}</p>" for m in range(count)))
        for n, count in enumerate(counts)
    }
    contents = [(f"d{n}{fragment}", f"{n}") for n, fragment in links if n < len(counts)]
    document = open_epub(epub(documents, contents), "b.epub")
    read = [paragraph for chapter in document.chapters for paragraph in chapter.paragraphs()]
    assert sorted(read) == [f"{n} {m}" for n, count in enumerate(counts) for m in range(count)]


ENCRYPTION = """<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>
<enc:EncryptionMethod Algorithm="{}"/></enc:EncryptedData></encryption>"""
BOOK = epub({"a.xhtml": xhtml("<p>A</p>")})


def test_an_obfuscated_font_is_no_protection() -> None:
    told = ENCRYPTION.format("http://www.idpf.org/2008/embedding").encode()
    book = epub({"a": xhtml("<p>A</p>")}, extra={"META-INF/encryption.xml": told})
    assert chapters(open_epub(book, "b.epub")) == [(None, ["A"])]


def without(name: str) -> bytes:
    """BOOK without one of its files."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as old, zipfile.ZipFile(made, "w") as new:
        for kept in old.namelist():
            if kept != name:
                new.writestr(kept, old.read(kept))
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (BOOK[: len(BOOK) // 2], "no zip file, or is cut off"),
        (without("META-INF/container.xml"), "there is no 'META-INF/container.xml'"),
        (without("OEBPS/a.xhtml"), "there is no 'OEBPS/a.xhtml'"),
        (epub({}), "nothing to read"),
        (epub({"a": ""}, extra={"META-INF/encryption.xml": b"<"}), "is no XML"),
        (
            epub(
                {"a": ""},
                extra={"META-INF/encryption.xml": ENCRYPTION.format("aes128-cbc").encode()},
            ),
            "protected against copying",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(data: bytes, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told) as caught:
        open_epub(data, "b.epub")
    assert caught.value.message.startswith("b.epub ")


def test_a_damaged_chapter_is_told_when_it_is_read() -> None:
    packed = epub({"a": xhtml("<p>" + "word " * 5000 + "</p>")})
    at = packed.index(b"OEBPS/a") + 30
    document = open_epub(packed[:at] + b"\xff" * 20 + packed[at + 20 :], "b.epub")
    with pytest.raises(InvalidRequest, match="'OEBPS/a' in it is damaged"):
        list(document.chapters[0].paragraphs())


def test_a_zip_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = epub({"a": xhtml("x" * 3_000_000)})
    assert len(bomb) < 10_000
    monkeypatch.setattr(epub_book, "LARGEST_MEMBER", 2 << 20)
    with pytest.raises(InvalidRequest, match="more than 2 MB"):
        list(open_epub(bomb, "b.epub").chapters[0].paragraphs())
    monkeypatch.setattr(epub_book, "LARGEST_BOOK", 1 << 20)
    with pytest.raises(InvalidRequest, match="unpacks to more than 1 MB"):
        open_epub(bomb, "b.epub")
