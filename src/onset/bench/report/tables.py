"""The tables of a report, the same for terminal, Markdown and HTML.

A figure that was not measured is a dash; "n < 20" stands where a tail has too few requests.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from onset.bench.analysis.case_metrics import ALL_METRICS
from onset.bench.analysis.comparison import RunComparison
from onset.bench.analysis.distribution import Distribution
from onset.bench.analysis.summary import ArmSummary, RunSummary, ScenarioSummary, arms
from onset.bench.analysis.verdicts import TargetVerdict, VerdictState
from onset.bench.report.formatting import ABSENT, p_value, percent, range_of, three_digits
from onset.stats.binomial import values_needed

TITLES = {row.key: row.title for row in ALL_METRICS}

BINOMIAL = "A promise about a share of requests is decided by an exact binomial test."

Row = dict[str, str]
"""A row's cells by their columns' titles."""


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


def broken(summary: RunSummary) -> ReportTable:
    """The promises that were not kept, and what is known of why."""
    rows = list(_verdict_rows(summary, (VerdictState.FAIL,)))
    return _table("What failed, and why", rows, words=4, remarked=True)


def undecided(summary: RunSummary) -> ReportTable:
    """The promises of which this run says nothing, and why."""
    states = VerdictState.INCONCLUSIVE, VerdictState.NOT_MEASURED
    rows = list(_verdict_rows(summary, states))
    return _table("Not decided", rows, words=4, note=BINOMIAL, remarked=True)


def kept(summary: RunSummary) -> tuple[ReportTable, ...]:
    """The promises that were kept, a table for each scenario."""
    tables = []
    for scenario in summary.scenarios:
        alone = replace(summary, scenarios=(scenario,))
        rows = list(_verdict_rows(alone, (VerdictState.PASS,)))
        promised = sum(len(arm.verdicts) for _, _, arm in arms((scenario,)))
        title = f"{scenario.title or scenario.name}: {len(rows)} of {promised} kept"
        note = BINOMIAL if any(row["95 % bounds"] != ABSENT for row in rows) else ""
        tables.append(_table(title, rows, words=4, note=note, remarked=True))
    return tuple(table for table in tables if table.rows)


def _verdict_rows(summary: RunSummary, states: Sequence[VerdictState]) -> Iterator[Row]:
    for scenario, case, arm in arms(summary.scenarios):
        for verdict in arm.verdicts:
            if verdict.state in states:
                yield {
                    "verdict": verdict.state.value.upper(),
                    "scenario": scenario,
                    "case": case,
                    "promise": verdict.promise,
                    "measured": _measured(verdict.measured, verdict.unit),
                    "95 % bounds": range_of(verdict.low, verdict.high),
                    "why": _why(verdict, arm),
                }


def _why(verdict: TargetVerdict, arm: ArmSummary) -> str:
    """The reason; of a broken promise also what failed most often, and where the time went."""
    told = [verdict.reason or verdict.origin]
    if verdict.state is VerdictState.FAIL:
        told += [f"{reason} ({count})" for reason, count in list(arm.reasons.items())[:2]]
        slow = next((one for one in reversed(arm.stages) if one.stages_ms), None)
        if slow is not None and verdict.metric.startswith("ttfa"):
            name, spent = max(slow.stages_ms.items(), key=lambda pair: pair[1])
            told.append(
                f"at the {slow.quantile} {name} has {three_digits(spent)} of "
                f"{three_digits(slow.ttfa_audible_ms)} ms"
            )
    return "; ".join(words for words in told if words)


def latencies(scenario: ScenarioSummary) -> ReportTable:
    """When a listener heard something, in every case of a scenario."""
    rows = []
    for case, arm in _measured_arms(scenario):
        ttfa = arm.figures["ttfa_audible"]
        p50 = {key: three_digits(figure.p50) for key, figure in arm.figures.items()}
        rows.append(
            {
                "case": case,
                "arm": arm.arm,
                "n": str(arm.n),
                "failed": str(arm.failures),
                "TTFA p50": p50["ttfa_audible"],
                "95 % CI": _interval(ttfa),
                "TTFA p95": _p95(ttfa),
                "TTFA p99": "n < 100" if ttfa.n < 100 else three_digits(ttfa.p99),
                "heard p50": p50["ttfa_heard"],
                "first byte p50": p50["ttfb"],
                "first audio p50": p50["ttfa_wire"],
                "silence p50": p50["leading_silence"],
            }
        )
    note = "In ms; a failure is infinitely late. TTFA: request due until audible."
    return _table("Latency", rows, note=note)


def smoothness(scenario: ScenarioSummary) -> ReportTable:
    """How the whole answers went on, for a player without prebuffer."""
    rows = [
        {
            "case": case,
            "arm": arm.arm,
            "heard to the end": str(player.answers),
            "stalls": str(player.stalls),
            "stalled ms": three_digits(player.stall_ms),
            "efficiency": three_digits(arm.whole["efficiency_ratio"]),
            "prebuffer needed p95 ms": _p95(arm.figures["required_prebuffer"]),
            "longest gap p50 ms": three_digits(arm.figures["longest_gap"].p50),
            "RTF of the stream p50": three_digits(arm.figures["rtf_stream"].p50),
        }
        for case, arm in _measured_arms(scenario)
        for player in arm.players[:1]
        if player.answers
    ]
    return _table("Smoothness", rows)


def players(scenario: ScenarioSummary) -> ReportTable:
    """The same recorded streams in players that wait for some audio first."""
    rows = [
        {
            "case": case,
            "arm": arm.arm,
            "prebuffer ms": f"{player.prebuffer_ms:g}",
            "sound after p50 ms": three_digits(player.start_ms_p50),
            "stalls": str(player.stalls),
            "stalled ms": three_digits(player.stall_ms),
            "smooth": percent(player.smooth_ratio),
        }
        for case, arm in _measured_arms(scenario)
        for player in arm.players
        if player.answers
    ]
    return _table("Players", rows, note="A stream is smooth without a stall > 20 ms.")


def others(scenario: ScenarioSummary) -> ReportTable:
    """Every figure that is in no other table and that has a value."""
    rows = [
        {"case": case, "arm": arm.arm} | figure
        for case, arm in _measured_arms(scenario)
        for figure in _other_figures(arm)
    ]
    return _table("All figures", rows, words=3)


def failures(summary: RunSummary) -> ReportTable:
    """What went wrong how often, and single requests that a reader should know of."""
    rows = [
        {"scenario": scenario, "case": case, "arm": arm.arm, "what (how often)": what}
        for scenario, case, arm in arms(summary.scenarios)
        if arm.figures
        for what in (
            *(f"{reason} ({count})" for reason, count in arm.reasons.items()),
            *(f"far-out TTFA: request {id_}" for id_ in arm.figures["ttfa_audible"].severe),
        )
    ]
    return _table("Failures and outliers, all kept in the figures", rows, words=4)


def absent(summary: RunSummary) -> ReportTable:
    """What was not measured, and why."""
    rows = [
        {"scenario": scenario.name, "case": case, "why": why}
        for scenario in summary.scenarios
        for case, why in (
            [("all", scenario.not_measured)]
            if scenario.not_measured
            else [(case.name, case.not_measured) for case in scenario.cases if case.not_measured]
        )
    ]
    return _table("Not measured", rows, words=3)


def machine(facts: Mapping[str, object]) -> ReportTable:
    """The fingerprint."""
    rows = [
        {"what": key.replace("_", " "), "value": _fact(value)}
        for key, value in sorted(facts.items())
    ]
    return _table("Machine and software", rows)


def compared(comparison: RunComparison) -> ReportTable:
    """Every metric in every case."""
    rows = [
        {
            "finding": cell.finding.value,
            "case": cell.case,
            "metric": TITLES[cell.metric],
            "pairs": str(cell.effect.pairs),
            f"A p50: {comparison.a.name}": three_digits(cell.a.p50),
            f"B p50: {comparison.b.name}": three_digits(cell.b.p50),
            "B / A": three_digits(cell.effect.median.value),
            "95 % CI": range_of(cell.effect.median.low, cell.effect.median.high),
            "B / A of p95": range_of(cell.effect.tail.low, cell.effect.tail.high),
            "failed A / B": f"{cell.effect.a_failed} / {cell.effect.b_failed}",
            "q": p_value(cell.q),
        }
        for cell in comparison.cells
    ]
    note = (
        "B / A: median of the ratios of the same text; intervals by bootstrap over texts, then "
        "repeats; q: signed ranks, adjusted for all rows of audible TTFA, and for all others."
    )
    return _table("A against B", rows, words=3, note=note)


def smooth(comparison: RunComparison) -> ReportTable:
    """Streams of both arms without a stall."""
    rows = [
        {
            "case": row.case,
            "pairs heard to the end": str(row.pairs),
            "A smooth": str(row.a_smooth),
            "B smooth": str(row.b_smooth),
            "p (sign test)": p_value(row.p),
        }
        for row in comparison.smoothness
    ]
    return _table("Smooth streams", rows, words=1)


def _table(
    title: str, rows: Sequence[Row], words: int = 2, note: str = "", remarked: bool = False
) -> ReportTable:
    """All rows have the columns of the first."""
    columns = tuple(rows[0]) if rows else ()
    cells = tuple(tuple(row[column] for column in columns) for row in rows)
    return ReportTable(title, columns, cells, words, note, remarked)


def _measured_arms(scenario: ScenarioSummary) -> Iterator[tuple[str, ArmSummary]]:
    """(case, arm) of all arms that have figures."""
    return ((case, arm) for _, case, arm in arms((scenario,)) if arm.figures)


def _other_figures(arm: ArmSummary) -> Iterator[Row]:
    elsewhere = ("ttfa_audible", "ttfa_heard", "ttfb", "ttfa_wire", "leading_silence")
    for key, spread in arm.figures.items():
        if key not in elsewhere and spread.p50 is not None:
            tail = (_interval(spread), _p95(spread), three_digits(spread.most))
            yield _other(key, spread.p50, spread.unit, *tail)
    units = {row.key: row.unit.value for row in ALL_METRICS}
    for key, value in arm.whole.items():
        if value is not None:
            yield _other(key, value, units[key])


def _other(
    key: str, value: float, unit: str, interval: str = "", tail: str = "", most: str = ""
) -> Row:
    return {
        "figure": TITLES[key],
        "p50 or whole": three_digits(value),
        "95 % CI": interval,
        "p95": tail,
        "most": most,
        "unit": unit,
    }


def _p95(spread: Distribution) -> str:
    return "n < 20" if spread.n < 20 else three_digits(spread.p95)


def _interval(spread: Distribution) -> str:
    if spread.p50_interval is None:
        return f"n < {values_needed(0.5)}" if spread.n < values_needed(0.5) else ABSENT
    return range_of(*spread.p50_interval)


def _measured(value: float | None, unit: str) -> str:
    if unit == "share":
        return percent(value)
    suffix = "" if unit in ("ratio", "count", "") else f" {unit}"
    return ABSENT if value is None else f"{three_digits(value)}{suffix}"


def _fact(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_fact(one)}" for key, one in value.items() if one) or ABSENT
    if isinstance(value, list | tuple):
        return "; ".join(_fact(one) for one in value)
    return ABSENT if value is None or value == "" else str(value)
