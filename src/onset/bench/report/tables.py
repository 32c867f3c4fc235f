"""The tables of a report, once, for whoever shows them: terminal, Markdown and HTML.

A figure that was not measured is a dash; "n < 20" stands where a tail has too few requests.
Knows nothing of how a table is drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from onset.bench.analysis.case_metrics import CASE_METRICS
from onset.bench.analysis.comparison import ComparisonCell, RunComparison
from onset.bench.analysis.distribution import Distribution, name
from onset.bench.analysis.metrics import METRICS
from onset.bench.analysis.summary import ArmSummary, CaseSummary, RunSummary, ScenarioSummary
from onset.bench.report.formatting import ABSENT
from onset.stats.binomial import values_needed

TITLES = {row.key: row.title for row in (*METRICS, *CASE_METRICS)}


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table; the first `words` columns are words, and the last if `remarked`, else figures.

    note: below it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 2
    note: str = ""
    remarked: bool = False

    def kind(self, column: int) -> str:
        """ "word" or "figure", for a column counted from 0."""
        last = self.remarked and column == len(self.columns) - 1
        return "word" if column < self.words or last else "figure"


def verdicts(summary: RunSummary) -> ReportTable:
    """Every promise and how it stands."""
    rows = [
        (
            verdict.state.value.upper(),
            scenario.name,
            case.name,
            verdict.promise,
            _measured(verdict.measured, verdict.unit),
            _bounds_of(verdict.low, verdict.high),
            verdict.reason or verdict.origin,
        )
        for scenario in summary.scenarios
        for case in scenario.cases
        for arm in case.arms
        for verdict in arm.verdicts
    ]
    columns = ("verdict", "scenario", "case", "promise", "measured", "95 % bounds", "why")
    note = "A promise about a share of requests is decided by an exact binomial test."
    return ReportTable("Verdicts", columns, tuple(rows), words=4, note=note, remarked=True)


def latencies(scenario: ScenarioSummary) -> ReportTable:
    """When a listener heard something, in every case of a scenario."""
    keys = ("ttfa_heard", "ttfb", "ttfa_wire", "leading_silence")
    columns = ("case", "arm", "n", "failed", "TTFA p50", "95 % CI", "TTFA p95", "TTFA p99")
    rows = []
    for case, arm in _measured_arms(scenario):
        ttfa = arm.figures["ttfa_audible"]
        others = [shown(arm.figures[key].p50) for key in keys]
        tail, far = _tail(ttfa, ttfa.p95, 20), _tail(ttfa, ttfa.p99, 100)
        counts = str(arm.n), str(arm.failures)
        rows.append((case, arm.arm, *counts, shown(ttfa.p50), _interval(ttfa), tail, far, *others))
    titles = ("heard p50", "first byte p50", "first audio p50", "silence p50")
    note = "In ms; a failure is infinitely late. TTFA: request due until audible."
    return ReportTable("Latency", (*columns, *titles), tuple(rows), note=note)


def smoothness(scenario: ScenarioSummary) -> ReportTable:
    """How the whole answers went on, for a player without prebuffer."""
    columns = (
        "case", "arm", "heard to the end", "stalls", "stalled ms", "efficiency",
        "prebuffer needed p95 ms", "longest gap p50 ms", "RTF of the stream p50",
    )  # fmt: skip
    rows = []
    for case, arm in _measured_arms(scenario):
        player = arm.players[0]
        if player.answers:
            figures = arm.figures
            needs = figures["required_prebuffer"]
            rows.append(
                (
                    case,
                    arm.arm,
                    str(player.answers),
                    str(player.stalls),
                    shown(player.stall_ms),
                    shown(arm.whole["efficiency_ratio"]),
                    _tail(needs, needs.p95, 20),
                    shown(figures["longest_gap"].p50),
                    shown(figures["rtf_stream"].p50),
                )
            )
    return ReportTable("Smoothness", columns, tuple(rows))


def players(scenario: ScenarioSummary) -> ReportTable:
    """The same recorded streams in players that wait for some audio first."""
    columns = (
        "case",
        "arm",
        "prebuffer ms",
        "sound after p50 ms",
        "stalls",
        "stalled ms",
        "smooth",
    )
    rows = [
        (
            case,
            arm.arm,
            f"{player.prebuffer_ms:g}",
            shown(player.start_ms_p50),
            str(player.stalls),
            shown(player.stall_ms),
            _percent(player.smooth_ratio),
        )
        for case, arm in _measured_arms(scenario)
        for player in arm.players
        if player.answers
    ]
    return ReportTable(
        "Players", columns, tuple(rows), note="A stream is smooth without a stall > 20 ms."
    )


def others(scenario: ScenarioSummary) -> ReportTable:
    """Every figure that the tables above do not have, where there is one."""
    told = ("ttfa_audible", "ttfa_heard", "ttfb", "ttfa_wire", "leading_silence")
    rows = []
    for case, arm in _measured_arms(scenario):
        for key, spread in arm.figures.items():
            if key not in told and spread.p50 is not None:
                tail, most = _tail(spread, spread.p95, 20), shown(spread.most)
                row = (shown(spread.p50), _interval(spread), tail, most, spread.unit)
                rows.append((case, arm.arm, TITLES[key], *row))
        for key, value in arm.whole.items():
            if value is not None:
                row = (shown(value), "", "", "", _unit_of(key))
                rows.append((case, arm.arm, TITLES[key], *row))
    columns = ("case", "arm", "figure", "p50 or whole", "95 % CI", "p95", "most", "unit")
    return ReportTable("All figures", columns, tuple(rows), words=3)


def failures(summary: RunSummary) -> ReportTable:
    """What went wrong how often, and what else a reader should know of single requests."""
    rows = []
    for scenario in summary.scenarios:
        for case, arm in _measured_arms(scenario):
            told = [f"{reason} ({count})" for reason, count in arm.reasons.items()]
            labels = arm.figures["ttfa_audible"].severe
            told += [f"far-out TTFA: request {number}" for number in labels]
            rows += [(scenario.name, case, arm.arm, what) for what in told]
    columns = ("scenario", "case", "arm", "what (how often)")
    return ReportTable(
        "Failures and outliers, all kept in the figures", columns, tuple(rows), words=4
    )


def absent(summary: RunSummary) -> ReportTable:
    """What was not measured, and why."""
    rows = []
    for scenario in summary.scenarios:
        if scenario.not_measured:
            rows.append((scenario.name, "all", scenario.not_measured))
        else:
            missing = [case for case in scenario.cases if case.not_measured]
            rows += [(scenario.name, case.name, case.not_measured) for case in missing]
    return ReportTable("Not measured", ("scenario", "case", "why"), tuple(rows), words=3)


def machine(facts: Mapping[str, object]) -> ReportTable:
    """The fingerprint."""
    rows = tuple((key.replace("_", " "), _fact(value)) for key, value in sorted(facts.items()))
    return ReportTable("Machine and software", ("what", "value"), rows)


def compared(comparison: RunComparison) -> ReportTable:
    """Every metric in every case."""
    rows = [
        (
            cell.finding.value,
            cell.case,
            TITLES[cell.metric],
            str(cell.effect.pairs),
            shown(cell.a.p50),
            shown(cell.b.p50),
            shown(cell.effect.median.value),
            _bounds_of(cell.effect.median.low, cell.effect.median.high),
            _bounds_of(cell.effect.tail.low, cell.effect.tail.high),
            f"{cell.effect.a_failed} / {cell.effect.b_failed}",
            _p(cell.q),
        )
        for cell in comparison.cells
    ]
    a, b = comparison.a.name, comparison.b.name
    columns = (
        "finding", "case", "metric", "pairs", f"A p50: {a}", f"B p50: {b}", "B / A", "95 % CI",
        "B / A of p95", "failed A / B", "q",
    )  # fmt: skip
    note = (
        "B / A: median of the ratios of the same text; intervals by bootstrap over texts, then "
        "repeats; q: signed ranks, adjusted for all rows of audible TTFA, and for all others."
    )
    return ReportTable("A against B", columns, tuple(rows), words=3, note=note)


def smooth(comparison: RunComparison) -> ReportTable:
    """Streams of both arms without a stall."""
    rows = [
        (row.case, str(row.pairs), f"{row.a_smooth}", f"{row.b_smooth}", _p(row.p))
        for row in comparison.smoothness
    ]
    columns = ("case", "pairs heard to the end", "A smooth", "B smooth", "p (sign test)")
    return ReportTable("Smooth streams", columns, tuple(rows), words=1)


def metrics() -> ReportTable:
    """Every figure there is and what it means; docs/metrics.md holds this table."""
    rows = [
        (row.key, row.definition, name(row.unit), "more" if row.more_is_better else "less")
        for row in (*METRICS, *CASE_METRICS)
    ]
    return ReportTable("Metrics", ("key", "definition", "unit", "better"), tuple(rows), words=4)


def shown(value: float | None) -> str:
    """A figure for a table: three digits, thousands apart, a dash for none."""
    if value is None:
        return ABSENT
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if size >= 100 else f"{value:#.3g}"


def headline(cell: ComparisonCell) -> str:
    """A cell in one sentence."""
    return f"{cell.case}: {cell.finding.value}; {cell.text}"


def _measured_arms(scenario: ScenarioSummary) -> Iterator[tuple[str, ArmSummary]]:
    for case in scenario.cases:
        yield from ((case.name, arm) for arm in _with_figures(case))


def _with_figures(case: CaseSummary) -> Sequence[ArmSummary]:
    return [arm for arm in case.arms if arm.figures]


def _tail(spread: Distribution, value: float | None, least: int) -> str:
    return f"n < {least}" if spread.n < least else shown(value)


def _interval(spread: Distribution) -> str:
    if spread.p50_interval is None:
        return f"n < {values_needed(0.5)}" if spread.n < values_needed(0.5) else ABSENT
    return _bounds_of(*spread.p50_interval)


def _bounds_of(low: float | None, high: float | None) -> str:
    return ABSENT if low is None or high is None else f"{shown(low)}\u2013{shown(high)}"


def _measured(value: float | None, unit: str) -> str:
    if unit == "share":
        return _percent(value)
    suffix = "" if unit in ("ratio", "count", "") else f" {unit}"
    return ABSENT if value is None else f"{shown(value)}{suffix}"


def _percent(value: float | None) -> str:
    return ABSENT if value is None else f"{100 * value:.3g} %"


def _p(value: float | None) -> str:
    if value is None:
        return ABSENT
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _unit_of(key: str) -> str:
    return next((row.unit.value for row in CASE_METRICS if row.key == key), "")


def _fact(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_fact(one)}" for key, one in value.items() if one) or ABSENT
    if isinstance(value, list | tuple):
        return "; ".join(_fact(one) for one in value)
    return ABSENT if value is None or value == "" else str(value)
