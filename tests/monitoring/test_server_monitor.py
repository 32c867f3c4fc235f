"""Watching goes on whatever happens, and begins where the last server stopped."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import time

import pytest

from answers import record
from onset.errors import Busy
from onset.monitoring import live_streams, server_monitor
from onset.monitoring.answer_record import AnswerFeed
from onset.monitoring.history.history_store import FILE, HistoryStore
from onset.monitoring.live_streams import MOST_VIEWERS
from onset.monitoring.recommendations.advice_follow_up import FollowedRule
from onset.monitoring.server_monitor import ServerMonitor
from onset.monitoring.server_state import ServerState


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (server_monitor, live_streams):
        monkeypatch.setattr(module, "TICK", 0.005)


def monitor(history: Path | None = None, ready: bool = True) -> ServerMonitor:
    return ServerMonitor(AnswerFeed(), lambda: ServerState(ready=ready), "kokoro", history)


def watched(one: ServerMonitor, enough: Callable[[], bool]) -> None:
    """Watch until it is enough; fails if that takes five seconds."""

    async def run() -> None:
        one.start()
        async with asyncio.timeout(5):
            while not enough():
                await asyncio.sleep(0.002)
        await one.close()

    asyncio.run(run())


def state(one: ServerMonitor, name: str) -> str:
    return next(alert.state for alert in one.alerts.statuses() if alert.name == name)


def test_a_fault_in_watching_is_told_and_watching_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    looks: list[int] = []

    def fail() -> ServerState:
        looks.append(1)
        raise ValueError("a text of somebody")

    one = ServerMonitor(AnswerFeed(), fail, "kokoro")
    with caplog.at_level(logging.ERROR, "onset.server"):
        watched(one, lambda: len(looks) >= 3)
    assert "ValueError" in caplog.text and "somebody" not in caplog.text


def test_a_server_that_is_not_ready_for_long_is_down() -> None:
    for ready, expected in ((True, "ok"), (False, "firing")):
        one = monitor(ready=ready)
        one._down_since -= 61
        watched(one, lambda one=one, expected=expected: state(one, "down") == expected)  # type: ignore[misc]


def test_it_begins_where_the_last_one_stopped(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with closing(HistoryStore(path)) as store:
        store.add(1, [record(at=time(), language="zh", cold=True, ttfa=0.9)] * 3)
        store.add(1, events=[(time() - 9, "alert", "stalls", "firing", '{"evidence": "9 of 20"}')])
    one = monitor(path)
    watched(one, lambda: state(one, "stalls") == "firing" and bool(one._remembered.cold))
    assert [advice.rule for advice in one.snapshots.snapshot().recommendations] == ["cold language"]


def test_what_was_advised_is_followed_over_a_restart_though_nobody_looks(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with closing(HistoryStore(path)) as store:
        store.add(1, [record(at=time(), language="zh", cold=True, ttfa=0.9)] * 3)
    first, keeping = monitor(path), list[int]()
    keep = first._follow_up.keep

    def kept_now(rules: list[FollowedRule]) -> None:
        keep(rules)
        keeping.append(len(rules))

    first._follow_up.keep = kept_now
    watched(first, lambda: bool(keeping))
    with closing(HistoryStore(path)) as store:
        (kept,) = store.advice()
        assert kept.rule == "cold language" and kept.gone_at is None
    second = monitor(path)
    watched(second, lambda: bool(second._remembered.cold))
    (followed,) = second.snapshots.snapshot().followed
    assert followed.since == kept.since and followed.was == kept.was


def test_many_viewers_at_once_are_not_more_than_may_be() -> None:
    async def view() -> None:
        one = monitor()
        streams = [one.live.open() for _ in range(MOST_VIEWERS + 5)]
        firsts = [await anext(stream, b"") for stream in streams]
        assert firsts.count(b"") == 5
        with pytest.raises(Busy):
            one.live.open()
        one.live.close()
        for stream in streams:
            async for _ in stream:
                pass
        assert not one.live.full

    asyncio.run(view())
