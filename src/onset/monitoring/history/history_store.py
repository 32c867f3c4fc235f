"""The history of answers in one SQLite file: figures only, no text, no ids, nobody's name.

Bounded in size and age; another process may read it meanwhile. A process that is killed loses what
it had not written yet, never the file (write-ahead log).
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any, NamedTuple

from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.history import damage
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.monitoring.recommendations.advice_follow_up import FollowedRule
from onset.protocol.http_api import STAGES
from onset.protocol.performance_api import HistoryEvent, HistoryPoint, HistoryStart

FILE = "history.sqlite"
"""Its name in the cache folder."""

SCHEMA = 6
"""Raised whenever a table changes; a file of a later version is refused."""

MOST_BYTES = 48_000_000
"""Of the file and its log."""

PAGE_BYTES, LOG_PAGES = 4096, 500
"""Of a page, and how many the write-ahead log may have before it is put into the file."""

KEPT_ANSWERS, KEPT_SECONDS = 100_000, 90 * 86_400
"""Answers at most, and how old they may be; some 20 MB."""

KEPT_SAMPLES, KEPT_EVENTS, KEPT_STARTS, KEPT_PROBES = 10_080, 10_000, 1000, 10_000
"""Samples of the process (a week of minutes), events, starts and probes at most."""

BUSY_SECONDS = 2.0
"""How long to wait for another process that writes."""


_COLD = """
SELECT language, SUM(cold), AVG(CASE WHEN cold THEN ttfa END), AVG(CASE WHEN NOT cold THEN ttfa END)
FROM answers WHERE at >= ? AND purpose = 'user' AND way = 'http' AND ttfa IS NOT NULL
    AND plan IS NOT 'fast' AND cached IS NOT 1
GROUP BY language HAVING SUM(cold) > 0 ORDER BY language
"""


class Column(NamedTuple):
    """A column of the answers."""

    name: str
    kind: str
    value: Callable[[AnswerRecord], Any]


def _plain(name: str, kind: str) -> Column:
    return Column(name, kind, lambda record: getattr(record, name))


def _stage(name: str) -> Column:
    return Column(f"{name}_stage", "REAL", lambda record: (record.stages or {}).get(name))


COLUMNS = (
    _plain("at", "REAL"),
    *(_plain(name, "TEXT") for name in ("purpose", "way", "outcome", "reason")),
    Column("promise", "TEXT", AnswerRecord.promise),
    *(_plain(name, "TEXT") for name in ("voice", "language", "format", "decode")),
    _plain("characters", "INTEGER"),
    _plain("speed", "REAL"),
    _plain("cold", "INTEGER"),
    *(_plain(name, "REAL") for name in ("lasted", "ttfa", "first_audio", "ftts")),
    *(_stage(name) for name in STAGES if name != "rest"),
    *(_plain(name, "REAL") for name in ("audio", "taken", "work")),
    _plain("stalls", "INTEGER"),
    *(_plain(name, "REAL") for name in ("stalled", "longest_stall")),
    _plain("plan", "TEXT"),
    _plain("cached", "INTEGER"),
    _stage("rest"),
    _plain("predicted", "REAL"),
)
"""What is kept of an answer, besides the start of the server that gave it."""

_FIRST = len(COLUMNS) - 4
"""Columns of version 1; those behind them were added later."""

_TABLES = f"""
CREATE TABLE starts(id INTEGER PRIMARY KEY, at REAL, version TEXT, machine TEXT);
CREATE TABLE answers(start INTEGER, {", ".join(f"{c.name} {c.kind}" for c in COLUMNS[:_FIRST])});
CREATE INDEX answers_at ON answers(at);
CREATE TABLE samples(start INTEGER, at REAL, rss INTEGER, cpu REAL, host_cpu REAL);
CREATE TABLE events(at REAL, kind TEXT, name TEXT, state TEXT, facts TEXT);
"""

_PROBES = """
CREATE TABLE probes(
    start INTEGER, at REAL, first_audio REAL, front REAL, pace REAL, host REAL, rss INTEGER
);
"""

_PLANS, _REST, _PREDICTED = (
    "".join(f"ALTER TABLE answers ADD COLUMN {c.name} {c.kind};\n" for c in added)
    for added in (COLUMNS[_FIRST:-2], COLUMNS[-2:-1], COLUMNS[-1:])
)

_ADVICE = """
CREATE TABLE advice(
    rule TEXT PRIMARY KEY, since REAL NOT NULL, was TEXT, last_seen REAL NOT NULL, gone_at REAL
);
"""

_VERSIONS = (_TABLES, _PROBES, _PLANS, _ADVICE, _REST, _PREDICTED)
"""What each version has added to the one before it."""

_CURVE = """
WITH told AS (
    SELECT CAST(at / :width AS INTEGER) AS bucket, start, ttfa, promise FROM answers
    WHERE at >= :since AND purpose = 'user' AND way = 'http' AND promise IN ('good', 'bad')
        AND plan IS NOT 'fast' AND cached IS NOT 1
), ranked AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY bucket, start ORDER BY ttfa IS NULL, ttfa) AS place,
        COUNT(*) OVER (PARTITION BY bucket, start) AS n FROM told
)
SELECT bucket * :width, start, n, SUM(promise = 'good'),
    MAX(CASE WHEN place = (n + 1) / 2 THEN ttfa END),
    MAX(CASE WHEN n >= 20 AND place = (95 * n + 99) / 100 THEN ttfa END)
