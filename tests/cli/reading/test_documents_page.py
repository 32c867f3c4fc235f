"""The commands on the page about documents do what the page says."""

import re
from pathlib import Path

import pytest

from command_line import Command, daemon
from fakes import fake_engine, serving
from written_documents import epub, xhtml

PAGE = (Path(__file__).parents[3] / "docs" / "documents.md").read_text()
COMMANDS = re.findall(r"^(?:cat \S+ \| )?onset (read .+)$", PAGE, re.MULTILINE)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the documents that the page names; it is the working folder."""
    documents = {"a": xhtml("<p>One.</p>"), "b": xhtml("<p>Two.</p>")}
    (tmp_path / "book.epub").write_bytes(epub(documents, [("a", "Alpha"), ("b", "Beta")]))
    (tmp_path / "notes.md").write_text("# Notes\n\nThree.")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_examples() -> None:
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("line", COMMANDS)
def test_each_example_works(line: str, library: Path, command: Command) -> None:
    with serving(fake_engine) as server, daemon(library / "run") as environment:
        options = {"ONSET_PORT": str(server.port), **environment}
        assert command(*line.split(), stdin=b"An article.", **options) == 0
    assert not [path for path in library.iterdir() if path.suffix == ".part"]
