"""Recommendations: what to do about what a run shows, with the evidence and a command to check it.

Each rule looks at the figures of one case alone, and fires or does not; its words are in
`data/recommendations.toml`.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from onset.bench.analysis.summary import ArmSummary, CaseSummary, RunSummary, ScenarioSummary
from onset.bench.analysis.verdicts import VerdictState

COMMON_PREBUFFER_MS = 20.0
"""Any sound device waits for as much; a smaller prebuffer needs no advice."""

LARGEST_SHARE = 0.5
"""Of the time to the first audio: from this share on one stage is to blame."""

RAGGED = 2.0
"""p95 over p50: from this ratio on the machine, not the server, may be the cause."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """evidence: what was measured, and where. check: the command that shows whether it helped."""

    rule: str
    evidence: str
    suggestion: str
    check: str

    def __str__(self) -> str:
        return f"{self.suggestion} Evidence: {self.evidence}. Check: {self.check}"


@dataclass(frozen=True, slots=True)
class MeasuredCase:
    """What a rule looks at: the first arm's figures in one case."""

    scenario: ScenarioSummary
    case: CaseSummary
    arm: ArmSummary

    @property
    def one_listener(self) -> bool:
        """Whether requests came one after another."""
        return self.case.concurrency <= 1 and self.case.rate_per_second is None

    @property
    def stream_rtf(self) -> float:
        """Median RTF of the stream; 0 when no answer was streamed to its end."""
        return self.arm.figures["rtf_stream"].p50 or 0.0

    def failed(self, metric: str) -> bool:
        """Whether a target for the metric was missed."""
        verdicts = self.arm.verdicts
        return any(v.metric == metric and v.state is VerdictState.FAIL for v in verdicts)


Finding = tuple[float, str, dict[str, object]]
"""How strong the evidence is, the table of the words, and the values in them."""

Rule = Callable[[MeasuredCase], Finding | None]


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("onset").joinpath("data", "recommendations.toml").read_text("utf-8"))


def advice(summary: RunSummary) -> tuple[Recommendation, ...]:
    """All recommendations of a run, in the order of RULES; of each rule the strongest case."""
    cases = [
        MeasuredCase(scenario, case, case.arms[0])
        for scenario in summary.scenarios
        for case in scenario.cases
        if case.arms and case.arms[0].figures
    ]
    strongest = []
    for rule in RULES:
        fired = [(finding, case) for case in cases if (finding := rule(case)) is not None]
        if fired:
            strongest.append(_recommendation(*max(fired, key=lambda pair: pair[0][0])))
    return tuple(strongest)


def _recommendation(finding: Finding, of: MeasuredCase) -> Recommendation:
    _, table, values = finding
    words = _words()[table]
    return Recommendation(
        rule=table.partition(":")[0],
        evidence=f"{of.scenario.name}, {of.case.name}: {words['evidence'].format_map(values)}",
        suggestion=words["suggestion"].format_map(values),
        check=words.get("check", f"onset bench run {of.scenario.name}"),
    )


def prebuffer(of: MeasuredCase) -> Finding | None:
    """Streams that stall although the server keeps up need a prebuffer."""
    spread = of.arm.figures["required_prebuffer"]
    needed = spread.p95 if spread.p95 is not None else spread.most
    if needed is None or needed <= COMMON_PREBUFFER_MS or of.stream_rtf >= 1:
        return None
    which = "p95" if spread.p95 is not None else f"most of {spread.n - spread.missing}"
    return needed, "prebuffer", {"needed": needed, "which": which}


def too_slow(of: MeasuredCase) -> Finding | None:
    """A server slower than real time; no prebuffer makes up for that."""
    if of.stream_rtf < 1 or not of.one_listener:
        return None
    return of.stream_rtf, "too slow", {"rtf": of.stream_rtf}


def slow_stage(of: MeasuredCase) -> Finding | None:
    """A missed TTFA target, and one stage that took most of the time."""
    if not of.failed("ttfa_audible") or not of.arm.stages:
        return None
    slowest = of.arm.stages[-1]
    stage, ms = max(slowest.stages_ms.items(), key=lambda pair: pair[1])
    share = ms / slowest.ttfa_audible_ms
    if share < LARGEST_SHARE:
        return None
    values: dict[str, object] = {"stage": stage, "ms": ms, "ttfa": slowest.ttfa_audible_ms}
    values |= {"request": slowest.request, "quantile": slowest.quantile}
    return share, "slow stage: queue" if stage == "queue" else "slow stage", values


def too_few(of: MeasuredCase) -> Finding | None:
    """A verdict that more requests would decide."""
    open_ = [v for v in of.arm.verdicts if v.state is VerdictState.INCONCLUSIVE]
    if not open_:
        return None
    values = {"promise": open_[0].promise, "reason": open_[0].reason, "n": of.arm.n}
    return float(len(open_)), "too few requests", values


def ragged(of: MeasuredCase) -> Finding | None:
    """A tail far from the median, although there is only one listener."""
    spread = of.arm.figures["ttfa_audible"]
    if not of.one_listener or not spread.p50 or spread.p95 is None:
        return None
    ratio = spread.p95 / spread.p50
    values: dict[str, object] = {"p95": spread.p95, "ratio": ratio, "p50": spread.p50}
    return (ratio, "ragged", values) if ratio >= RAGGED else None


def growth(of: MeasuredCase) -> Finding | None:
    """Memory that is not given back."""
    if not of.failed("memory_growth_bytes_per_request"):
        return None
    slope = of.arm.whole["memory_growth_bytes_per_request"] or 0.0
    return slope, "memory growth", {"kilobytes": slope / 1000}


def crowd(of: MeasuredCase) -> Finding | None:
    """So many listeners at once that streams stall."""
    smooth, listeners = of.arm.whole["smooth_ratio"], of.case.concurrency
    if listeners < 2 or smooth is None or smooth >= 0.9:
        return None
    # The case to report is the one with the fewest listeners.
    values: dict[str, object] = {"percent": 100 * smooth, "listeners": listeners}
    return 1 / listeners, "too many listeners", values


RULES: tuple[Rule, ...] = (slow_stage, too_slow, prebuffer, crowd, growth, ragged, too_few)
