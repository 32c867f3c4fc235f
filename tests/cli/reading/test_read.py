"""`onset read` as a person meets it: what is heard, in which order, and what is told."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from command_line import Command, daemon, finished, process
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.playback.daemon_client import connect
from processes import killed_at_the_end
from written_documents import epub, pdf, xhtml


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model, each step of which takes 10 ms."""
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as running:
        yield running


def counters(environment: dict[str, str]) -> dict[str, float]:
    with connect(Path(environment["ONSET_SOCKET"])) as client:
        found: dict[str, float] = client.control("status")["counters"]
        return found


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.epub"
    documents = {
        "a": xhtml("<p>One.</p><p>Two.</p><p>* * *</p>"),
        "b": xhtml("<p>Three.</p><p>Four.</p><p>Five.</p>"),
    }
    path.write_bytes(epub(documents, [("a", "Alpha"), ("b", "Beta")]))
    return path


def test_chapters_are_listed(
    book: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("read", str(book), "--list") == 0
    assert capsys.readouterr().out == "   1  Alpha\n   2  Beta\n"


def test_each_paragraph_is_heard_through_the_daemon(
    server: Running, book: Path, tmp_path: Path, command: Command
) -> None:
    with daemon(tmp_path / "run") as environment:
        assert command("read", str(book), ONSET_PORT=str(server.port), **environment) == 0
        told = counters(environment)
        assert (told["played"], told["stopped"]) == (5 + 1, 0)  # the stars are asked for too
        options = {"ONSET_PORT": str(server.port), **environment}
        assert command("read", str(book), "--chapters", "2", **options) == 0
        assert counters(environment)["played"] == told["played"] + 3


def test_without_a_server_it_is_spoken_here(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onset.Engine", lambda *_, **__: fake_engine())
    text = tmp_path / "text.md"
    text.write_text("# One\n\nTwo *three*.\n\n***\n\n- four")
    with daemon(tmp_path / "run") as environment:
        assert command("read", str(text), **environment) == 0
        assert counters(environment)["played"] == 3  # the heading, the paragraph, the list


def test_a_book_of_500_pages_begins_within_a_second(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(pdf([["It goes on and on, line after line, to the end of it."] * 40] * 500))
    with daemon(tmp_path / "run") as environment:
        options = {"ONSET_PORT": str(server.port), **environment}
        begun = monotonic()
        with killed_at_the_end(process("read", str(path), **options)) as running:
            eventually(lambda: counters(environment)["heard_s"] > 0, 20)
            took = monotonic() - begun
            running.send_signal(signal.SIGINT)
            assert finished(running)[0] == 130
        assert took < 10  # a cold process on a busy machine; docs/clients.md has the figure
        eventually(lambda: server.scheduler.active == 0)


def test_stop_ends_it_and_skip_goes_on(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(
        "\n\n".join(f"{n} " + "words that take their time to say. " * 20 for n in range(9))
    )
    with daemon(tmp_path / "run") as environment:
        options = {"ONSET_PORT": str(server.port), **environment}
        with killed_at_the_end(process("read", str(path), **options)) as running:
            eventually(lambda: counters(environment)["heard_s"] > 0, 20)
            with connect(Path(environment["ONSET_SOCKET"])) as client:
                client.control("skip")
                eventually(lambda: counters(environment)["stopped"] == 1)
                heard = counters(environment)["heard_s"]
                eventually(lambda: counters(environment)["heard_s"] > heard + 0.2)
                client.control("stop")
            code, _, told = finished(running)
    assert (code, told.splitlines()[-1]) == (1, "onset: The reading was stopped.")


def test_a_server_that_is_gone_is_told_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "text.md"
    path.write_text("\n\n".join(f"# Part {n}\n\n" + "Some words. " * 4 for n in range(20)))
    with daemon(tmp_path / "run") as environment:
        with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as server:
            options = {"ONSET_PORT": str(server.port), **environment}
            running = process("read", str(path), **options)
            eventually(lambda: counters(environment)["played"] > 2, 30)
        with killed_at_the_end(running):
            code, _, told = finished(running)
    assert code == 1
    line = told.splitlines()[-1]
    assert re.search(r"Start it again\. Then go on where it was: --chapters [2-4]-$", line), line


def test_no_more_paragraphs_wait_than_are_allowed(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n\n".join("Words that take their time to say. " * 20 for _ in range(50)))
    with daemon(tmp_path / "run") as environment:
        options = {"ONSET_PORT": str(server.port), **environment}
        with killed_at_the_end(process("read", str(path), **options)) as running:
            eventually(lambda: counters(environment)["heard_s"] > 0.5, 20)
            with connect(Path(environment["ONSET_SOCKET"])) as client:
                assert len(client.control("status")["waiting"]) == 3
                client.control("stop")
            finished(running)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04mimetypeapplication/epub+zip", "cannot be read as an EPUB"),
        (pdf([["x"]], encrypted=True), "is encrypted"),
        (pdf([[], []]), "A scanned PDF needs its text recognised"),
        (b"caf\xe9", "is not UTF-8"),
        (b" \n", "There is no text in the document"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    data: bytes,
    told: str,
    server: Running,
    tmp_path: Path,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "document"
    path.write_bytes(data)
    with daemon(tmp_path / "run") as environment:
        assert command("read", str(path), ONSET_PORT=str(server.port), **environment) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_what_the_server_refuses_is_told(
    server: Running,
    book: Path,
    tmp_path: Path,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with daemon(tmp_path / "run") as environment:
        options = {"ONSET_PORT": str(server.port), **environment}
        assert command("read", str(book), "--lang", "sv", **options) == 2
    assert "'sv'" in capsys.readouterr().err


def test_what_is_not_needed_is_not_loaded(tmp_path: Path) -> None:
    """Each of these takes longer to load than a first sound may."""
    heavy = "{'av', 'spacy', 'onnxruntime', 'scipy', 'lxml', 'pypdfium2'} & set(sys.modules)"
    code = f"import sys, onset.cli.reading.read; assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True)
