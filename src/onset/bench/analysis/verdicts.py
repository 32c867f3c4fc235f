"""Verdicts on targets (SLOs): pass, fail, inconclusive, or not measured, which is no pass.

A target for a share of the requests ("95 % under 800 ms") is decided by an exact test
(`stats.binomial`); one for all requests of the case, or for a figure of it, by what was measured.
A case that could not be measured here, for want of a device, is reported as such and is no
failure. A figure that is missing from a case that was measured is one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from onset.bench.analysis.case_metrics import ALL_METRICS, CASE_METRICS, CaseTrials
from onset.bench.analysis.distribution import name, rounded, scaled
from onset.bench.analysis.metrics import METRICS, Metric, Unit
from onset.bench.records.plan import AttemptFilter, Case, LoadShape, Target
from onset.bench.records.recording import Recording
from onset.errors import InvalidRequest
from onset.stats.binomial import Decision, judge
from onset.stats.quantiles import median, quantile


class VerdictState(StrEnum):
    """The verdict on a target."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class TargetVerdict:
    """promise: the target in words. measured: the share or figure that decided, in `unit`.

    low, high: one-sided 95 % bounds of a share. reason: why, where the figure does not say it.
    origin: who set the target.
    """

    metric: str
    promise: str
    state: VerdictState
    measured: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    reason: str = ""
    origin: str = ""


class TargetJudge:
    """Judges the targets of one scenario.

    ours: by case, the trials of the arm that the targets are for; others: by (case, arm).
    """

    def __init__(
        self,
        ours: Mapping[str, CaseTrials],
        others: Mapping[tuple[str, str], CaseTrials] | None = None,
    ) -> None:
        self._ours = ours
        self._others = others or {}

    def verdicts(self, targets: Sequence[Target], case: Case) -> tuple[TargetVerdict, ...]:
        """On the targets that are for this case."""
        applicable = [target for target in targets if not target.cases or case.name in target.cases]
        return tuple(self.verdict(target, case) for target in applicable)

    def verdict(self, target: Target, case: Case) -> TargetVerdict:
        """On one target, for this case. Raises InvalidRequest for an unknown metric."""
        unit = unit_of(target.metric)
        missing = TargetVerdict(
            target.metric, promise(target), VerdictState.NOT_MEASURED, origin=target.origin
        )
        group = self._ours.get(case.name)
        why = case.not_measured or (group.scenario.not_measured if group else "")
        if why or group is None or not group.n:
            return replace(missing, reason=why or "nothing was planned")
        if why := self._missing(target.metric, group):
            return replace(missing, reason=why)
        group = group.of(target.of)
        if not group.n and target.of is AttemptFilter.REFUSED:
            return replace(missing, reason="no request was refused")
        if not group.n:
            why = f"the case was measured, no request was {target.of}"
            return replace(missing, state=VerdictState.FAIL, reason=why)
        if target.share is not None:
            return _of_share(missing, target, target.share, group)
        figure = self._figure(target.metric, group)
        if figure is None:
            why = "the case was measured, this figure was not"
            return replace(missing, state=VerdictState.FAIL, reason=why)
        state = VerdictState.PASS if target.holds(figure) else VerdictState.FAIL
        return replace(
            missing, state=state, measured=rounded(scaled(figure, unit)), unit=name(unit)
        )

    def _missing(self, metric: str, group: CaseTrials) -> str:
        """Why a ratio or difference cannot be formed: what the run lacks; empty if nothing."""
        relation, _, other = _relation(metric)
        if relation is Relation.OF_ARMS:
            asked = (group.case.name, other) in self._others
            return "" if asked else f"{other} was not asked"
        known = relation is None or other in self._ours
        return "" if known else f"the run has no case {other}"

    def _figure(self, metric: str, group: CaseTrials) -> float | None:
        if metric in _OF_CASES:
            return _OF_CASES[metric].figure(group)
        if metric == CAPACITY:
            return self._capacity(group)
        relation, key, other = _relation(metric)
        if relation is None:
            return _of_quantile(metric, group)
        if relation is Relation.OF_ARMS:
            return self._over_arm(key, group, other)
        here, there = (_of_quantile(key, one) for one in (group, self._ours[other]))
        if here is None or there is None:
            return None
        if relation is Relation.AFTER:
            return here - there
        return here / there if there else None

    def _over_arm(self, key: str, group: CaseTrials, arm: str) -> float | None:
        """Median over the texts of (the arm's figure / ours); 0 for a text that our arm failed."""
        row, peer = _metric(key), self._others[group.case.name, arm]
        ours = {t.ask.number: row.figure(t.recording) for t in group.trials}
        theirs = {t.ask.number: row.figure(t.recording) for t in peer.trials}
        pairs = [(theirs[number], ours[number]) for number in sorted(theirs.keys() & ours.keys())]
        return median([0.0 if not own else other / own for other, own in pairs if other])

    def _capacity(self, group: CaseTrials) -> float | None:
        """Highest offered rate at which, and below which, all targets for shares were met."""
        highest = None
        cases = group.scenario.cases
        rates = {c.name: c.rate for c in cases if c.shape is LoadShape.OPEN and c.rate is not None}
        for case, rate in sorted(rates.items(), key=lambda pair: pair[1]):
            offered = self._ours.get(case)
            if offered is None or not all(_seen(t, offered) for t in group.scenario.targets):
                break
            highest = rate
        return highest


