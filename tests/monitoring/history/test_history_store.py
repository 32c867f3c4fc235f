"""The file of the history: bounded, private, whole after a kill, and empty when told so."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from answers import PLAIN, record
from onset.monitoring.answer_record import AnswerRecord, StreamOutcome, Way
from onset.monitoring.history import history_store
from onset.monitoring.history.history_store import COLUMNS, FILE, HistoryStore, problem_of
from onset.stats.quantiles import quantile

DAY = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / FILE


@pytest.fixture
def store(path: Path) -> Iterator[HistoryStore]:
    with closing(HistoryStore(path)) as opened:
        yield opened


def random_answers(n: int, seed: int = 1) -> list[AnswerRecord]:
    """Answers of one day, some of which failed."""
    random = np.random.default_rng(seed)
    times = np.exp(random.normal(-1.8, 0.7, n)).tolist()
    failed = random.random(n) < 0.04
    return [
        record(at=DAY * i / n, outcome=StreamOutcome.FAILED, ttfa=None)
        if failed[i]
        else record(at=DAY * i / n, ttfa=times[i])
        for i in range(n)
    ]


def test_an_answer_is_kept_with_all_its_figures(store: HistoryStore) -> None:
    store.add(7, [record()])
    ((start, *values),) = store.rows()
    kept = dict(zip([column.name for column in COLUMNS], values, strict=True))
    assert (start, kept["ttfa"], kept["voice"], kept["promise"]) == (7, 0.18, "af_heart", "good")
    assert (kept["step_stage"], kept["refine_stage"], kept["cold"]) == (0.06, None, 0)
    assert kept["outcome"] == "spoken" and kept["reason"] is None


def test_every_field_of_a_record_is_kept() -> None:
    assert set(AnswerRecord.__slots__) - {"stages"} <= {column.name for column in COLUMNS}


def test_only_its_owner_can_read_it(store: HistoryStore, path: Path) -> None:
    store.add(1, [record()])
    files = [file for file in path.parent.iterdir() if file.name.startswith(FILE)]
    assert len(files) >= 2, "the log is a file too"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    path.parent.mkdir()
    path.touch(0o644)
    HistoryStore(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_curve_is_that_of_the_quantiles(store: HistoryStore) -> None:
    answers = random_answers(1000)
    store.add(1, answers)
    store.add(1, [record(at=5.0, purpose="bench"), record(at=5.0, way=Way.BACKGROUND)])
    store.add(1, [record(at=5.0, outcome=StreamOutcome.REFUSED, ttfa=None)])
    store.add(1, [record(at=5.0, plan="fast"), record(at=5.0, cached=True)])
    points = store.curve(0, DAY, 4)
    assert [point.at for point in points] == [0, DAY / 4, DAY / 2, 3 * DAY / 4]
    for point, part in zip(
        points, (answers[i : i + 250] for i in range(0, 1000, 250)), strict=True
    ):
        times = [answer.ttfa for answer in part]
        assert (point.n, point.p50) == (250, quantile(times, 0.5))
        assert point.p95 == quantile(times, 0.95)
        assert point.good == sum(answer.promise() == "good" for answer in part)


@pytest.mark.parametrize("n", [1, 2, 19, 20, 21])
def test_small_numbers_have_the_same_quantiles(store: HistoryStore, n: int) -> None:
    answers = random_answers(n, seed=n)
    store.add(1, answers)
    (point,) = store.curve(-1, 2 * DAY, 1)
    times = [answer.ttfa for answer in answers]
    assert (point.p50, point.p95) == (quantile(times, 0.5), quantile(times, 0.95))


def test_starts_are_told_apart(store: HistoryStore) -> None:
    old, new = store.begin(1.0, "0.1", "a machine"), store.begin(2.0, "0.2", "a machine")
    store.add(old, [record(at=10.0, ttfa=0.1)])
    store.add(new, [record(at=11.0, ttfa=0.3)])
    points = store.curve(0, 100, 1)
    assert [(point.start, point.p50) for point in points] == [(old, 0.1), (new, 0.3)]
    assert [start.version for start in store.starts()] == ["0.1", "0.2"]


def test_events_come_back(store: HistoryStore) -> None:
    store.add(1, events=[(5.0, "alert", "stalls", "firing", '{"n": 8}')])
    (event,) = store.events(4.0)
    assert (event.name, event.state, event.facts) == ("stalls", "firing", {"n": 8})
    assert store.events(6.0) == []


def test_old_and_surplus_rows_go(store: HistoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_store, "KEPT_ANSWERS", 30)
    monkeypatch.setattr(history_store, "KEPT_SAMPLES", 5)
    for n in range(100):
        store.add(1, [record(at=float(n))], [(float(n), 1, None, None)])
    assert store.count() == 30
    store.add(1, [record(at=history_store.KEPT_SECONDS + 95.0)])
    assert store.count() == 6, "those from 95 on, and the new one"


def test_a_full_file_makes_room_for_what_is_new(path: Path) -> None:
    most = 4_500_000
    with closing(HistoryStore(path, most)) as store:
        largest, newest = 0, 0.0
        for n in range(60):
            store.add(1, [record(at=float(n))] * 100)
            largest, newest = max(largest, store.bytes), float(n)
        rows = [row[1] for row in store.rows()]
    assert largest <= most and rows[-1] == newest
    assert 100 < len(rows) < 6000, "the oldest went"


def test_a_hundred_thousand_answers_are_far_below_the_bound(path: Path) -> None:
    with closing(HistoryStore(path)) as store:
        for n in range(10):
            store.add(1, [record(at=float(n))] * 1000)
    whole = path.stat().st_size / 10_000 * history_store.KEPT_ANSWERS
    assert whole < 0.7 * history_store.MOST_BYTES


WRITE = """
import sys
from answers import record
from onset.monitoring.history.history_store import HistoryStore
from pathlib import Path
store = HistoryStore(Path(sys.argv[1]))
print("ready", flush=True)
n = 0
while True:
    store.add(1, [record(at=float(n))] * 20)
    n += 1
