"""What is told, when, and how often; and what a restart neither forgets nor repeats."""

import logging

import pytest

from onset.monitoring.alerts.alert_engine import (
    FORGET_SECONDS,
    HOUR,
    KEEP_SECONDS,
    MOST_NOTICES,
    REPEAT_SECONDS,
    AlertEngine,
    AlertNotice,
    log_notice,
)
from onset.monitoring.alerts.alert_rules import AlertRule, Situation
from onset.protocol.performance_api import HistoryEvent

DOWN = AlertRule(
    "down", "page", "seconds_down", "It is down.", "onset doctor", fire_at=60.0, clear_below=1
)
DEVICE = AlertRule(
    "device", "ticket", "device_ms", "Late.", "onset say", fire_at=300.0, clear_below=200
)


class Told:
    """An engine with one rule, and what it tells."""

    def __init__(self, *rules: AlertRule) -> None:
        self.engine = AlertEngine(rules or (DOWN,))
        self.notices: list[AlertNotice] = []
        self.changes: list[AlertNotice] = []
        self.engine.listeners.append(self.notices.append)
        self.engine.transitions.append(self.changes.append)

    def look(self, now: float, down: float = 0.0) -> str:
        self.engine.look(Situation(now, down=down))
        return self.state

    @property
    def state(self) -> str:
        return self.engine.statuses()[0].state

    @property
    def states(self) -> list[str]:
        return [notice.state for notice in self.notices]


def test_it_is_told_once_and_its_end_too() -> None:
    told = Told()
    assert told.state == "insufficient"
    assert told.look(0) == "ok" and not told.notices
    assert [told.look(at, 90) for at in (10, 11, 12)] == ["firing"] * 3
    assert told.look(20) == "clearing", "it fires for a while at least"
    assert told.look(10 + KEEP_SECONDS) == "ok" and told.states == ["firing", "resolved"]
    assert told.notices[1].since == 10 and told.changes == told.notices


def test_what_comes_back_meanwhile_is_the_same_alert() -> None:
    told = Told()
    states = [told.look(at, down) for at, down in ((1, 90), (50, 0), (100, 90), (101, 30))]
    assert states == ["firing", "clearing", "firing", "firing"]
    assert told.look(5000) == "ok" and told.states == ["firing", "resolved"]


def test_one_that_goes_on_is_told_again_after_hours() -> None:
    told = Told()
    for hour in range(13):
        told.look(HOUR * hour, 90)
    assert [notice.at for notice in told.notices] == [0, *(REPEAT_SECONDS * n for n in (1, 2, 3))]
    assert [notice.repeated for notice in told.notices] == [False, True, True, True]


def test_what_is_too_much_is_held_back_and_counted() -> None:
    rules = [
        AlertRule(f"down{n}", "page", "seconds_down", "", "onset doctor", fire_at=60, clear_below=1)
        for n in range(MOST_NOTICES + 3)
    ]
    told = Told(*rules)
    told.look(0, 90)
    assert len(told.notices) == MOST_NOTICES and len(told.changes) == len(rules)
    told.look(KEEP_SECONDS)
    assert len(told.notices) == MOST_NOTICES
    assert len(told.changes) == 2 * len(rules)
    told.look(2 * HOUR, 90)
    assert told.notices[MOST_NOTICES].held_back == 3 + MOST_NOTICES


def test_the_end_of_what_nobody_was_told_of_is_not_told() -> None:
    rules = [
        AlertRule(f"down{n}", "page", "seconds_down", "", "onset doctor", fire_at=60, clear_below=1)
        for n in range(MOST_NOTICES + 1)
    ]
    told = Told(*rules)
    told.look(0, 90)
    told.look(2 * HOUR)
    ended = {notice.rule.name for notice in told.notices if notice.state == "resolved"}
    assert ended == {rule.name for rule in rules[:MOST_NOTICES]}


def event(state: str, at: float, name: str = "down", kind: str = "alert") -> HistoryEvent:
    return HistoryEvent(
        at=at, kind=kind, name=name, state=state, facts={"evidence": "90, limit 60"}
    )


def test_a_restart_neither_forgets_nor_repeats() -> None:
    told = Told()
    told.engine.restore(
        [event("firing", 100.0), event("firing", 5.0, "gone"), event("x", 6, "down", "y")]
    )
    assert (told.state, told.engine.statuses()[0].since) == ("firing", 100.0)
    told.look(200, 90)
    assert told.notices == []
    told.look(100 + KEEP_SECONDS)
    assert told.states == ["resolved"] and told.notices[0].since == 100.0


def kept(notice: AlertNotice) -> HistoryEvent:
    """As the history keeps it."""
    facts: dict[str, str | float | None] = {
        "evidence": notice.evidence,
        "since": notice.since,
        "told": float(notice.told),
    }
    return HistoryEvent(
        at=notice.at, kind="alert", name=notice.rule.name, state=notice.state, facts=facts
    )


def test_restarts_at_any_moment_change_nothing_of_what_is_told() -> None:
    """One server, against one that is killed and started again before every look."""
    looks = [(HOUR * n / 2, 90.0 if n % 13 < 10 else 0.0) for n in range(60)]
    whole, last = Told(), Told()
    events: list[HistoryEvent] = []
    for at, down in looks:
        whole.look(at, down)
    for at, down in looks:
        again = Told()
        again.engine.restore(events)
        again.notices = last.notices
        again.engine.listeners[:] = [again.notices.append]
        again.engine.transitions.append(lambda notice: events.append(kept(notice)))
        again.look(at, down)
        last = again
    told = [(n.at, n.state, n.repeated, n.since) for n in whole.notices]
    assert [(n.at, n.state, n.repeated, n.since) for n in last.notices] == told
    assert sum(repeated for _, _, repeated, _ in told) >= 4


def test_what_was_held_back_before_a_restart_is_not_taken_for_told() -> None:
    told = Told()
    facts: dict[str, str | float | None] = {"evidence": "", "since": 100.0, "told": 0.0}
    event = HistoryEvent(at=100.0, kind="alert", name="down", state="firing", facts=facts)
    told.engine.restore([event])
    told.look(100 + KEEP_SECONDS)
    assert told.state == "ok" and told.notices == []


def test_what_had_ended_before_a_restart_stays_ended() -> None:
    told = Told()
    told.engine.restore([event("firing", 100.0), event("resolved", 900.0)])
    assert told.look(1000) == "ok" and not told.notices


def test_one_of_which_nothing_is_known_any_more_ends_after_a_day() -> None:
    told = Told(DEVICE)
    told.engine.restore([event("firing", 100.0, "device")])
    late = 100.0 + 10 * FORGET_SECONDS
    assert told.look(late) == "firing", "a server that has just started knows nothing yet"
    assert told.look(late + FORGET_SECONDS - 1) == "firing"
    assert told.look(late + FORGET_SECONDS + 1) == "ok" and told.states[-1] == "resolved"


def test_the_log_has_a_line(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    told.engine.listeners.append(log_notice)
    with caplog.at_level(logging.WARNING, "onset.server"):
        told.look(0, 90)
    (line,) = caplog.records
    assert (line.levelname, line.getMessage()) == ("WARNING", "alert")
    assert vars(line)["alert"] == "down" and vars(line)["evidence"] == "90 s, limit 60 s"
