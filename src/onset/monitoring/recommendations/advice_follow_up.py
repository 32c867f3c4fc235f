"""What became of what was advised: the figure it rested on, then and now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import time

from onset.monitoring.recommendations.live_recommendations import RULES, Findings
from onset.protocol.performance_api import FollowedAdvice, LiveAdvice

FOLLOWED = 7 * 86_400.0
"""Seconds for which advice is followed after its evidence is gone."""


@dataclass(slots=True)
class _Followed:
    since: float
    was: str | None
    last_seen: float
    gone_at: float | None = None


@dataclass(slots=True)
class AdviceFollowUp:
    """Follows every rule that once advised something, until the server ends. Any thread may ask.

    clock: Unix time.
    """

    clock: Callable[[], float] = time
    _rules: dict[str, _Followed] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def follow(self, advice: Sequence[LiveAdvice], findings: Findings) -> list[FollowedAdvice]:
        """Note what is advised now; what became of all that was, in the order of the rules."""
        given, now = {one.rule for one in advice}, self.clock()
        figures = {rule.name: rule.figure(findings) for rule in RULES}
        with self._lock:
            for name in given:
                seen = self._rules.setdefault(name, _Followed(now, figures[name], now))
                seen.last_seen, seen.gone_at = now, None
            for name, followed in list(self._rules.items()):
                if name not in given and followed.gone_at is None:
                    followed.gone_at = now
                if now - followed.last_seen > FOLLOWED:
                    del self._rules[name]
            return [
                FollowedAdvice(
                    rule=rule.name,
                    suggestion=rule.suggestion,
                    check=rule.check,
                    since=known.since,
                    was=known.was,
                    now=figures[rule.name],
                    gone_at=known.gone_at,
                )
                for rule in RULES
                if (known := self._rules.get(rule.name)) is not None
            ]
