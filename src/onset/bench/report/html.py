"""The report as one HTML file that needs no other: charts, tables, in light and dark.

The template escapes everything that came from outside, such as error texts and names of arms.
Tables come from `tables`, charts from `charts`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from onset.bench.analysis.comparison import PRIMARY, ArmPair, RunComparison, paired
from onset.bench.analysis.metrics import prebuffer, ttfa_audible
from onset.bench.analysis.recommendations import Recommendation, advice
from onset.bench.analysis.summary import RunSummary, ScenarioSummary, StageTimes
from onset.bench.records.plan import Extent, Phase, Target
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Run, Trial
from onset.bench.report import charts, tables
from onset.bench.report.charts import Curve, Figure
from onset.bench.report.sentences import comparison_lead, footer, lead
from onset.bench.report.tables import ReportTable

LEAST_CURVE = 5
"""Fewest requests for a curve of a case; fewer are only in the tables."""

MOST_BARS = 16
"""Most rows of stages in one chart."""

MOST_CURVES = 6
"""Most curves in one chart: the page has as many colours."""


@dataclass(frozen=True, slots=True)
class PageSection:
    """A section; the reader may open its `folded` tables."""

    title: str
    anchor: str
    words: str
    figures: tuple[Figure, ...]
    sheets: tuple[ReportTable, ...]
    folded: tuple[ReportTable, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What the template shows, from top to bottom."""

    title: str
    state: str
    lead: tuple[str, ...]
    invalid: tuple[str, ...]
    remarks: tuple[str, ...]
    sheets: tuple[ReportTable, ...]
    figures: tuple[Figure, ...]
    advice: tuple[Recommendation, ...]
    parts: tuple[PageSection, ...]
    footer: tuple[str, ...]
    machine: ReportTable


def page(run: Run, summary: RunSummary) -> str:
    """The report of a run, HTML."""
    sheets = [tables.verdicts(summary), tables.failures(summary), tables.absent(summary)]
    return _render(
        ReportPage(
            title=f"Speech benchmark: {summary.name}",
            state=summary.state,
            lead=lead(summary),
            invalid=summary.invalid,
            remarks=summary.remarks,
            sheets=tuple(sheet for sheet in sheets if sheet.rows),
            figures=(),
            advice=advice(summary),
            parts=tuple(_parts(run, summary)),
            footer=footer(summary),
            machine=tables.machine(summary.machine),
        )
    )


def comparison_page(arms: ArmPair, comparison: RunComparison) -> str:
    """The report of a comparison, HTML."""
    a, b = comparison.a.name, comparison.b.name
    sheets = [tables.compared(comparison), tables.smooth(comparison)]
    figures = [charts.ratios(comparison.cells, a, b), *_curves(arms)]
    return _render(
        ReportPage(
            title=f"{a} against {b}",
            state="invalid" if comparison.invalid else comparison.finding.value,
            lead=comparison_lead(comparison),
            invalid=comparison.invalid,
            remarks=comparison.remarks,
            sheets=tuple(sheet for sheet in sheets if sheet.rows),
            figures=tuple(figure for figure in figures if figure),
            advice=(),
            parts=(),
            footer=tuple(f"Command: {run.manifest.command}" for run in (arms.run_a, arms.run_b)),
            machine=tables.machine(arms.run_a.fingerprint.comparable),
        )
    )


def _parts(run: Run, summary: RunSummary) -> Iterator[PageSection]:
    targets = {scenario.name: scenario.targets for scenario in run.manifest.scenarios}
    for scenario in summary.scenarios:
        trials = [
            trial
            for trial in run.trials
            if trial.ask.scenario == scenario.name and trial.ask.phase is Phase.MEASURED
        ]
        if trials:
            shown = (tables.latencies(scenario), tables.smoothness(scenario))
            folded = (tables.players(scenario), tables.others(scenario))
            yield PageSection(
                title=scenario.title or scenario.name,
                anchor=scenario.name,
                words=f"Scenario {scenario.name}.",
                figures=tuple(_figures(scenario, trials, targets[scenario.name])),
                sheets=tuple(sheet for sheet in shown if sheet.rows),
                folded=tuple(sheet for sheet in folded if sheet.rows),
            )


