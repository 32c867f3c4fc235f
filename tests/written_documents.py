"""Documents for tests: EPUB and PDF files written by hand, with what a test needs in them."""

import io
import zipfile
from collections.abc import Mapping, Sequence

CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""

XHTML = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>Not read</title><script src="x.js"/></head><body>{}</body></html>"""

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
"""A picture of one pixel."""


def xhtml(body: str) -> str:
    """A document of a book."""
    return XHTML.format(body)


def epub(
    documents: Mapping[str, str],
    contents: Sequence[tuple[str, str]] = (),
    *,
    version: int = 3,
    extra: Mapping[str, bytes] | None = None,
    cover: bool = False,
) -> bytes:
    """A book. documents: name to XHTML, in the order of the spine. contents: (link, title)."""
    items = "".join(
        f'<item id="d{n}" href="{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(documents)
    )
    spine = "".join(f'<itemref idref="d{n}"/>' for n in range(len(documents)))
    if cover:
        items += '<item id="c" href="c.png" media-type="image/png" properties="cover-image"/>'
    navigation = ""
    if version == 3:
        items += '<item id="n" href="n.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        links = "".join(f'<li><a href="{link}">{title}</a></li>' for link, title in contents)
        navigation = xhtml(f'<nav epub:type="toc"><ol>{links}</ol></nav>')
    else:
        items += '<item id="n" href="n.ncx" media-type="application/x-dtbncx+xml"/>'
        points = "".join(
            f"<navPoint><navLabel><text>{title}</text></navLabel><content src='{link}'/></navPoint>"
            for link, title in contents
        )
        ncx = "http://www.daisy.org/z3986/2005/ncx/"
        navigation = f'<ncx xmlns="{ncx}"><navMap>{points}</navMap></ncx>'
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Book</dc:title>'
        "<dc:creator>A. Writer</dc:creator></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr("META-INF/container.xml", CONTAINER)
        book.writestr("OEBPS/book.opf", package)
        book.writestr("OEBPS/n.xhtml" if version == 3 else "OEBPS/n.ncx", navigation)
        for name, text in documents.items():
            book.writestr(f"OEBPS/{name}", text)
        if cover:
            book.writestr("OEBPS/c.png", PNG)
        for name, data in (extra or {}).items():
            book.writestr(name, data)
    return made.getvalue()


def pdf(
    pages: Sequence[Sequence[str]],
    outline: Sequence[tuple[int, str]] = (),
    *,
    encrypted: bool = False,
) -> bytes:
    """A PDF with lines of Helvetica on its pages. outline: (page from 0, title)."""
    first_page, first_line = 4, 4 + 2 * len(pages)
    kids = " ".join(f"{first_page + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /Outlines {first_line} 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        stream = f"BT /F1 12 Tf 14 TL 72 750 Td {shown} ET"
        resources = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {resources} "
            f"/Contents {first_page + 2 * number + 1} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    last = first_line + len(outline)
    objects.append(f"<< /Type /Outlines /First {first_line + 1} 0 R /Last {last} 0 R >>")
    for number, (page, title) in enumerate(outline, first_line + 1):
        following = f"/Next {number + 1} 0 R" if number < last else ""
        target = f"/Dest [{first_page + 2 * page} 0 R /Fit]"
        objects.append(f"<< /Title ({title}) /Parent {first_line} 0 R {target} {following} >>")
    return _assembled(objects, encrypted)


def _assembled(objects: Sequence[str], encrypted: bool) -> bytes:
    data, offsets = "%PDF-1.4\n", list[int]()
    for number, text in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start, size, key = len(data), len(objects) + 1, "ab" * 32
    locked = (
        f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{key}> /U <{key}> >> "
        f"/ID [<{key}> <{key}>]"
        if encrypted
        else ""
    )
    data += f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    data += f"trailer << /Size {size} /Root 1 0 R {locked} >>\nstartxref\n{start}\n%%EOF\n"
    return data.encode("latin-1")
