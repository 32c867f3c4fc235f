"""All figures and verdicts of a run, a pure function of its folder: same bytes in, same out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from onset.bench.analysis.case_metrics import CASE_METRICS, CaseTrials, groups
from onset.bench.analysis.distribution import Distribution, rounded, spread
from onset.bench.analysis.metrics import METRICS, ttfa_audible
from onset.bench.analysis.validity import reasons, warnings
from onset.bench.analysis.verdicts import TargetJudge, TargetVerdict, VerdictState
from onset.bench.records.plan import Phase, ScenarioRun
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Run, Trial
from onset.protocol.http_api import parse_server_timing
from onset.stats.quantiles import median, nearest_rank

FLOOR = "floor"
"""The scenario that measures the null server: the harness's own share of every latency."""

PREBUFFERS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds of audio that the simulated players wait for before they start."""

PASSED, FAILED, INCONCLUSIVE, INVALID = range(4)
"""Exit codes."""


@dataclass(frozen=True, slots=True)
class PlayerSummary:
    """The whole answers as played by a player that waits for `prebuffer_ms` of audio first.

    start_ms_p50: from sent to the first sound played; smooth_ratio: share of these answers.
    """

    prebuffer_ms: float
    answers: int
    start_ms_p50: float | None
    stalls: int
    stall_ms: float
    smooth_ratio: float | None


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Server-Timing, in milliseconds, of the request at a quantile of the audible TTFA."""

    quantile: str
    request: int
    ttfa_audible_ms: float
    stages_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm in one case. figures: by request metric; whole: by case metric."""

    arm: str
    n: int
    failures: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    repeated_texts: int = 0
    decodes: Mapping[str, int] = field(default_factory=dict)
    caches: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Distribution] = field(default_factory=dict)
    whole: Mapping[str, float | None] = field(default_factory=dict)
    players: tuple[PlayerSummary, ...] = ()
    stages: tuple[StageTimes, ...] = ()
    verdicts: tuple[TargetVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One case, its arms in the order of the run."""

    name: str
    shape: str
    concurrency: int
    rate_per_second: float | None
    not_measured: str
    arms: tuple[ArmSummary, ...]


