"""Verdicts on targets (SLOs): pass, fail, inconclusive, or not measured, which is no pass.

A target for a share of the requests ("95 % under 800 ms") is decided by an exact test
(`stats.binomial`); one for all requests of the case, or for a figure of it, by what was measured.
A case that could not be measured here, for want of a device, is reported as such and is no
failure. A figure that is missing from a case that was measured is one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from onset.bench.analysis.case_metrics import CASE_METRICS, CaseTrials
from onset.bench.analysis.distribution import name, rounded, scaled
from onset.bench.analysis.metrics import METRICS, Metric, Unit
from onset.bench.records.plan import AttemptFilter, Case, LoadShape, Target
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

    def verdict(self, target: Target, case: Case) -> TargetVerdict:
        """The verdict on one target in one case. Raises InvalidRequest for an unknown metric."""
        group = self._ours.get(case.name)
        why = case.not_measured or (group.scenario.not_measured if group else "")
        if why or group is None or not group.n:
            return _not_measured(target, why or "nothing was planned")
        if missing := self._missing(target.metric, group):
            return _not_measured(target, missing)
        group = group.of(target.of)
        if not group.n and target.of is AttemptFilter.REFUSED:
            return _not_measured(target, "no request was refused")
        if not group.n:
            why = f"the case was measured, no request was {target.of}"
            return _without_figure(target, VerdictState.FAIL, why)
        if target.share is not None:
            return _of_share(target, group)
        figure, unit = self._figure(target.metric, group)
        if figure is None:
            why = "the case was measured, this figure was not"
            return _without_figure(target, VerdictState.FAIL, why)
        state = VerdictState.PASS if target.holds(figure) else VerdictState.FAIL
        measured = rounded(scaled(figure, unit))
        words = promise(target, unit)
        return TargetVerdict(
            target.metric, words, state, measured, name(unit), origin=target.origin
        )

    def _missing(self, metric: str, group: CaseTrials) -> str:
        """Why a ratio or difference cannot be formed: what the run lacks; empty if nothing."""
        key, _, other = metric.partition(AFTER if AFTER in metric else "_ratio:")
        if other and (key.endswith("_p50") or AFTER in metric):
            return "" if other in self._ours else f"the run has no case {other}"
        arms = {arm for case, arm in self._others if case == group.case.name}
        return "" if not other or other in arms else f"{other} was not asked"

    def _figure(self, metric: str, group: CaseTrials) -> tuple[float | None, Unit]:
        for row in CASE_METRICS:
            if row.key == metric:
                return row.figure(group), row.unit
        if metric == CAPACITY:
            return self._capacity(group), Unit.PER_SECOND
        key, _, other = metric.partition(AFTER)
        if other:
            return self._after_case(key, group, other)
        key, _, other = metric.partition("_ratio:")
        if other and key.endswith("_p50"):
            return self._over_case(key, group, other), Unit.RATIO
        if other:
            return self._over_arm(key, group, other), Unit.RATIO
        return _of_quantile(metric, group)

    def _over_case(self, key: str, group: CaseTrials, other: str) -> float | None:
        here, there = (_of_quantile(key, one)[0] for one in (group, self._ours[other]))
        return here / there if here is not None and there else None

    def _after_case(self, key: str, group: CaseTrials, other: str) -> tuple[float | None, Unit]:
        (here, unit), (there, _) = (_of_quantile(key, one) for one in (group, self._ours[other]))
        return (None if here is None or there is None else here - there), unit

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
        for rate, case in _offered(group.scenario.cases):
            offered = self._ours.get(case.name)
            if offered is None or not all(_seen(t, offered) for t in group.scenario.targets):
                break
            highest = rate
        return highest


AFTER = "_after:"
"""Between a quantile and another case: the target is for the difference of the two cases."""

CAPACITY = "capacity_per_second"
"""Metric of a scenario with several rates."""


def judged(judge_: TargetJudge, targets: Sequence[Target], case: Case) -> tuple[TargetVerdict, ...]:
    """Verdicts on the targets that are for this case."""
    applicable = [target for target in targets if not target.cases or case.name in target.cases]
    return tuple(judge_.verdict(target, case) for target in applicable)


def promise(target: Target, unit: Unit) -> str:
    """The target in words, such as "95 % with ttfa_audible <= 800 ms"."""
    limit = target.most if target.most is not None else target.least
    sign = "<=" if target.most is not None else ">="
    amount = scaled(limit, unit)
    suffix = "" if unit in (Unit.RATIO, Unit.COUNT) else f" {name(unit)}"
    share = "" if target.share is None else f"{100 * target.share:g} % with "
    of = "" if target.of is AttemptFilter.ALL else f" of those {target.of}"
    return f"{share}{target.metric} {sign} {amount:g}{suffix}{of}"


def _of_share(target: Target, group: CaseTrials) -> TargetVerdict:
    row = _metric(target.metric)
    assert target.share is not None  # asked before
    met = _met(target, row, group)
    words = promise(target, row.unit)
    if target.share >= 1:  # of these requests, not of all that could be made
        state = VerdictState.PASS if met == group.n else VerdictState.FAIL
        share = rounded(met / group.n)
        return TargetVerdict(target.metric, words, state, share, "share", origin=target.origin)
    misses = judge(group.n - met, group.n, 1 - target.share)
    return TargetVerdict(
        target.metric,
        words,
        _STATES[misses.decision],
        measured=rounded(met / group.n),
        unit="share",
        low=rounded(1 - misses.high),
        high=rounded(1 - misses.low),
        reason=_more(misses.more) if misses.decision is Decision.UNDECIDED else "",
        origin=target.origin,
    )


def _seen(target: Target, group: CaseTrials) -> bool:
    """Whether the measured share meets the target, certain or not; true for other targets."""
    if target.share is None:
        return True
    return group.n > 0 and _met(target, _metric(target.metric), group) >= target.share * group.n


def _met(target: Target, row: Metric, group: CaseTrials) -> int:
    return sum(target.holds(row.figure(trial.recording)) for trial in group.trials)


def _more(more: int | None) -> str:
    if more is None:
        return "too near to the limit for any number of requests"
    return f"needs at least {more} more requests"


_STATES = {
    Decision.MET: VerdictState.PASS,
    Decision.MISSED: VerdictState.FAIL,
    Decision.UNDECIDED: VerdictState.INCONCLUSIVE,
}


def _of_quantile(metric: str, group: CaseTrials) -> tuple[float | None, Unit]:
    key, _, share = metric.rpartition("_p")
    row = _metric(key if share.isdecimal() else metric)
    if not share.isdecimal():
        raise InvalidRequest(f"Say {metric}_p50 or {metric}_p95, or a share of it.", "metric")
    values = [row.figure(trial.recording) for trial in group.trials]
    values += [None] * (group.n - len(values))
    sign = -1.0 if row.more_is_better else 1.0
    ranked = [None if value is None else sign * value for value in values]
    value = median(ranked) if share == "50" else quantile(ranked, int(share) / 100)
    return None if value is None else sign * value, row.unit


def _metric(key: str) -> Metric:
    for row in METRICS:
        if row.key == key:
            return row
    keys = [row.key for row in (*METRICS, *CASE_METRICS)]
    raise InvalidRequest(f"There is no metric {key!r}. Choices: {', '.join(keys)}.", "metric")


def _offered(cases: Sequence[Case]) -> list[tuple[float, Case]]:
    open_ = [(c.rate, c) for c in cases if c.shape is LoadShape.OPEN and c.rate is not None]
    return sorted(open_, key=lambda pair: pair[0])


def _not_measured(target: Target, why: str) -> TargetVerdict:
    return _without_figure(target, VerdictState.NOT_MEASURED, why)


def _without_figure(target: Target, state: VerdictState, why: str) -> TargetVerdict:
    words = promise(target, unit_of(target.metric))
    return TargetVerdict(target.metric, words, state, reason=why, origin=target.origin)


def unit_of(metric: str) -> Unit:
    """The unit of anything that a target can name; a ratio for what is unknown."""
    if "_ratio:" in metric:
        return Unit.RATIO
    if metric == CAPACITY:
        return Unit.PER_SECOND
    metric = metric.partition(AFTER)[0]
    rows = (*METRICS, *CASE_METRICS)
    stem = re.sub(r"_p\d+$", "", metric)
    return next((row.unit for row in rows if row.key in (metric, stem)), Unit.RATIO)
