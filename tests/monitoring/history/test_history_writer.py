"""Writing the history waits for nobody, and no disk stops the server."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from answers import record
from fakes import eventually
from onset.monitoring.history import damage, history_writer
from onset.monitoring.history.history_reader import last_events, read_history
from onset.monitoring.history.history_store import FILE, SCHEMA, HistoryStore
from onset.monitoring.history.history_writer import MOST_WAITING, HistoryWriter
from onset.monitoring.server_state import ProcessFigures


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_writer, "BATCH_SECONDS", 0.02)


def test_what_happened_is_in_the_file_soon_and_at_the_end(path: Path) -> None:
    writer = HistoryWriter(path)
    writer.start()
    writer.add(record())
    eventually(lambda: writer.bytes is not None)
    writer.add_sample(ProcessFigures(1_000_000, 1.0, 0.0))
    writer.add_event(5.0, "alert", "stalls", "firing", {"n": 8})
    writer.add(record())
    writer.close()
    with closing(HistoryStore(path)) as store:
        assert store.count() == 2 and len(store.events(0)) == 1
        (start,) = store.starts()
    assert start.version and "cores" in start.machine and writer.dropped == 0


def test_nothing_is_written_while_nothing_happens(path: Path) -> None:
    writer = HistoryWriter(path)
    writer.start()
    writer.close()
    assert not path.exists() and writer.bytes is None


def test_what_waits_is_bounded_and_what_is_dropped_is_counted(path: Path) -> None:
    writer = HistoryWriter(path)
    for _ in range(MOST_WAITING + 7):
        writer.add(record())
    assert writer.dropped == 7


def test_a_folder_that_cannot_be_written_costs_rows_and_nothing_else(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.joinpath("file").touch()
    writer = HistoryWriter(path.parent / "file" / FILE)
    writer.start()
    for n in (1, 2):
        writer.add(record())
        eventually(lambda n=n: writer.dropped == n)  # type: ignore[misc]
    assert writer.problem is not None and "FileExistsError" in writer.problem
    writer.close()
    assert caplog.text.count("cannot be written") == 1
    found = read_history(path.parent / "file" / FILE, 7, writer)
    assert (found.enabled, found.dropped, found.points) == (True, 2, [])
    assert found.problem == writer.problem


def test_a_disk_that_is_there_again_is_used_again(path: Path) -> None:
    folder = path.parent / "later"
    folder.touch()
    writer = HistoryWriter(folder / FILE)
    writer.start()
    writer.add(record())
    eventually(lambda: writer.dropped == 1)
    folder.unlink()
    writer.add(record())
    eventually(lambda: writer.problem is None)
    writer.close()
    with closing(HistoryStore(folder / FILE)) as store:
        assert store.count() == 1


def filled(path: Path, answers: int = 300) -> None:
    with closing(HistoryStore(path)) as store:
        store.add(store.begin(1.0, "1", "here"), [record(at=float(n)) for n in range(answers)])
        store.add(1, events=[(float(n), "alert", "stalls", "firing", "{}") for n in range(99)])


def no_database(path: Path) -> None:
    path.write_bytes(b"something else" * 1000)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 8192 * 4096)


def one_page(path: Path) -> None:
    os.truncate(path, 4096)


def garbage_within(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(bytes(range(256)) * 48)


def text_that_is_none(path: Path) -> None:
    schema = path.read_bytes()
    path.write_bytes(schema.replace(b"CREATE TABLE samples", b"CREATE T\xd4BLE samples"))


def no_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 0")


@pytest.mark.parametrize(
    "spoil",
    [no_database, cut_short, one_page, garbage_within, text_that_is_none, no_version],
)
def test_a_damaged_file_is_set_aside_once_and_a_new_one_begins(
    path: Path, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in (1, 2):  # the second replaces what the first has set aside
        filled(path)
        spoil(path)
        spoiled = path.read_bytes()
        writer = HistoryWriter(path)
        writer.start()
        writer.add(record())
        eventually(lambda writer=writer: writer.bytes is not None)  # type: ignore[misc]
        writer.add(record())
        writer.close()
        (kept,) = path.parent.glob("history.broken-*")
        assert kept.stat().st_size == len(spoiled)
        with closing(HistoryStore(path)) as store:
            assert (store.count(), len(store.starts()), writer.dropped) == (2, 1, 0)
        assert read_history(path, 7, writer).problem is None
        path.unlink()
    assert caplog.text.count("The history was damaged") == 2


def test_damage_while_it_is_written_is_healed_too(path: Path) -> None:
    filled(path)
    writer = HistoryWriter(path)
    writer.start()
    writer.add(record())
    eventually(lambda: writer.bytes is not None)
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
    for n in range(2, 40):
        writer.add(record(at=float(n)))
        time.sleep(0.01)
    writer.close()
    with closing(HistoryStore(path)) as store:
        assert writer.problem is None and store.count() > 0


def test_a_file_of_a_later_version_is_left_alone(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    writer = HistoryWriter(path)
    writer.start()
    writer.add(record())
    writer.close()
    assert writer.dropped == 1 and "version" in str(writer.problem)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT COUNT(*) FROM answers").fetchone() == (300,)
    assert not list(path.parent.glob("history.broken-*"))


def test_a_file_that_another_server_has_just_begun_is_left_alone(path: Path) -> None:
    path.touch()
    assert damage.set_aside(path) is None
    filled(path)
    assert damage.set_aside(path) is None


def test_readers_tell_values_that_are_none(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE events SET facts = '{', at = 1e12")
        db.commit()
    assert read_history(path, 7, None).problem == "a row of it is damaged"
    assert last_events(path) == []


FILL = """
import resource, signal, sys
from pathlib import Path
from answers import record
from onset.monitoring.history import history_writer
from onset.monitoring.history.history_writer import HistoryWriter
history_writer.BATCH_SECONDS = 0.01
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
writer = HistoryWriter(Path(sys.argv[1]))
writer.start()
for n in range(2000):
    writer.add(record(at=float(n)))
writer.close()
print(writer.dropped)
"""


def test_a_full_disk_costs_rows_and_nothing_else(path: Path) -> None:
    folders = [str(Path(__file__).parents[2]), str(Path(history_writer.__file__).parents[3])]
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
    )
    told = done.stderr  # the warning
    assert int(done.stdout) > 0 and ("full" in told or "I/O" in told), done
    HistoryStore(path).close()