def _figures(
    scenario: ScenarioSummary, trials: Sequence[Trial], targets: Sequence[Target]
) -> Iterator[Figure]:
    limits = [(1e3 * t.most, t) for t in targets if t.metric == PRIMARY and t.most is not None]
    words = [(limit, f"promised {limit:g} ms") for limit, _ in limits]
    title = "Audible TTFA"
    curves = _scenario_curves(scenario, trials)
    for start in range(0, len(curves), MOST_CURVES):
        figure = charts.distribution(title, curves[start : start + MOST_CURVES], words)
        if figure:
            yield figure
    others = [
        charts.load("Latency against load", scenario.cases, limits[0][0] if limits else None),
        charts.stage_bars(_stage_rows(scenario)),
    ]
    yield from (figure for figure in others if figure)
    yield from _timelines(trials)


def _stage_rows(scenario: ScenarioSummary) -> list[tuple[str, StageTimes]]:
    """(case, stages) of the first arm, in the cases with enough requests."""
    arms = [(case.name, case.arms[0]) for case in scenario.cases if case.arms]
    rows = [(name, one) for name, arm in arms if arm.n >= LEAST_CURVE for one in arm.stages]
    return rows[:MOST_BARS]


def _scenario_curves(scenario: ScenarioSummary, trials: Sequence[Trial]) -> list[Curve]:
    curves = []
    for case in scenario.cases:
        for arm in case.arms:
            mine = [t for t in trials if (t.ask.case, t.ask.arm) == (case.name, arm.arm)]
            name = case.name if len(case.arms) == 1 else f"{case.name}, {arm.arm}"
            if len(mine) >= LEAST_CURVE:
                curves.append(Curve(name, tuple(_ttfa_ms(trial) for trial in mine)))
    return curves


def _timelines(trials: Sequence[Trial]) -> Iterator[Figure]:
    """The whole answer of the first arm that needs the most prebuffer."""
    first = trials[0].ask.arm
    whole = [
        (needed, -trial.ask.id, trial)
        for trial in trials
        if trial.ask.arm == first
        and trial.ask.extent is Extent.WHOLE
        and trial.recording.outcome is RequestOutcome.COMPLETE
        and (needed := prebuffer(trial.recording)) is not None
    ]
    if whole:
        worst = max(whole, key=lambda one: one[:2])[2]
        title = f"The stream that needed most prebuffer: request {worst.ask.id}, {worst.ask.case}"
        figure = charts.timeline(title, worst.recording)
        if figure:
            yield figure


def _curves(arms: ArmPair) -> Iterator[Figure | None]:
    for (_, case), texts in paired(arms).items():
        pairs = [pair for repeats in texts.values() for pair in repeats]
        curves = [
            Curve(arm.name, tuple(_ttfa_ms(pair[i]) for pair in pairs))
            for i, arm in enumerate((arms.a, arms.b))
        ]
        yield charts.distribution(f"Audible TTFA, {case}", curves)


def _ttfa_ms(trial: Trial) -> float | None:
    seconds = ttfa_audible(trial.recording)
    return None if seconds is None else 1e3 * seconds


def _render(content: ReportPage) -> str:
    return _template().render(page=content)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("onset.bench.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["css"] = _css
    return environment.get_template("page.html")


def _css(state: str) -> str:
    """The class for a state or finding; none for other words."""
    name = state.lower().replace(" ", "-")
    return name if name in _STATES else _FINDINGS.get(name, "")


_STATES = ("pass", "fail", "invalid", "inconclusive", "not-measured")
_FINDINGS = {
    "a-better": "pass",
    "equivalent": "pass",
    "b-better": "fail",
    "no-difference-shown": "open",
    "too-few-texts": "open",
}