class Relation(StrEnum):
    """How a target's metric relates two cases, or two arms; each stands before the other's name."""

    AFTER = "_after:"
    OF_CASES = "_p50_ratio:"
    OF_ARMS = "_ratio:"


CAPACITY = "capacity_per_second"
"""Metric of a scenario with several rates."""

_OF_REQUESTS = {row.key: row for row in METRICS}
_OF_CASES = {row.key: row for row in CASE_METRICS}
_STATES = {
    Decision.MET: VerdictState.PASS,
    Decision.MISSED: VerdictState.FAIL,
    Decision.UNDECIDED: VerdictState.INCONCLUSIVE,
}


def promise(target: Target) -> str:
    """The target in words, such as "95 % with ttfa_audible <= 800 ms"."""
    unit = unit_of(target.metric)
    limit = target.most if target.most is not None else target.least
    sign = "<=" if target.most is not None else ">="
    amount = scaled(limit, unit)
    suffix = "" if unit in (Unit.RATIO, Unit.COUNT) else f" {name(unit)}"
    share = "" if target.share is None else f"{100 * target.share:g} % with "
    of = "" if target.of is AttemptFilter.ALL else f" of those {target.of}"
    return f"{share}{target.metric} {sign} {amount:g}{suffix}{of}"


def unit_of(metric: str) -> Unit:
    """The unit of anything that a target can name; a ratio for what is unknown."""
    if metric == CAPACITY:
        return Unit.PER_SECOND
    relation, key, _ = _relation(metric)
    if relation not in (None, Relation.AFTER):
        return Unit.RATIO
    keys = (key, re.sub(r"_p\d+$", "", key))
    return next((row.unit for row in ALL_METRICS if row.key in keys), Unit.RATIO)


def _relation(metric: str) -> tuple[Relation | None, str, str]:
    """The relation if there is one, the metric or quantile, and the other case or arm."""
    for relation in Relation:
        key, found, other = metric.partition(relation)
        if found:
            return relation, f"{key}_p50" if relation is Relation.OF_CASES else key, other
    return None, metric, ""


def _of_share(
    missing: TargetVerdict, target: Target, share: float, group: CaseTrials
) -> TargetVerdict:
    met = _met(target, group)
    verdict = replace(missing, measured=rounded(met / group.n), unit="share")
    if share >= 1:  # of these requests, not of all that could be made
        return replace(verdict, state=VerdictState.PASS if met == group.n else VerdictState.FAIL)
    misses = judge(group.n - met, group.n, 1 - share)
    reason = ""
    if misses.decision is Decision.UNDECIDED:
        reason = f"needs at least {misses.more} more requests"
        if misses.more is None:
            reason = "too near to the limit for any number of requests"
    return replace(
        verdict,
        state=_STATES[misses.decision],
        low=rounded(1 - misses.high),
        high=rounded(1 - misses.low),
        reason=reason,
    )


def _seen(target: Target, group: CaseTrials) -> bool:
    """Whether the measured share meets the target, certain or not; true for other targets."""
    share = target.share
    return share is None or (group.n > 0 and _met(target, group) >= share * group.n)


def _met(target: Target, group: CaseTrials) -> int:
    return sum(target.holds(figure) for figure in group.figures(_metric(target.metric)))


def _of_quantile(metric: str, group: CaseTrials) -> float | None:
    key, _, share = metric.rpartition("_p")
    row = _metric(key if share.isdecimal() else metric)
    if not share.isdecimal():
        raise InvalidRequest(f"Say {metric}_p50 or {metric}_p95, or a share of it.", "metric")
    sign = -1.0 if row.more_is_better else 1.0
    ranked = [None if value is None else sign * value for value in group.figures(row)]
    value = median(ranked) if share == "50" else quantile(ranked, int(share) / 100)
    return None if value is None else sign * value


def _metric(key: str) -> Metric[Recording]:
    if key not in _OF_REQUESTS:
        choices = ", ".join(row.key for row in ALL_METRICS)
        raise InvalidRequest(f"There is no metric {key!r}. Choices: {choices}.", "metric")
    return _OF_REQUESTS[key]
