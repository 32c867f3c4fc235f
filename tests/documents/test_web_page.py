"""A web page in chapters."""

from onset.documents.web_page import open_html


def test_a_page_in_chapters() -> None:
    page = "<title>T</title><h1>Top</h1><p>a<h2>One</h2>b<h2>Two</h2><h3>x</h3>"
    document = open_html(page.encode())
    assert document.title == "Top"
    found = [(chapter.title, list(chapter.paragraphs())) for chapter in document.chapters]
    assert found == [(None, ["Top", "a"]), ("One", ["One", "b"]), ("Two", ["Two", "x"])]


def test_an_empty_page_has_no_chapters() -> None:
    assert open_html(b"").chapters == []
