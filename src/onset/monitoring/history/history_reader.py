"""Reads the history for those who ask: a route of the server, and the command `onset history`."""

from contextlib import closing
from pathlib import Path
from time import time

from onset.monitoring.history.history_store import FAULTS, HistoryStore, problem_of
from onset.monitoring.history.history_writer import HistoryWriter
from onset.monitoring.recommendations.advice_follow_up import FollowedRule
from onset.monitoring.recommendations.live_recommendations import ColdLanguage
from onset.protocol.performance_api import HistoryEvent, PerformanceHistory

MOST_DAYS = 90
"""As long as answers are kept."""

POINTS = 200
"""Points of a curve, for each start of the server."""


def read_history(
    path: Path, days: float, writer: HistoryWriter | None, points: int = POINTS
) -> PerformanceHistory:
    """The history of so many days, in so many points a start. writer: who keeps it, if somebody.

    Takes a tenth of a second when it is full. What cannot be read is told as its `problem`.
    """
    since = time() - days * 86_400
    history = PerformanceHistory(
        enabled=writer is not None,
        problem=writer.problem if writer else None,
        dropped=writer.dropped if writer else 0,
        bytes=None,
        answers=0,
        since=round(since, 3),
        starts=[],
        points=[],
        events=[],
    )
    if not path.exists():
        return history
    try:
        with closing(HistoryStore(path)) as store:
            history.bytes, history.answers = store.bytes, store.count()
            history.points = store.curve(since, time(), points)
            shown = {point.start for point in history.points}
            history.starts = [s for s in store.starts() if s.at >= since or s.id in shown]
            history.events = store.events(since)
    except FAULTS as error:
        history.problem = problem_of(error)
    return history


def cold_languages(path: Path, days: float) -> list[ColdLanguage]:
    """Languages that answers of so many days had to load; nothing if that cannot be read."""
    if not path.exists():
        return []
    try:
        with closing(HistoryStore(path)) as store:
            rows = store.cold_languages(time() - days * 86_400)
    except FAULTS:
        return []
    return [ColdLanguage(*row) for row in rows]


def last_advice(path: Path) -> list[FollowedRule]:
    """What was advised and is still followed; nothing if that cannot be read."""
    if not path.exists():
        return []
    try:
        with closing(HistoryStore(path)) as store:
            return store.advice()
    except FAULTS:
        return []


def last_events(path: Path) -> list[HistoryEvent]:
    """What happened in the time that is kept; nothing if that cannot be read."""
    if not path.exists():
        return []
    try:
        with closing(HistoryStore(path)) as store:
            return store.events(time() - MOST_DAYS * 86_400)
    except FAULTS:
        return []
