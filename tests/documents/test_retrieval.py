"""Files, standard input and web pages: what comes, and what is told of what does not."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from onset.documents import retrieval
from onset.documents.retrieval import retrieve
from onset.errors import AssetError, InvalidRequest, ServerError


class Pages(BaseHTTPRequestHandler):
    """A page, a redirect to it, one that is not there, and one that never ends."""

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/page")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.path == "/endless":
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        self.wfile.write(b"<p>A page.</p>")

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def pages() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_file_and_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "a b: c.txt"
    path.write_bytes(b"text")
    assert retrieve(str(path)).data == b"text"
    assert retrieve("-", io.BytesIO(b"piped")).data == b"piped"


def test_a_page_is_read_through_a_redirect() -> None:
    with pages() as url:
        found = retrieve(f"{url}/redirect")
    assert (found.data, found.media, found.name) == (b"<p>A page.</p>", "text/html", f"{url}/page")


def test_a_page_that_is_not_there_is_told() -> None:
    with pages() as url, pytest.raises(ServerError, match="/none answered 404 Not Found"):
        retrieve(f"{url}/none")
    with pytest.raises(ServerError, match="cannot be read: .* Check the address"):
        retrieve(f"{url}/page")


def test_an_answer_that_is_too_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "LARGEST_ANSWER", 1 << 20)
    with pages() as url, pytest.raises(InvalidRequest, match="more than 1 MB"):
        retrieve(f"{url}/endless")


@pytest.mark.parametrize("url", ["ftp://example.org/a", "file:///etc/passwd", "data:text/plain,x"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="only http:// and https://"):
        retrieve(url)


def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AssetError, match="There is no file"):
        retrieve(str(tmp_path / "none.txt"))
    with pytest.raises(AssetError, match="is a folder"):
        retrieve(str(tmp_path))
    monkeypatch.setattr(retrieval, "LARGEST", 10)
    with pytest.raises(InvalidRequest, match="Standard input has more than"):
        retrieve("-", io.BytesIO(b"x" * 11))
