"""Keeps the state of every alert, and tells of changes: once, and not too often."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from onset.monitoring.alerts.alert_rules import AlertRule, RuleFinding, Situation, alert_rules
from onset.protocol.performance_api import AlertStatus, HistoryEvent

KEEP_SECONDS = 600.0
"""How long an alert fires at least."""

REPEAT_SECONDS = 4 * 3600.0
"""After which one that still fires is told again."""

FORGET_SECONDS = 24 * 3600.0
"""After which one that nothing is known of any more ends."""

MOST_NOTICES, HOUR = 6, 3600.0
"""Notices within an hour; the rest are counted, and told with the next."""

AlertState = Literal["insufficient", "ok", "firing", "clearing"]
NoticeState = Literal["firing", "resolved"]

_log = logging.getLogger("onset.server")


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """Something to be told. held_back: notices before it that were too many. told: whether it
    itself was, or is one of them.
    """

    at: float
    rule: AlertRule
    state: NoticeState
    since: float
    evidence: str
    repeated: bool = False
    held_back: int = 0
    told: bool = True

    @property
    def facts(self) -> dict[str, str | float]:
        """What the history keeps of it, for `AlertEngine.restore`."""
        return {
            "evidence": self.evidence,
            "severity": self.rule.severity,
            "since": self.since,
            "told": float(self.told),
        }


@dataclass(slots=True)
class _Standing:
    """Where an alert stands. told_at: when it was last told to fire; known_at: when enough was last
    known to judge it; None: never.
    """

    state: AlertState = "insufficient"
    since: float | None = None
    told_at: float | None = None
    known_at: float | None = None
    evidence: str = ""


class AlertEngine:
    """All alerts of a server. One thread at a time may `look`; any may ask for `statuses`.

    listeners: are given what is to be told. transitions: are given every change, told or not, and
    what is told again.
    """

    def __init__(self, rules: Sequence[AlertRule] | None = None) -> None:
        self._rules = alert_rules() if rules is None else rules
        self._standings = {rule.name: _Standing() for rule in self._rules}
        self._told: deque[float] = deque(maxlen=MOST_NOTICES)
        self._held_back = 0
        self.listeners: list[Callable[[AlertNotice], None]] = []
        self.transitions: list[Callable[[AlertNotice], None]] = []

    def restore(self, events: Iterable[HistoryEvent]) -> None:
        """Go on where the last server stopped: what fired then fires now, and is not told again."""
        told = [event for event in events if event.kind == "alert"]
        for name, event in {event.name: event for event in told}.items():
            if event.state == "firing" and name in self._standings:
                evidence, since = event.facts.get("evidence"), event.facts.get("since")
                self._standings[name] = _Standing(
                    "firing",
                    since if isinstance(since, float) else event.at,
                    event.at if event.facts.get("told", 1.0) else None,
                    evidence=str(evidence or ""),
                )
        self._told.extend(event.at for event in told if event.facts.get("told", 1.0))

    def look(self, situation: Situation) -> None:
        """Judge every alert by the situation."""
        for rule in self._rules:
            self._judge(rule, rule.judge(situation), situation.now)

    def statuses(self) -> list[AlertStatus]:
        """Where every alert stands."""
        return [
            AlertStatus(
                name=rule.name,
                severity=rule.severity,
                state=standing.state,
                since=standing.since,
                says=rule.says,
                evidence=standing.evidence,
                check=rule.check,
            )
            for rule in self._rules
            for standing in (self._standings[rule.name],)
        ]

    def _judge(self, rule: AlertRule, finding: RuleFinding, now: float) -> None:
        standing = self._standings[rule.name]
        standing.evidence = finding.evidence
        if finding.fires is not None or finding.clears is not None or standing.known_at is None:
            standing.known_at = now
        if standing.state in ("firing", "clearing"):
            self._judge_firing(rule, standing, finding, now)
        elif finding.fires:
            standing.state, standing.since = "firing", now
            self._change(rule, standing, "firing", now)
        else:
            state: AlertState = "insufficient" if finding.fires is None else "ok"
            if state != standing.state:
                standing.state, standing.since = state, now

    def _judge_firing(
        self, rule: AlertRule, standing: _Standing, finding: RuleFinding, now: float
    ) -> None:
        since = now if standing.since is None else standing.since
        known_at = now if standing.known_at is None else standing.known_at
        forgotten = now - known_at > FORGET_SECONDS
        if forgotten or (finding.clears and not finding.fires):
            standing.state = "clearing"
            if now - since >= KEEP_SECONDS:
                self._change(rule, standing, "resolved", now)
                standing.state, standing.since, standing.told_at = "ok", now, None
            return
        standing.state = "firing"
        if standing.told_at is not None and now - standing.told_at >= REPEAT_SECONDS:
            self._tell(rule, standing, "firing", now, repeated=True)

    def _change(self, rule: AlertRule, standing: _Standing, state: NoticeState, now: float) -> None:
        # A resolution is told to those who were told that it fires.
        if state == "firing" or standing.told_at is not None:
            self._tell(rule, standing, state, now)
        else:
            self._keep(self._notice(rule, standing, state, now, told=False))

    def _tell(
        self,
        rule: AlertRule,
        standing: _Standing,
        state: NoticeState,
        now: float,
        repeated: bool = False,
    ) -> None:
        if len(self._told) == MOST_NOTICES and now - self._told[0] < HOUR:
            self._held_back += 1
            if not repeated:
                self._keep(self._notice(rule, standing, state, now, told=False))
            return
        self._told.append(now)
        notice = self._notice(rule, standing, state, now, repeated, self._held_back)
        self._held_back = 0
        standing.told_at = now
        # Kept first: a process that is killed in between tells nobody, rather than everybody twice.
        self._keep(notice)
        for listener in self.listeners:
            listener(notice)

    def _keep(self, notice: AlertNotice) -> None:
        for listener in self.transitions:
            listener(notice)

    def _notice(
        self,
        rule: AlertRule,
        standing: _Standing,
        state: NoticeState,
        now: float,
        repeated: bool = False,
        held_back: int = 0,
        told: bool = True,
    ) -> AlertNotice:
        since = now if standing.since is None else standing.since
        return AlertNotice(now, rule, state, since, standing.evidence, repeated, held_back, told)


def log_notice(notice: AlertNotice) -> None:
    """The log line of a notice."""
    fields: Mapping[str, object] = {
        "alert": notice.rule.name,
        "severity": notice.rule.severity,
        "state": notice.state,
        "says": notice.rule.says,
        "evidence": notice.evidence,
        "held_back": notice.held_back,
    }
    _log.warning("alert", extra=fields)