FROM ranked GROUP BY bucket, start ORDER BY bucket, start
"""
"""Quantiles by nearest rank over all attempts, as stats.quantiles has them; failures rank last."""


FAULTS = (sqlite3.Error, OSError, ValueError)
"""What reading may raise: ValueError where a value is none of ours, as on a damaged disk."""


def problem_of(error: Exception) -> str:
    """What is wrong with the file, without its path."""
    if isinstance(error, ValueError):  # its text may quote the value
        return "a row of it is damaged"
    detail = error.strerror if isinstance(error, OSError) else str(error)
    return f"{type(error).__name__}: {detail}"


class HistoryStore:
    """One connection to the file, made if it is not there. Used by one thread.

    Raises sqlite3.Error, or OSError, when it cannot be opened or written.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
        self._db = sqlite3.connect(path, BUSY_SECONDS, isolation_level=None)
        try:
            self._prepare(most_bytes)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, most_bytes: int) -> None:
        run = self._db.execute
        run(f"PRAGMA page_size = {PAGE_BYTES}")
        run("PRAGMA auto_vacuum = INCREMENTAL")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run("PRAGMA secure_delete = ON")
        run(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        run(f"PRAGMA journal_size_limit = {LOG_PAGES * PAGE_BYTES}")
        # The log may briefly have twice as many pages as asked for.
        pages = most_bytes // PAGE_BYTES - 2 * LOG_PAGES
        run(f"PRAGMA max_page_count = {max(pages, LOG_PAGES // 10)}")
        with self._writing():
            (version,) = run("PRAGMA user_version").fetchone()
            if not 0 <= version <= SCHEMA:
                raise sqlite3.DatabaseError(f"the history is of version {version}, not {SCHEMA}")
            for statement in ";".join(_VERSIONS[version:]).split(";"):
                run(statement)
            run(f"PRAGMA user_version = {SCHEMA}")

    def check(self) -> None:
        """Read all of it: 0.1 s for 20 MB. Raises sqlite3.DatabaseError if it is damaged."""
        damage.check(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def bytes(self) -> int:
        """Of the file and its log."""
        files = [self._path, self._path.with_name(self._path.name + "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    def begin(self, at: float, version: str, machine: str) -> int:
        """Note that a server starts; the number of its start."""
        run = self._db.execute
        with self._writing():
            row = run("INSERT INTO starts VALUES (NULL, ?, ?, ?)", (at, version, machine))
        return int(row.lastrowid or 0)

    def add(
        self,
        start: int,
        answers: Iterable[AnswerRecord] = (),
        samples: Iterable[tuple[float, int, float | None, float | None]] = (),
        events: Iterable[tuple[float, str, str, str, str]] = (),
        probes: Iterable[ProbeRecord] = (),
    ) -> None:
        """Write all of them or none, and remove what is too old or too much.

        If the file is full, the oldest tenth of the answers makes room, once.
        """
        rows: dict[str, list[Sequence[Any]]] = {
            "answers": [
                (start, *(column.value(record) for column in COLUMNS)) for record in answers
            ],
            "samples": [(start, *sample) for sample in samples],
            "events": list(events),
            "probes": [(start, *astuple(probe)) for probe in probes],
        }
        try:
            self._write(rows)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            self._make_room()
            self._write(rows)

    def _write(self, rows: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        with self._writing():
            for table, added in rows.items():
                if added:
                    places = ", ".join("?" * len(added[0]))
                    self._db.executemany(f"INSERT INTO {table} VALUES ({places})", added)
            self._trim("answers", KEPT_ANSWERS)
            self._trim("samples", KEPT_SAMPLES)
            self._trim("events", KEPT_EVENTS)
            self._trim("starts", KEPT_STARTS)
            self._trim("probes", KEPT_PROBES)
            if rows["answers"]:
                newest = max(row[1] for row in rows["answers"])
                self._db.execute("DELETE FROM answers WHERE at < ?", (newest - KEPT_SECONDS,))
        self._db.execute("PRAGMA incremental_vacuum").fetchall()  # a page a row

    def _trim(self, table: str, kept: int) -> None:
        # Rows are numbered as they come, and only the oldest are ever removed.
        last = f"(SELECT MAX(rowid) FROM {table})"
        self._db.execute(f"DELETE FROM {table} WHERE rowid <= {last} - ?", (kept,))

    def _make_room(self) -> None:
        count = "(SELECT COUNT(*) / 10 + 1 FROM answers)"
        oldest = f"SELECT rowid FROM answers ORDER BY rowid LIMIT {count}"
        with self._writing():
            self._db.execute(f"DELETE FROM answers WHERE rowid IN ({oldest})")

    def keep_advice(self, followed: Iterable[FollowedRule]) -> None:
        """Remember these instead of those remembered so far."""
        with self._writing():
            self._db.execute("DELETE FROM advice")
            rows = map(astuple, followed)
            self._db.executemany("INSERT INTO advice VALUES (?, ?, ?, ?, ?)", rows)

    def advice(self) -> list[FollowedRule]:
        """What is remembered of what was advised."""
        return [
            FollowedRule(
                rule, float(since), was, float(seen), None if gone is None else float(gone)
            )
            for rule, since, was, seen, gone in self._db.execute("SELECT * FROM advice")
        ]

    def delete(self) -> int:
        """Remove everything, also from the disk; how many answers there were."""
        (count,) = self._db.execute("SELECT COUNT(*) FROM answers").fetchone()
        with self._writing():
            for table in ("answers", "samples", "events", "starts", "probes", "advice"):
                self._db.execute(f"DELETE FROM {table}")
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(count)

    def curve(self, since: float, until: float, points: int) -> list[HistoryPoint]:
        """How soon users' answers over HTTP were audible, in so many steps of time."""
        width = max(60.0, (until - since) / points)
        return [
            HistoryPoint(at=at, width=width, start=start, n=n, good=good, p50=p50, p95=p95)
            for at, start, n, good, p50, p95 in self._db.execute(
                _CURVE, {"width": width, "since": since}
            )
        ]

    def starts(self) -> list[HistoryStart]:
        """When servers started, the newest last."""
        rows = self._db.execute("SELECT id, at, version, machine FROM starts ORDER BY id")
        return [HistoryStart(id=i, at=at, version=v, machine=m) for i, at, v, m in rows]

    def events(self, since: float) -> list[HistoryEvent]:
        """What happened, the newest last."""
        query = "SELECT at, kind, name, state, facts FROM events WHERE at >= ? ORDER BY rowid"
        return [
            HistoryEvent(at=at, kind=kind, name=name, state=state, facts=json.loads(facts))
            for at, kind, name, state, facts in self._db.execute(query, (since,))
        ]

    def cold_languages(self, since: float) -> list[tuple[str, int, float, float | None]]:
        """Languages that users' answers had to load: how often, mean TTFA then, and otherwise."""
        return list(self._db.execute(_COLD, (since,)))

    def probes(self, since: float) -> list[tuple[int, ProbeRecord]]:
        """Probes with the start of the server that made them, the oldest first."""
        query = "SELECT * FROM probes WHERE at >= ? ORDER BY rowid"
        return [(row[0], ProbeRecord(*row[1:])) for row in self._db.execute(query, (since,))]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Every answer, the oldest first; the columns are `start` and COLUMNS."""
        yield from self._db.execute("SELECT * FROM answers ORDER BY rowid")

    def count(self) -> int:
        """Answers in it."""
        (count,) = self._db.execute("SELECT COUNT(*) FROM answers").fetchone()
        return int(count)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction that is whole or did not happen."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
