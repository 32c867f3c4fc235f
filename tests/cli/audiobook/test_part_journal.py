"""The half-made book: what is whole stays, what is not is cut off, and nobody else writes to it."""

import os
from pathlib import Path

import pytest

from onset.cli.audiobook.part_journal import PartJournal, PartRecord
from onset.errors import AssetError
from onset.types import SpokenWord

WORD = SpokenWord("Größe", " ", 1, 3)


def filled(output: Path, count: int) -> None:
    with PartJournal(output, "print") as journal:
        for number in range(count):
            journal.add(number, [b"\1\0" * 5, b"\2\0" * 5], lambda: [WORD])


def test_records_have_times_of_the_book(tmp_path: Path) -> None:
    filled(tmp_path / "b.m4b", 2)
    with PartJournal(tmp_path / "b.m4b", "print") as journal:
        first, second = journal.records()
        assert isinstance(first, PartRecord)
        assert (first.end, second.end, journal.count, journal.samples) == (10, 20, 2, 20)
        assert second.words == (SpokenWord("Größe", " ", 11, 13),)
        assert b"".join(journal.audio()) == (b"\1\0" * 5 + b"\2\0" * 5) * 2
    assert os.stat(journal.folder).st_mode & 0o777 == 0o700


@pytest.mark.parametrize("lost", range(1, 30))
def test_a_line_that_is_not_whole_is_cut_off_with_its_samples(tmp_path: Path, lost: int) -> None:
    filled(tmp_path / "b.m4b", 2)
    log = tmp_path / "b.m4b.part" / "journal.jsonl"
    os.truncate(log, log.stat().st_size - lost)
    with PartJournal(tmp_path / "b.m4b", "print") as journal:
        assert (journal.count, journal.samples) == (1, 10)
        assert len(b"".join(journal.audio())) == 20
        journal.add(1, [b"\3\0"], lambda: [])
        assert [record.end for record in journal.records()] == [10, 11]


@pytest.mark.parametrize("damage", ["short", "changed", "longer"])
def test_samples_that_are_not_those_that_were_written_are_made_again(
    tmp_path: Path, damage: str
) -> None:
    filled(tmp_path / "b.m4b", 2)
    pcm = tmp_path / "b.m4b.part" / "audio.pcm"
    data = pcm.read_bytes()
    pcm.write_bytes(
        {"short": data[:-1], "changed": data[:-1] + b"\7", "longer": data + b"half"}[damage]
    )
    with PartJournal(tmp_path / "b.m4b", "print") as journal:
        assert journal.count == (2 if damage == "longer" else 1)
        assert b"".join(journal.audio()) == data[: 20 * journal.count]


def test_another_book_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    filled(tmp_path / "b.m4b", 1)
    with pytest.raises(AssetError, match="another text or voice. Finish that one, or remove"):
        PartJournal(tmp_path / "b.m4b", "other")
    with PartJournal(tmp_path / "b.m4b", "print") as journal:
        assert journal.count == 1


def test_only_one_process_makes_a_book(tmp_path: Path) -> None:
    with PartJournal(tmp_path / "b.m4b", "print"):
        with pytest.raises(AssetError, match="being made by another process"):
            PartJournal(tmp_path / "b.m4b", "print")


def test_where_nothing_was_made_nothing_is_left(tmp_path: Path) -> None:
    with PartJournal(tmp_path / "b.m4b", "print"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="Cannot write .*/none/b.m4b.part"):
        PartJournal(tmp_path / "none" / "b.m4b", "print")