@dataclass(frozen=True, slots=True)
class ScenarioSummary:
    """One scenario."""

    name: str
    title: str
    not_measured: str
    texts_sha256: Mapping[str, str]
    cases: tuple[CaseSummary, ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run. invalid: why it must not be used; remarks: what else a reader should know.

    state and exit_code follow from `invalid` and from the verdicts.
    """

    schema: Literal[1]
    name: str
    version: str
    command: str
    seed: int
    started_utc: str
    ended_utc: str
    fingerprint: str
    machine: Mapping[str, object]
    state: str
    exit_code: int
    invalid: tuple[str, ...]
    remarks: tuple[str, ...]
    counts: Mapping[str, int]
    floor: Mapping[str, Distribution]
    scenarios: tuple[ScenarioSummary, ...]


def summarise(run: Run) -> RunSummary:
    """The figures of a run."""
    cases = list(groups(run))
    measured = [scenario for scenario in run.manifest.scenarios if scenario.name != FLOOR]
    scenarios = tuple(_scenario(scenario, cases) for scenario in measured)
    invalid = tuple(_invalid(run, cases))
    states = Counter(v.state for *_, arm in arms(scenarios) for v in arm.verdicts)
    code = INCONCLUSIVE if states[VerdictState.INCONCLUSIVE] else PASSED
    code = FAILED if states[VerdictState.FAIL] else code
    code = INVALID if invalid else code
    return RunSummary(
        schema=1,
        name=run.manifest.name,
        version=run.manifest.version,
        command=run.manifest.command,
        seed=run.manifest.seed,
        started_utc=run.manifest.started_utc,
        ended_utc=run.manifest.ended_utc,
        fingerprint=run.fingerprint.hash,
        machine=run.fingerprint.comparable,
        state=("pass", "fail", "inconclusive", "invalid")[code],
        exit_code=code,
        invalid=invalid,
        remarks=warnings(run),
        counts={state.value: states[state] for state in VerdictState},
        floor=_floor(run),
        scenarios=scenarios,
    )


def arms(scenarios: Iterable[ScenarioSummary]) -> Iterator[tuple[str, str, ArmSummary]]:
    """(scenario, case, arm), in order."""
    for scenario in scenarios:
        for case in scenario.cases:
            yield from ((scenario.name, case.name, arm) for arm in case.arms)


def stages(trial: Trial) -> dict[str, float]:
    """Milliseconds of each stage that the server reported, without their total; empty if none."""
    timing = parse_server_timing(trial.recording.server_timing)
    return {key: round(1e3 * value, 3) for key, value in timing.items() if key != "total"}


def _invalid(run: Run, cases: Sequence[CaseTrials]) -> Iterator[str]:
    if not run.manifest.complete:
        yield f"the run did not come to its end: {run.manifest.stopped or 'no reason given'}"
    yield from reasons(run)
    # Cold and warm requests have no common figure.
    for group in cases:
        if len({ask.temperature for ask in group.asks}) > 1:
            yield f"{group.scenario.name}, {group.case.name}: cold and warm requests in one case"


def _floor(run: Run) -> dict[str, Distribution]:
    trials = [t for t in run.trials if t.ask.scenario == FLOOR and t.ask.phase is Phase.MEASURED]
    if not trials:
        return {}
    keys = ("ttfa_audible", "ttfb", "ttfa_wire")
    return {
        row.key: spread([row.figure(trial.recording) for trial in trials], row.unit)
        for row in METRICS
        if row.key in keys
    }


def _scenario(scenario: ScenarioRun, all_: Sequence[CaseTrials]) -> ScenarioSummary:
    """Its cases; targets are for the first arm."""
    own = [group for group in all_ if group.scenario.name == scenario.name]
    first = own[0].arm if own else ""
    judge = TargetJudge(
        {group.case.name: group for group in own if group.arm == first},
        {(group.case.name, group.arm): group for group in own if group.arm != first},
    )
    cases = []
    for case in scenario.cases:
        arms = tuple(
            _arm(group, judge.verdicts(scenario.targets, case) if group.arm == first else ())
            for group in own
            if group.case.name == case.name and (group.n or group.arm == first)
        )
        why = case.not_measured or scenario.not_measured
        cases.append(CaseSummary(case.name, case.shape, case.concurrency, case.rate, why, arms))
    about = (scenario.name, scenario.title, scenario.not_measured, scenario.texts_sha256)
    return ScenarioSummary(*about, tuple(cases))


def _arm(group: CaseTrials, verdicts: tuple[TargetVerdict, ...]) -> ArmSummary:
    ids = [trial.ask.id for trial in group.trials]
    texts = {trial.ask.text_sha256 for trial in group.trials}
    return ArmSummary(
        arm=group.arm,
        n=group.n,
        failures=group.failed,
        reasons=_reasons(group),
        repeated_texts=len(group.trials) - len(texts),
        decodes=_counted(trial.recording.decode for trial in group.trials),
        caches=_counted(trial.recording.cache for trial in group.trials),
        figures={
            row.key: spread(group.figures(row), row.unit, ids, row.more_is_better)
            for row in METRICS
            if group.n
        },
        whole={row.key: rounded(row.figure(group)) for row in CASE_METRICS if group.n},
        players=tuple(_player(group, seconds) for seconds in PREBUFFERS if group.n),
        stages=tuple(_stages(group)),
        verdicts=verdicts,
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value).items()))


def _reasons(group: CaseTrials) -> dict[str, int]:
    failed = [t for t in group.trials if t.recording.outcome is RequestOutcome.FAILED]
    never = group.n - len(group.trials)
    counts = _counted(trial.recording.detail or "no reason given" for trial in failed)
    return counts | ({"never made": never} if never else {})


def _player(group: CaseTrials, prebuffer: float) -> PlayerSummary:
    played = group.playbacks(prebuffer)
    start = median([one.start for one in played])
    return PlayerSummary(
        prebuffer_ms=round(1e3 * prebuffer, 4),
        answers=len(played),
        start_ms_p50=None if start is None else round(1e3 * start, 4),
        stalls=sum(len(one.stalls) for one in played),
        stall_ms=round(1e3 * sum(one.stall_seconds for one in played), 4),
        smooth_ratio=rounded(sum(p.smooth for p in played) / len(played)) if played else None,
    )


def _stages(group: CaseTrials) -> Iterator[StageTimes]:
    """The requests at the median and the 95th percentile of those that report their stages."""
    timed = [
        (ttfa, trial)
        for trial in group.trials
        if (ttfa := ttfa_audible(trial.recording)) is not None and stages(trial)
    ]
    timed.sort(key=lambda pair: (pair[0], pair[1].ask.id))
    for quantile, share in (("p50", 0.5), ("p95", 0.95)):
        if timed and (share < 0.9 or len(timed) >= 20):
            ttfa, trial = timed[nearest_rank(len(timed), share)]
            yield StageTimes(quantile, trial.ask.id, round(1e3 * ttfa, 4), stages(trial))
