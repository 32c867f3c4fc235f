"""`onset history`: a table, every row, and nothing once it is told to forget."""

import csv
import io
from contextlib import closing
from pathlib import Path
from time import time

import pytest

from answers import record
from command_line import Command
from onset.monitoring.history.history_store import FILE, HistoryStore


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache folder with a history."""
    with closing(HistoryStore(tmp_path / FILE)) as store:
        start = store.begin(time(), "9.9", "a machine")
        store.add(start, [record(at=time(), ttfa=0.1)] * 15 + [record(at=time(), ttfa=0.9)] * 5)
    return tmp_path


def test_the_days_are_told(
    command: Command, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("history", "--days", "2", ONSET_CACHE_DIR=str(cache)) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "9.9" in line]
    assert line.split()[-6:] == ["9.9", "20", "75.0", "%", "100", "900"]


def test_every_row_for_other_programs(
    command: Command, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("history", "--csv", ONSET_CACHE_DIR=str(cache)) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 20 and rows[0]["ttfa"] == "0.1" and rows[0]["refine_stage"] == ""


def test_forgetting(command: Command, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("history", "--delete", ONSET_CACHE_DIR=str(cache)) == 0
    assert "20 answers" in capsys.readouterr().out
    assert command("history", ONSET_CACHE_DIR=str(cache)) == 0
    assert "No answers" in capsys.readouterr().out


def test_no_history_is_no_fault(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--days=1", "--csv", "--delete"):
        assert command("history", option, ONSET_CACHE_DIR=str(tmp_path)) == 0
    assert "0 answers forgotten" in capsys.readouterr().out
    assert not (tmp_path / FILE).exists()


def test_what_is_no_history_is_refused(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).write_text("no database" * 100)
    for option in ("--days=1", "--csv", "--delete"):
        assert command("history", option, ONSET_CACHE_DIR=str(tmp_path)) == 1
        assert "not a database" in capsys.readouterr().err