"""


def test_a_kill_never_costs_the_file(path: Path) -> None:
    counts = [0]
    folders = [str(Path(__file__).parents[2]), str(Path(history_store.__file__).parents[3])]
    for n in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(path)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
        )
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        process.stdout.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05 + 0.03 * n)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        with closing(HistoryStore(path)) as store:
            counts.append(store.count())
            assert store.count() % 20 == 0, "a batch is whole or not there"
    assert sorted(counts) == counts and counts[-1] > 0


def test_what_is_forgotten_is_not_on_the_disk(path: Path) -> None:
    with closing(HistoryStore(path)) as store:
        store.add(1, [record(voice="zf_xiaobei")] * 500)
        store.add(1, events=[(5.0, "alert", "canary", "firing", "{}")])
        assert store.delete() == 500
    assert b"zf_xiaobei" not in path.read_bytes() and b"canary" not in path.read_bytes()
    with closing(HistoryStore(path)) as store:
        assert store.count() == 0 and store.events(0) == []
        store.add(1, [PLAIN])


def test_a_file_of_an_earlier_version_gets_its_new_columns(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        for statement in ";".join(history_store._VERSIONS[:2]).split(";"):
            db.execute(statement)
        width = len(db.execute("PRAGMA table_info(answers)").fetchall())
        db.execute(f"INSERT INTO answers VALUES ({', '.join('?' * width)})", [None] * width)
        db.execute("PRAGMA user_version = 2")
        db.commit()
    with closing(HistoryStore(path)) as store:
        store.add(1, [record(plan="quality", cached=False, predicted=0.2)])
        old, new = ([*row[-4:]] for row in store.rows())
    assert (old, new) == ([None] * 4, ["quality", 0, None, 0.2])


def test_a_file_of_another_version_is_refused_and_left_alone(path: Path) -> None:
    HistoryStore(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(sqlite3.DatabaseError, match="version 99"):
        HistoryStore(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)


def test_a_problem_is_told_without_the_place() -> None:
    with pytest.raises(OSError) as caught:
        HistoryStore(Path("/dev/null/somebody/history.sqlite"))
    assert "somebody" not in problem_of(caught.value)
    assert problem_of(sqlite3.OperationalError("full")) == "OperationalError: full"


def test_languages_that_had_to_be_loaded_are_counted(store: HistoryStore) -> None:
    store.add(1, [record(at=9.0, language="zh", cold=True, ttfa=1.0)] * 3)
    store.add(1, [record(at=9.0, language="zh", ttfa=0.2), record(at=9.0, language="es", ttfa=0.2)])
    store.add(1, [record(at=9.0, language="it", cold=True, purpose="bench")])
    store.add(1, [record(at=9.0, language="fr", cold=True, ttfa=0.5)])
    assert store.cold_languages(1.0) == [("fr", 1, 0.5, None), ("zh", 3, 1.0, 0.2)]
    assert store.cold_languages(10.0) == []
