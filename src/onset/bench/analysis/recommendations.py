"""What to do about what a run shows: each piece of advice names its evidence and a command.

A rule fires on figures alone, and says how to see whether the advice helped.
Knows nothing of how the figures came about, or of anything that was not measured.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from onset.bench.analysis.summary import ArmSummary, CaseSummary, RunSummary, ScenarioSummary
from onset.bench.analysis.verdicts import VerdictState

COMMON_PREBUFFER_MS = 20.0
"""A smaller prebuffer is inside what any sound device waits for."""

LARGEST_SHARE = 0.5
"""Of the time to the first audio, from which on one stage is to blame."""

RAGGED = 2.0
"""p95 over p50 from which on the machine, not the server, may be at work."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """evidence: what was measured, and where. check: the command that shows whether it helped."""

    rule: str
    evidence: str
    suggestion: str
    check: str


def advice(summary: RunSummary) -> tuple[Recommendation, ...]:
    """All that a run gives reason to, in the order of RULES; of each rule the strongest case."""
    places = [
        (scenario, case, case.arms[0])
        for scenario in summary.scenarios
        for case in scenario.cases
        if case.arms and case.arms[0].figures
    ]
    found = []
    for rule in RULES:
        ranked = [told for place in places if (told := rule(*place)) is not None]
        found += [given for _, given in sorted(ranked, key=lambda pair: -pair[0])[:1]]
    return tuple(found)


Rule = Callable[[ScenarioSummary, CaseSummary, ArmSummary], "tuple[float, Recommendation] | None"]


def prebuffer(
    scenario: ScenarioSummary, case: CaseSummary, arm: ArmSummary
) -> tuple[float, Recommendation] | None:
    """Streams that stall although the server keeps up need a prebuffer."""
    spread = arm.figures["required_prebuffer"]
    needed = spread.p95 if spread.p95 is not None else spread.most
    if needed is None or needed <= COMMON_PREBUFFER_MS or _pace(arm) >= 1:
        return None
    which = "p95" if spread.p95 is not None else f"most of {spread.n - spread.missing}"
    return needed, Recommendation(
        "prebuffer",
        f"{_place(scenario, case)}: required prebuffer {needed:.0f} ms ({which})",
        f"Let the player wait for {needed:.0f} ms of audio before it starts.",
        f"onset bench run {scenario.name}",
    )


def too_slow(
    scenario: ScenarioSummary, case: CaseSummary, arm: ArmSummary
) -> tuple[float, Recommendation] | None:
    """A server that speaks slower than people listen; no prebuffer makes up for that."""
    pace = _pace(arm)
    if pace < 1 or case.concurrency > 1 or case.rate_per_second is not None:
        return None
    return pace, Recommendation(
        "too slow",
        f"{_place(scenario, case)}: RTF of the stream {pace:.2f} (median), with one listener",
        "Free the machine of other work, or take a faster one; more listeners make it worse.",
        "onset bench stream",
    )


def slow_stage(
    scenario: ScenarioSummary, case: CaseSummary, arm: ArmSummary
) -> tuple[float, Recommendation] | None:
    """A missed TTFA whose time went into one stage."""
    if not _missed(arm, "ttfa_audible") or not arm.stages:
        return None
    told = arm.stages[-1]
    stage, ms = max(told.stages_ms.items(), key=lambda pair: pair[1])
    share = ms / told.ttfa_audible_ms
    if share < LARGEST_SHARE:
        return None
    cure = (
        "Take fewer listeners at once (ONSET_MAX_STREAMS)."
        if stage == "queue"
        else "Try another number of threads (ONSET_THREADS)."
    )
    threads = "onset bench compare onset onset:threads=1"
    return share, Recommendation(
        "slow stage",
        f"{_place(scenario, case)}: {stage} took {ms:.0f} of {told.ttfa_audible_ms:.0f} ms "
        f"(request {told.request}, {told.quantile})",
        cure,
        f"onset bench run {scenario.name}" if stage == "queue" else threads,
    )


def too_few(
    scenario: ScenarioSummary, case: CaseSummary, arm: ArmSummary
) -> tuple[float, Recommendation] | None:
    """A verdict that more requests would decide."""
    told = [v for v in arm.verdicts if v.state is VerdictState.INCONCLUSIVE]
    if not told:
        return None
    return float(len(told)), Recommendation(
        "too few requests",
        f"{_place(scenario, case)}: {told[0].promise}: {told[0].reason} than {arm.n}",
        "Ask for more requests before believing either way.",
        f"onset bench run {scenario.name}",
    )


def ragged(
    scenario: ScenarioSummary, case: CaseSummary, arm: ArmSummary
) -> tuple[float, Recommendation] | None:
    """A tail far from the median, with one listener only."""
    spread = arm.figures["ttfa_audible"]
    if case.concurrency > 1 or case.rate_per_second is not None:
        return None
    if not spread.p50 or spread.p95 is None or spread.p95 < RAGGED * spread.p50:
        return None
    return spread.p95 / spread.p50, Recommendation(
        "ragged",
        f"{_place(scenario, case)}: p95 {spread.p95:.0f} ms is {spread.p95 / spread.p50:.1f} "
        f"times the median of {spread.p50:.0f} ms, with one listener",
        "Look for other work on this machine, and run again when it is idle.",
        f"onset bench run {scenario.name}",
    )


def growth(
    scenario: ScenarioSummary, case: CaseSummary, arm: ArmSummary
) -> tuple[float, Recommendation] | None:
    """Memory that is not given back."""
    if not _missed(arm, "memory_growth_bytes_per_request"):
        return None
    slope = arm.whole["memory_growth_bytes_per_request"] or 0.0
    return slope, Recommendation(
        "memory growth",
        f"{_place(scenario, case)}: {slope / 1000:.1f} kB for each request in the second half",
        "Restart the server now and then until this is understood.",
        "onset bench memory --requests 400",
    )


def crowd(
    scenario: ScenarioSummary, case: CaseSummary, arm: ArmSummary
) -> tuple[float, Recommendation] | None:
    """Listeners at once with whom streams stall."""
    smooth = arm.whole["smooth_ratio"]
    if case.concurrency < 2 or smooth is None or smooth >= 0.9:
        return None
    # The fewest listeners with whom it stalls is the case to tell.
    return 1 / case.concurrency, Recommendation(
        "too many listeners",
        f"{_place(scenario, case)}: {100 * smooth:.0f} % of the streams were smooth with "
        f"{case.concurrency} listeners at once",
        f"Set ONSET_MAX_STREAMS below {case.concurrency}, or take more cores.",
        f"onset bench run {scenario.name}",
    )


RULES: tuple[Rule, ...] = (slow_stage, too_slow, prebuffer, crowd, growth, ragged, too_few)


def _pace(arm: ArmSummary) -> float:
    """RTF of the stream, median; 0 when no answer was streamed to its end."""
    return arm.figures["rtf_stream"].p50 or 0.0


def _missed(arm: ArmSummary, metric: str) -> bool:
    return any(v.metric == metric and v.state is VerdictState.FAIL for v in arm.verdicts)


def _place(scenario: ScenarioSummary, case: CaseSummary) -> str:
    return f"{scenario.name}, {case.name}"


def told(given: tuple[Recommendation, ...]) -> Iterator[str]:
    """Advice as lines."""
    for one in given:
        yield f"{one.suggestion} Evidence: {one.evidence}. Check: {one.check}"
