"""Writes the history in a thread of its own, in batches, and never makes anybody wait."""

import json
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Condition, Thread
from time import time
from typing import Any

from onset import __version__
from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.history import damage
from onset.monitoring.history.history_store import FAULTS, HistoryStore, problem_of
from onset.monitoring.host_state import machine_name
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.monitoring.recommendations.advice_follow_up import FollowedRule
from onset.monitoring.server_state import ProcessFigures

BATCH_SECONDS = 5.0
"""How long what happened may wait to be written: as much is lost when the process is killed."""

MOST_WAITING = 2000
"""Rows that may wait; more are dropped and counted."""

_log = logging.getLogger("onset.server")


class HistoryWriter:
    """The history of one server. Any thread may add. A fault of the disk is told, and costs rows.

    dropped: rows that were not written. problem: why the last batch was not, None if it was.
    bytes: of the file, None while nothing was written.
    """

    def __init__(
        self, path: Path, open_store: Callable[[Path], HistoryStore] = HistoryStore
    ) -> None:
        self.dropped = 0
        self.bytes: int | None = None
        self.problem: str | None = None
        self._path, self._open = path, open_store
        self._begun_at, self._start = time(), 0
        self._changed = Condition()
        self._answers: deque[AnswerRecord] = deque()
        self._samples: deque[tuple[float, int, float | None, float | None]] = deque()
        self._events: deque[tuple[float, str, str, str, str]] = deque()
        self._probes: deque[ProbeRecord] = deque()
        self._advice: list[FollowedRule] | None = None
        self._closing = False
        self._store: HistoryStore | None = None
        self._thread = Thread(target=self._work, name="onset-history", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def add(self, record: AnswerRecord) -> None:
        """An answer is over."""
        self._put(self._answers, record)

    def add_probe(self, record: ProbeRecord) -> None:
        """A probe was made."""
        self._put(self._probes, record)

    def add_sample(self, figures: ProcessFigures) -> None:
        """The process was looked at."""
        sample = time(), figures.rss, figures.cpu_ratio, figures.host_cpu_ratio
        self._put(self._samples, sample)

    def add_event(
        self, at: float, kind: str, name: str, state: str, facts: Mapping[str, Any]
    ) -> None:
        """Something happened: an alert changed its state, for one. It is written at once, so that
        a process that is killed then does not tell it again.
        """
        self._put(self._events, (at, kind, name, state, json.dumps(facts)))
        with self._changed:
            self._changed.notify()

    def keep_advice(self, followed: list[FollowedRule]) -> None:
        """What was advised is to be remembered so, instead of what was before."""
        with self._changed:
            self._advice = followed

    def _put(self, queue: deque[Any], row: object) -> None:
        with self._changed:
            waiting = len(self._answers) + len(self._samples) + len(self._events)
            if waiting + len(self._probes) < MOST_WAITING:
                queue.append(row)
            else:
                self.dropped += 1

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._closing:
                    self._changed.wait(BATCH_SECONDS)
                closing = self._closing
                queues = self._answers, self._samples, self._events, self._probes
                batch = [list(queue) for queue in queues]
                for queue in queues:
                    queue.clear()
                advice, self._advice = self._advice, None
            if any(batch) or advice is not None:
                self._write(batch, advice)
            if closing:
                self._close_store()
                return

    def _write(self, batch: list[list[Any]], advice: list[FollowedRule] | None) -> None:
        try:
            self._append_healing(batch, advice)
        except FAULTS as error:
            with self._changed:
                self.dropped += sum(map(len, batch))
                self._advice = self._advice or advice  # the next batch tries it again
            self._tell(problem_of(error))
            self._close_store()

    def _append_healing(self, batch: list[list[Any]], advice: list[FollowedRule] | None) -> None:
        """Write to the file; to a new one if it is damaged, which is told."""
        try:
            self._append(batch, advice)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if not damage.is_damage(error):
                raise
            self._close_store()
            kept = damage.set_aside(self._path)
            if kept is not None:
                _log.warning("The history was damaged: a new one begins, it is %s.", kept.name)
            self._start = 0
            self._append(batch, advice)

    def _append(self, batch: list[list[Any]], advice: list[FollowedRule] | None) -> None:
        """Write to the file, which is read whole when it is opened."""
        if self._store is None:
            self._store = self._open(self._path)
            self._store.check()
            begun = self._begun_at, __version__, machine_name()
            self._start = self._start or self._store.begin(*begun)
        self._store.add(self._start, *batch)
        if advice is not None:
            self._store.keep_advice(advice)
        self.bytes, self.problem = self._store.bytes, None

    def _tell(self, problem: str) -> None:
        """Say it once; the server speaks on."""
        if self.problem is None:
            _log.warning("The history cannot be written: %s", problem)
        self.problem = problem

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = None
