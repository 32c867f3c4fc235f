"""The panel of the last days says since when something is slower, and what changed with it."""

import random

from onset.protocol.performance_api import (
    HistoryEvent,
    HistoryPoint,
    HistoryStart,
    PerformanceHistory,
)
from onset.serving.http.dashboard.history_panel import history_html, history_steps

NOW = 1_800_000_000.0
HOUR = 3600.0


def points(count: int, p50: float, start: int, first: int) -> list[HistoryPoint]:
    """So many hours of answers around `p50` seconds, from the hour `first` on."""
    chance = random.Random(first)
    return [
        HistoryPoint(
            at=NOW - (100 - first - i) * HOUR, width=HOUR, start=start, n=30, good=30,
            p50=p50 * chance.uniform(0.97, 1.03), p95=2 * p50,
        )
        for i in range(count)
    ]  # fmt: skip


def history(*parts: list[HistoryPoint], starts: list[HistoryStart]) -> PerformanceHistory:
    return PerformanceHistory(
        enabled=True, problem=None, dropped=0, bytes=1, answers=1, since=NOW - 100 * HOUR,
        starts=starts, points=[point for part in parts for point in part], events=[],
    )  # fmt: skip


FIRST = HistoryStart(id=1, at=NOW - 100 * HOUR, version="0.2.0", machine="Linux x86_64 2")
NEWER = HistoryStart(id=2, at=NOW - 60 * HOUR, version="0.3.0", machine="Linux x86_64 2")


def test_a_slower_version_is_named() -> None:
    slower = history(points(40, 0.17, 1, 0), points(40, 0.21, 2, 40), starts=[FIRST, NEWER])
    (step,) = history_steps(slower)
    assert step.at == NOW - 60 * HOUR and 165 < step.before < 175 and 205 < step.after < 215
    assert step.cause == "version 0.2.0 became 0.3.0"
    html = history_html(slower, 7, NOW)
    assert "Later since" in html and "Version 0.2.0 became 0.3.0." in html
    assert html.count("<polyline") == 4, "a median and a p95 for each start"


def test_another_machine_is_named_and_so_is_nothing() -> None:
    moved = NEWER.model_copy(update={"version": "0.2.0", "machine": "Linux aarch64 4"})
    (step,) = history_steps(
        history(points(40, 0.21, 1, 0), points(40, 0.17, 2, 40), starts=[FIRST, moved])
    )
    assert step.cause == "machine Linux x86_64 2 became Linux aarch64 4"
    same = history(points(40, 0.17, 1, 0), points(40, 0.21, 1, 40), starts=[FIRST])
    assert "no start of the server" in history_steps(same)[0].cause


def test_a_steady_history_has_no_step() -> None:
    steady = history(points(80, 0.17, 1, 0), starts=[FIRST])
    assert history_steps(steady) == []
    assert "No change of five percent or more is certain in 7 days." in history_html(steady, 7, NOW)


def test_nothing_is_said_where_nothing_was_measured() -> None:
    empty = history(starts=[])
    assert "No user&#39;s answer in 1 day" in history_html(empty, 1, NOW).replace("'", "&#39;")
    off = empty.model_copy(update={"enabled": False})
    assert "ONSET_HISTORY=off" in history_html(off, 1, NOW)
    broken = empty.model_copy(update={"problem": "disk full", "dropped": 3})
    assert "disk full. 3 rows are lost." in history_html(broken, 7, NOW)


def test_alerts_come_with_their_evidence_and_cannot_act() -> None:
    event = HistoryEvent(
        at=NOW - HOUR, kind="alert", name="ttfa-fast", state="firing",
        facts={"evidence": "6 of <script>", "severity": "page"},
    )  # fmt: skip
    told = history(points(3, 0.17, 1, 0), starts=[FIRST])
    html = history_html(told.model_copy(update={"events": [event]}), 7, NOW)
    assert "ttfa-fast" in html and "6 of &lt;script&gt;" in html and "<script" not in html
