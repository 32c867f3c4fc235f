"""Recommendations: what to do about what a run shows, with the evidence and a command to check it.

Each rule looks at the figures of one case alone, and fires or does not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class MeasuredCase:
    """What a rule looks at: the first arm's figures in one case."""

    scenario: ScenarioSummary
    case: CaseSummary
    arm: ArmSummary

    @property
    def place(self) -> str:
        """Where it was measured, in words."""
        return f"{self.scenario.name}, {self.case.name}"

    @property
    def rerun(self) -> str:
        """The command that measures the scenario again."""
        return f"onset bench run {self.scenario.name}"

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


Rule = Callable[[MeasuredCase], tuple[float, Recommendation] | None]
"""None, or how strong the evidence is and what to do about it."""


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
        fired = [result for case in cases if (result := rule(case)) is not None]
        if fired:
            strongest.append(max(fired, key=lambda pair: pair[0])[1])
    return tuple(strongest)


def advice_lines(recommendations: tuple[Recommendation, ...]) -> Iterator[str]:
    """Each recommendation as one line."""
    for one in recommendations:
        yield f"{one.suggestion} Evidence: {one.evidence}. Check: {one.check}"


def prebuffer(of: MeasuredCase) -> tuple[float, Recommendation] | None:
    """Streams that stall although the server keeps up need a prebuffer."""
    spread = of.arm.figures["required_prebuffer"]
    needed = spread.p95 if spread.p95 is not None else spread.most
    if needed is None or needed <= COMMON_PREBUFFER_MS or of.stream_rtf >= 1:
        return None
    which = "p95" if spread.p95 is not None else f"most of {spread.n - spread.missing}"
    return needed, Recommendation(
        "prebuffer",
        f"{of.place}: required prebuffer {needed:.0f} ms ({which})",
        f"Let the player wait for {needed:.0f} ms of audio before it starts.",
        of.rerun,
    )


def too_slow(of: MeasuredCase) -> tuple[float, Recommendation] | None:
    """A server slower than real time; no prebuffer makes up for that."""
    if of.stream_rtf < 1 or not of.one_listener:
        return None
    return of.stream_rtf, Recommendation(
        "too slow",
        f"{of.place}: RTF of the stream {of.stream_rtf:.2f} (median), with one listener",
        "Free the machine of other work, or take a faster one; more listeners make it worse.",
        "onset bench stream",
    )


def slow_stage(of: MeasuredCase) -> tuple[float, Recommendation] | None:
    """A missed TTFA target, and one stage that took most of the time."""
    if not of.failed("ttfa_audible") or not of.arm.stages:
        return None
    slowest = of.arm.stages[-1]
    stage, ms = max(slowest.stages_ms.items(), key=lambda pair: pair[1])
    share = ms / slowest.ttfa_audible_ms
    if share < LARGEST_SHARE:
        return None
    queue = stage == "queue"
    return share, Recommendation(
        "slow stage",
        f"{of.place}: {stage} took {ms:.0f} of {slowest.ttfa_audible_ms:.0f} ms "
        f"(request {slowest.request}, {slowest.quantile})",
        "Take fewer listeners at once (ONSET_MAX_STREAMS)."
        if queue
        else "Try another number of threads (ONSET_THREADS).",
        of.rerun if queue else "onset bench compare onset onset:threads=1",
    )


def too_few(of: MeasuredCase) -> tuple[float, Recommendation] | None:
    """A verdict that more requests would decide."""
    open_ = [v for v in of.arm.verdicts if v.state is VerdictState.INCONCLUSIVE]
    if not open_:
        return None
    return float(len(open_)), Recommendation(
        "too few requests",
        f"{of.place}: {open_[0].promise}: {open_[0].reason} than {of.arm.n}",
        "Ask for more requests before believing either way.",
        of.rerun,
    )


def ragged(of: MeasuredCase) -> tuple[float, Recommendation] | None:
    """A tail far from the median, although there is only one listener."""
    spread = of.arm.figures["ttfa_audible"]
    if not of.one_listener or not spread.p50 or spread.p95 is None:
        return None
    ratio = spread.p95 / spread.p50
    if ratio < RAGGED:
        return None
    return ratio, Recommendation(
        "ragged",
        f"{of.place}: p95 {spread.p95:.0f} ms is {ratio:.1f} "
        f"times the median of {spread.p50:.0f} ms, with one listener",
        "Look for other work on this machine, and run again when it is idle.",
        of.rerun,
    )


def growth(of: MeasuredCase) -> tuple[float, Recommendation] | None:
    """Memory that is not given back."""
    if not of.failed("memory_growth_bytes_per_request"):
        return None
    slope = of.arm.whole["memory_growth_bytes_per_request"] or 0.0
    return slope, Recommendation(
        "memory growth",
        f"{of.place}: {slope / 1000:.1f} kB for each request in the second half",
        "Restart the server now and then until this is understood.",
        "onset bench memory --requests 400",
    )


def crowd(of: MeasuredCase) -> tuple[float, Recommendation] | None:
    """So many listeners at once that streams stall."""
    smooth, listeners = of.arm.whole["smooth_ratio"], of.case.concurrency
    if listeners < 2 or smooth is None or smooth >= 0.9:
        return None
    # The case to report is the one with the fewest listeners.
    return 1 / listeners, Recommendation(
        "too many listeners",
        f"{of.place}: {100 * smooth:.0f} % of the streams were smooth with "
        f"{listeners} listeners at once",
        f"Set ONSET_MAX_STREAMS below {listeners}, or take more cores.",
        of.rerun,
    )


RULES: tuple[Rule, ...] = (slow_stage, too_slow, prebuffer, crowd, growth, ragged, too_few)
