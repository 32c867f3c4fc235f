"""What a report shows: sentences, tables and charts, the same for all renderers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from onset.bench.analysis.comparison import PRIMARY, ArmPair, RunComparison, paired
from onset.bench.analysis.distribution import scaled
from onset.bench.analysis.metrics import Unit, prebuffer, ttfa_audible
from onset.bench.analysis.recommendations import Recommendation, advice
from onset.bench.analysis.summary import RunSummary, ScenarioSummary
from onset.bench.records.plan import Extent, Phase, Target
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Run, Trial
from onset.bench.report import charts, tables
from onset.bench.report.charts import Curve
from onset.bench.report.formatting import three_digits
from onset.bench.report.headline import HeadlineFigure, headline, led_by
from onset.bench.report.tables import ReportTable
from onset.drawing.stage_chart import Figure

LEAST_CURVE = 5
"""Fewest requests for a curve of a case; fewer are only in the tables."""

MOST_BARS = 16
"""Most rows of stages in one chart."""

MOST_CURVES = 6
"""Most curves in one chart: the page has as many colours."""


@dataclass(frozen=True, slots=True)
class PageSection:
    """A scenario; HTML shows the `folded` tables when the reader opens them, others never."""

    title: str
    anchor: str
    figures: tuple[Figure, ...]
    sheets: tuple[ReportTable, ...]
    folded: tuple[ReportTable, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report. It leads with `sheets`, then the headline and its pictures. folded: shown when the
    reader opens them. absent: of what is not in the figures. Tables without rows are not shown.
    """

    title: str
    state: str
    lead: tuple[str, ...]
    invalid: tuple[str, ...]
    remarks: tuple[str, ...]
    sheets: tuple[ReportTable, ...]
    footer: tuple[str, ...]
    machine: ReportTable
    figures: tuple[Figure, ...] = ()
    advice: tuple[Recommendation, ...] = ()
    parts: tuple[PageSection, ...] = ()
    absent: tuple[ReportTable, ...] = ()
    headline: tuple[HeadlineFigure, ...] = ()
    kept: tuple[ReportTable, ...] = ()


def run_page(run: Run, summary: RunSummary) -> ReportPage:
    """The report of a run."""
    return ReportPage(
        title=f"Speech benchmark: {summary.name}",
        state=summary.state,
        lead=_lead(summary),
        invalid=summary.invalid,
        remarks=summary.remarks,
        sheets=(tables.broken(summary), tables.failures(summary)),
        headline=headline(summary, _led_targets(run, summary)),
        figures=tuple(_led_figures(run, summary)),
        kept=tables.kept(summary),
        absent=(tables.undecided(summary), tables.absent(summary)),
        advice=advice(summary),
        parts=tuple(_parts(run, summary)),
        footer=(
            f"Command: {summary.command}",
            f"Seed {summary.seed}, {summary.started_utc} to {summary.ended_utc}, "
            f"fingerprint {summary.fingerprint}.",
            "Every figure is derived from the recorded files alone; the same files give the same "
            "bytes (onset bench analyse).",
        ),
        machine=tables.machine(summary.machine),
    )


def comparison_page(arms: ArmPair, comparison: RunComparison) -> ReportPage:
    """The report of a comparison."""
    a, b = comparison.a.name, comparison.b.name
    figures = [charts.ratios(comparison.cells, a, b), *_compared_curves(arms)]
    order = "interleaved, the order changing with every text"
    order = order if comparison.interleaved else "not interleaved: from two runs"
    primary = [cell for cell in comparison.cells if cell.metric == PRIMARY]
    return ReportPage(
        title=f"{a} against {b}",
        state="invalid" if comparison.invalid else comparison.finding.value,
        lead=(
            f"A is {a}, B is {b}; {order}.",
            *(f"{cell.case}: {cell.finding.value}; {cell.text}." for cell in primary),
            f"What shows that the arms are two: {'; '.join(comparison.proof) or 'nothing'}.",
        ),
        invalid=comparison.invalid,
        remarks=comparison.remarks,
        sheets=(tables.compared(comparison), tables.smooth(comparison)),
        figures=tuple(figure for figure in figures if figure),
        footer=tuple(f"Command: {run.manifest.command}" for run in (arms.run_a, arms.run_b)),
        machine=tables.machine(arms.run_a.fingerprint.comparable),
    )


def _lead(summary: RunSummary) -> tuple[str, ...]:
    counts = [f"{count} {state}" for state, count in summary.counts.items() if count]
    floor = summary.floor.get("ttfa_audible")
    share = (
        f"is {three_digits(floor.p50)} ms (median against a server that computes nothing)"
        if floor and floor.p50 is not None
        else "was not measured"
    )
    return (
        f"Promises: {', '.join(counts) or 'none'}. Made on {summary.started_utc}, "
        f"version {summary.version}.",
        f"The harness's own share of every latency {share}. "
        "A failed request is infinitely late; nothing was dropped.",
    )


