"""Writing the history waits for nobody, and no disk stops the server."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from answers import record
from fakes import eventually
from onset.monitoring.history import history_writer
from onset.monitoring.history.history_reader import read_history
from onset.monitoring.history.history_store import FILE, HistoryStore
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


def test_a_file_that_is_no_history_is_told_and_left_alone(path: Path) -> None:
    path.write_bytes(b"something else" * 1000)
    writer = HistoryWriter(path)
    writer.start()
    writer.add(record())
    writer.close()
    assert writer.dropped == 1 and "not a database" in str(writer.problem)
    assert path.read_bytes() == b"something else" * 1000
    assert "not a database" in str(read_history(path, 7, None).problem)


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
told = set()
for n in range(2000):
    writer.add(record(at=float(n)))
    told.add(writer.problem)
writer.close()
told.add(writer.problem)
print(writer.dropped, told)
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
    dropped, _, problem = done.stdout.partition(" ")
    assert int(dropped) > 0 and ("full" in problem or "I/O" in problem), done.stdout
    HistoryStore(path).close()
