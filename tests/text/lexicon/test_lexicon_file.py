"""The file of a lexicon: refused with its line, read anew when it changes, written whole."""

import os
from pathlib import Path

import pytest

from onset.errors import InvalidRequest
from onset.text.lexicon.lexicon import MOST_ENTRIES
from onset.text.lexicon.lexicon_entry import lexicon_entry
from onset.text.lexicon.lexicon_file import LARGEST, LexiconFile

CONTENT = """\ufeff# names
Siobhan | /ʃəˈvɔːn/

nginx | engine x | en
Polish | /ˈpoʊlɪʃ/ | en | exact
"""


@pytest.fixture
def file(tmp_path: Path) -> LexiconFile:
    path = tmp_path / "words.txt"
    path.write_text(CONTENT, "utf-8")
    return LexiconFile(path)


def test_entries_are_read(file: LexiconFile) -> None:
    assert file.load().entries == (
        lexicon_entry("Siobhan", "/ʃəˈvɔːn/"),
        lexicon_entry("nginx", "engine x", "en"),
        lexicon_entry("Polish", "/ˈpoʊlɪʃ/", "en", "exact"),
    )


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert LexiconFile(tmp_path / "none.txt").load().entries == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a | b\nno bar\n", "line 2: it is not word"),
        ("a | b | en | exact | more\n", "line 1: it is not word"),
        ("# c\n\na | /b\n", "line 3: '/b' has no second slash"),
        ("a | /ǃ/\n", "line 1: The pronunciation"),
        ("a | b | xx\n", "line 1: Unknown language 'xx'"),
        ("a | b\n" * (MOST_ENTRIES + 1), "more than 20000 entries"),
        ("#" * (LARGEST + 1), "larger than"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    file: LexiconFile, content: str, reason: str
) -> None:
    file.path.write_text(content, "utf-8")
    with pytest.raises(InvalidRequest, match=reason):
        file.load()


def test_bytes_that_are_no_text_are_refused_with_their_line(file: LexiconFile) -> None:
    file.path.write_bytes(b"a | b\nc | \xff\n")
    with pytest.raises(InvalidRequest, match="line 2: it is not UTF-8"):
        file.load()


def test_it_is_read_anew_when_it_changes_and_a_wrong_one_changes_nothing(
    file: LexiconFile,
) -> None:
    before = file.load()
    assert file.current() is before
    file.path.write_text("other | word\n", "utf-8")
    assert [entry.word for entry in file.current().entries] == ["other"]
    assert file.problem is None
    file.path.write_text("wrong\n", "utf-8")
    assert [entry.word for entry in file.current().entries] == ["other"]
    assert file.problem is not None and "line 1" in file.problem
    file.path.write_text("third | word\n", "utf-8")
    assert [entry.word for entry in file.current().entries] == ["third"]
    assert file.problem is None


def test_an_entry_is_added_in_place_of_one_for_the_same(file: LexiconFile) -> None:
    file.add(lexicon_entry("Siobhan", "she vaughn"), lexicon_entry("new", "one"))
    said = {entry.word: entry.said for entry in file.load().entries}
    assert said["Siobhan"] == "she vaughn" and said["new"] == "one"
    assert file.path.read_text("utf-8").startswith("# names") or "# names" in file.path.read_text()
    assert os.listdir(file.path.parent) == ["words.txt"]


def test_an_entry_is_removed(file: LexiconFile) -> None:
    assert file.remove("nginx", "fr") == 0
    assert file.remove("nginx") == 1
    assert [entry.word for entry in file.load().entries] == ["Siobhan", "Polish"]


def test_a_wrong_file_is_not_written_over(file: LexiconFile) -> None:
    file.path.write_text("wrong\n", "utf-8")
    with pytest.raises(InvalidRequest, match="line 1"):
        file.add(lexicon_entry("a", "b"))
    assert file.path.read_text("utf-8") == "wrong\n"