def _led_targets(run: Run, summary: RunSummary) -> Sequence[Target]:
    found = led_by(summary)
    scenarios = {scenario.name: scenario.targets for scenario in run.manifest.scenarios}
    return () if found is None else scenarios[found[0].name]


def _led_figures(run: Run, summary: RunSummary) -> Iterator[Figure]:
    """The pictures beside the headline: how soon its answers were heard, and where time went."""
    found = led_by(summary)
    if found is None:
        return
    scenario, case, arm = found
    alone = replace(scenario, cases=(replace(case, arms=(arm,)),))
    trials = [t for t in run.trials if t.ask.scenario == scenario.name]
    measured = [t for t in trials if t.ask.phase is Phase.MEASURED]
    figures = _figures(alone, measured, _led_targets(run, summary))
    for figure in (next(figures, None), *list(figures)[1:2]):
        if figure is not None:
            yield figure


def _parts(run: Run, summary: RunSummary) -> Iterator[PageSection]:
    targets = {scenario.name: scenario.targets for scenario in run.manifest.scenarios}
    measured = [trial for trial in run.trials if trial.ask.phase is Phase.MEASURED]
    for scenario in summary.scenarios:
        sheets = (tables.latencies(scenario), tables.smoothness(scenario))
        if any(sheet.rows for sheet in sheets):
            trials = [trial for trial in measured if trial.ask.scenario == scenario.name]
            folded = (tables.players(scenario), tables.others(scenario))
            figures = _figures(scenario, trials, targets[scenario.name])
            yield PageSection(
                title=scenario.title or scenario.name,
                anchor=scenario.name,
                figures=tuple(figure for figure in figures if figure),
                sheets=sheets,
                folded=tuple(sheet for sheet in folded if sheet.rows),
            )


def _figures(
    scenario: ScenarioSummary, trials: Sequence[Trial], targets: Sequence[Target]
) -> Iterator[Figure | None]:
    limits = [1e3 * t.most for t in targets if t.metric == PRIMARY and t.most is not None]
    promises = [(limit, f"promised {limit:g} ms") for limit in limits]
    curves = _scenario_curves(scenario, trials)
    for start in range(0, len(curves), MOST_CURVES):
        yield charts.distribution("Audible TTFA", curves[start : start + MOST_CURVES], promises)
    yield charts.load("Latency against load", scenario.cases, limits[0] if limits else None)
    first_arms = [(case.name, case.arms[0]) for case in scenario.cases if case.arms]
    rows = [(name, one) for name, arm in first_arms if arm.n >= LEAST_CURVE for one in arm.stages]
    yield charts.stage_bars(rows[:MOST_BARS])
    yield _timeline(trials)


def _scenario_curves(scenario: ScenarioSummary, trials: Sequence[Trial]) -> list[Curve]:
    curves: list[Curve] = []
    for case in scenario.cases:
        for arm in case.arms:
            mine = [t for t in trials if (t.ask.case, t.ask.arm) == (case.name, arm.arm)]
            name = case.name if len(case.arms) == 1 else f"{case.name}, {arm.arm}"
            if len(mine) >= LEAST_CURVE:
                curves.append((name, [_ttfa_ms(trial) for trial in mine]))
    return curves


def _timeline(trials: Sequence[Trial]) -> Figure | None:
    """The whole answer of the first arm that needs the most prebuffer."""
    whole = [
        (needed, -trial.ask.id, trial)
        for trial in trials
        if trial.ask.arm == trials[0].ask.arm
        and trial.ask.extent is Extent.WHOLE
        and trial.recording.outcome is RequestOutcome.COMPLETE
        and (needed := prebuffer(trial.recording)) is not None
    ]
    if not whole:
        return None
    worst = max(whole, key=lambda one: one[:2])[2]
    title = f"The stream that needed most prebuffer: request {worst.ask.id}, {worst.ask.case}"
    return charts.timeline(title, worst.recording)


def _compared_curves(arms: ArmPair) -> Iterator[Figure | None]:
    for (_, case), texts in paired(arms).items():
        pairs = list(chain.from_iterable(texts))
        curves = [
            (arm.name, [_ttfa_ms(pair[i]) for pair in pairs])
            for i, arm in enumerate((arms.a, arms.b))
        ]
        yield charts.distribution(f"Audible TTFA, {case}", curves)


def _ttfa_ms(trial: Trial) -> float | None:
    return scaled(ttfa_audible(trial.recording), Unit.SECONDS)
