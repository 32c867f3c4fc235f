"""What became of what was advised: the figure it rested on, then and now."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from time import time

from onset.monitoring.recommendations.live_recommendations import (
    RULES,
    Findings,
    not_enough_known,
)
from onset.protocol.performance_api import FollowedAdvice, LiveAdvice

FOLLOWED = 7 * 86_400.0
"""Seconds for which advice is followed after its evidence is gone."""

KEPT_EVERY = 600.0
"""Seconds after which it is kept again that a rule still advises the same."""


@dataclass(frozen=True, slots=True)
class FollowedRule:
    """A rule that advised something. Unix times; was: the figure it rested on when it began to.

    gone_at: since when it no longer does, None while it does or too little is known.
    """

    rule: str
    since: float
    was: str | None
    last_seen: float
    gone_at: float | None = None


@dataclass(slots=True)
class AdviceFollowUp:
    """Follows every rule that once advised something. Any thread may ask.

    keep: is given all that is followed whenever that changed, so that a restart does not forget it.
    clock: Unix time.
    """

    clock: Callable[[], float] = time
    keep: Callable[[list[FollowedRule]], None] = lambda rules: None
    _rules: dict[str, FollowedRule] = field(default_factory=dict)
    _kept: list[FollowedRule] = field(default_factory=list)
    _kept_at: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def restore(self, kept: Iterable[FollowedRule]) -> None:
        """Go on where the last server stopped."""
        with self._lock:
            for old in kept:
                seen = self._rules.get(old.rule)
                self._rules[old.rule] = (
                    old if seen is None else replace(seen, since=old.since, was=old.was)
                )

    def follow(self, advice: Sequence[LiveAdvice], findings: Findings) -> list[FollowedAdvice]:
        """Note what is advised now; what became of all that was, in the order of the rules."""
        now, given = self.clock(), {one.rule for one in advice}
        unknown = {one.rule for one in not_enough_known(findings)}
        figures = {rule.name: rule.figure(findings) for rule in RULES}
        with self._lock:
            for name in given:
                seen = self._rules.get(name) or FollowedRule(name, now, figures[name], now)
                self._rules[name] = replace(seen, last_seen=now, gone_at=None)
            for name, seen in list(self._rules.items()):
                if name not in given | unknown and seen.gone_at is None:
                    self._rules[name] = replace(seen, gone_at=now)
                if now - seen.last_seen > FOLLOWED:
                    del self._rules[name]
            self._keep(now)
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

    def _keep(self, now: float) -> None:
        """Have it kept if more changed than when it was last seen, or that is long ago."""
        timeless = [replace(rule, last_seen=0.0) for rule in self._rules.values()]
        if timeless != self._kept or (timeless and now - self._kept_at >= KEPT_EVERY):
            self._kept, self._kept_at = timeless, now
            self.keep(list(self._rules.values()))
