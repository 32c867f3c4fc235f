"""Two arms that were given the same texts: which is faster, by how much, and is that certain?

"Better" needs an interval that excludes equality, and a test that is still significant after
correction for all cases of the comparison. Otherwise it is "no difference shown", which is not
"equal". "Equivalent" means that the whole interval lies within 5 % of equality. The arms must
first prove that they differ: a flag that no server reads compares a server with itself.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Literal

import scipy

from onset.bench.analysis.distribution import Distribution, spread
from onset.bench.analysis.metrics import METRICS, Metric, playback
from onset.bench.analysis.summary import FLOOR
from onset.bench.analysis.validity import NULL, reasons, warnings
from onset.bench.records.plan import Arm, Phase
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import Run, Trial
from onset.errors import InvalidRequest
from onset.stats.bootstrap import LEAST_TEXTS, Effect, Pair, Ratio, adjusted, effect

PRIMARY = "ttfa_audible"
"""The metric that decides, chosen before anything is measured."""

SECONDARY = ("ttfa_heard", "request_duration", "rtf_whole")

EQUIVALENT = 1.05
"""A listener does not notice a ratio between this and its inverse."""

SIGNIFICANT = 0.05
"""Largest q of a difference."""

MACHINE = ("cpu", "cores", "cores_usable", "memory_bytes", "system", "kernel")
"""Keys of the fingerprint that two folders must share to be compared."""


class MetricComparison(StrEnum):
    """The finding for one metric in one case. Less is better in all metrics that are compared."""

    A_BETTER = "A better"
    B_BETTER = "B better"
    EQUIVALENT = "equivalent"
    NO_DIFFERENCE = "no difference shown"
    TOO_FEW = "too few texts"


@dataclass(frozen=True, slots=True)
class ArmPair:
    """The two arms and the runs with their requests: the same run if they were interleaved."""

    a: Arm
    b: Arm
    run_a: Run
    run_b: Run

    @property
    def interleaved(self) -> bool:
        """Whether requests to both alternated in one run."""
        return self.run_a is self.run_b


@dataclass(frozen=True, slots=True)
class ComparisonCell:
    """One metric in one case. effect: B over A. q: p adjusted for all cases. text: a sentence."""

    scenario: str
    case: str
    metric: str
    a: Distribution
    b: Distribution
    effect: Effect
    q: float | None
    finding: MetricComparison
    text: str


@dataclass(frozen=True, slots=True)
class SmoothnessComparison:
    """How many whole answers of each arm a player without prebuffer plays without a stall > 20 ms.

    p: two-sided sign test over the pairs in which the arms differ; None when they never do.
    """

    scenario: str
    case: str
    pairs: int
    a_smooth: int
    b_smooth: int
    p: float | None


@dataclass(frozen=True, slots=True)
class RunComparison:
    """proof: what shows that the arms differ. invalid: why the comparison must not be used."""

    schema: Literal[1]
    a: Arm
    b: Arm
    interleaved: bool
    finding: MetricComparison
    exit_code: int
    invalid: tuple[str, ...]
    remarks: tuple[str, ...]
    proof: tuple[str, ...]
    cells: tuple[ComparisonCell, ...]
    smoothness: tuple[SmoothnessComparison, ...]


def arms_of(run: Run, name: str | None = None) -> Arm:
    """The arm of that name, or the first one that is not the null server. Raises InvalidRequest."""
    arms = [arm for arm in run.manifest.arms if arm.name != NULL]
    for arm in arms:
        if name in (None, arm.name):
            return arm
    choices = ", ".join(arm.name for arm in arms)
    raise InvalidRequest(f"The run has no arm {name!r}. Choices: {choices}.", "arm")


def compare(arms: ArmPair) -> RunComparison:
    """Compare two arms by what was recorded."""
    cells = _cells(arms)
    proof = tuple(_proof(arms))
    invalid = tuple(_invalid(arms, proof, cells))
    finding = _overall({cell.finding for cell in cells if cell.metric == PRIMARY})
    return RunComparison(
        schema=1,
        a=arms.a,
        b=arms.b,
        interleaved=arms.interleaved,
        finding=finding,
        exit_code=3 if invalid else _CODES[finding],
        invalid=invalid,
        remarks=tuple(_remarks(arms)),
        proof=proof,
        cells=tuple(cells),
        smoothness=tuple(_smoothness(arms)),
    )


_CODES = {
    MetricComparison.A_BETTER: 0,
    MetricComparison.EQUIVALENT: 0,
    MetricComparison.B_BETTER: 1,
    MetricComparison.NO_DIFFERENCE: 2,
    MetricComparison.TOO_FEW: 2,
}


def ratio_text(ratio: Ratio, a: str, b: str) -> str:
    """ "b takes 4 times as long as a (3 to 5)", from B over A."""
    if ratio.value is None:
        return "one of the arms failed in most texts"
    fast, slow, factor = (a, b, ratio.value) if ratio.value >= 1 else (b, a, 1 / ratio.value)
    if ratio.low is None or ratio.high is None:
        return f"{slow} takes {factor:.3g} times as long as {fast} (no interval)"
    ends = [end if ratio.value >= 1 else 1 / end for end in (ratio.low, ratio.high) if end]
    return f"{slow} takes {factor:.3g} times as long as {fast} ({min(ends):.3g} to {max(ends):.3g})"


TrialPair = tuple[Trial, Trial]
"""Of both arms, for the same text at the same time."""


def paired(arms: ArmPair) -> dict[tuple[str, str], list[list[TrialPair]]]:
    """By (scenario, case): for each text its pairs, one for each repeat."""
    trials_b = {_position(t): t for t in _measured(arms.run_b, arms.b)}
    cases: dict[tuple[str, str], dict[str, list[TrialPair]]] = {}
    for trial in _measured(arms.run_a, arms.a):
        other = trials_b.get(_position(trial))
        # An arm that is given the first clause only is compared on what it makes of it.
        shortened = arms.a.said is not arms.b.said
        if other is not None and (shortened or other.ask.text == trial.ask.text):
            texts = cases.setdefault((trial.ask.scenario, trial.ask.case), {})
            texts.setdefault(trial.ask.text_sha256, []).append((trial, other))
    return {case: list(texts.values()) for case, texts in cases.items()}


def _measured(run: Run, arm: Arm) -> Iterator[Trial]:
    for trial in run.trials:
        ask = trial.ask
        if ask.arm == arm.name and ask.phase is Phase.MEASURED and ask.scenario != FLOOR:
            yield trial


def _position(trial: Trial) -> tuple[str, str, int, int]:
    ask = trial.ask
    return ask.scenario, ask.case, ask.number, ask.block


def _cells(arms: ArmPair) -> list[ComparisonCell]:
    """Every metric in every case; the deciding one's tests are adjusted apart from the rest."""
    sizes: dict[tuple[str, str, str], tuple[Distribution, Distribution, Effect]] = {}
    for case, texts in paired(arms).items():
        for row in METRICS:
            if row.key in (PRIMARY, *SECONDARY):
                pairs = [[_pair(row, *both) for both in repeats] for repeats in texts]
                flat = list(chain.from_iterable(pairs))
                a, b = (spread([pair[i] for pair in flat], row.unit) for i in (0, 1))
                sizes[*case, row.key] = a, b, effect(pairs)
    sizes = {key: values for key, values in sizes.items() if values[2].pairs}
    qs: dict[tuple[str, str, str], float | None] = {}
    for deciding in (True, False):
        family = [key for key in sizes if (key[2] == PRIMARY) is deciding]
        qs |= adjusted({key: sizes[key][2].p for key in family})
    cells = []
    for key, (a, b, size) in sizes.items():
        text = ratio_text(size.median, arms.a.name, arms.b.name)
        cells.append(ComparisonCell(*key, a, b, size, qs[key], _finding(size, qs[key]), text))
    return cells


def _pair(row: Metric[Recording], *trials: Trial) -> Pair:
    """Both figures; None: the arm failed. (None, None) if an arm succeeded without the figure."""
    recordings = [trial.recording for trial in trials]
    a, b = (row.figure(recording) for recording in recordings)
    made = [recording.outcome is not RequestOutcome.FAILED for recording in recordings]
    return (None, None) if (made[0] and not a) or (made[1] and not b) else (a, b)


def _finding(size: Effect, q: float | None) -> MetricComparison:
    """From B over A; less is better."""
    if size.texts < LEAST_TEXTS:
        return MetricComparison.TOO_FEW
    low, high = size.median.low, size.median.high
    if low is not None and high is not None and 1 / EQUIVALENT <= low and high <= EQUIVALENT:
        return MetricComparison.EQUIVALENT
    if q is None or q > SIGNIFICANT:
        return MetricComparison.NO_DIFFERENCE
    if low is not None and low > 1:
        return MetricComparison.A_BETTER
    if high is not None and high < 1:
        return MetricComparison.B_BETTER
    return _by_failures(size)


def _by_failures(size: Effect) -> MetricComparison:
    """For an interval with an infinite end: an arm failed in most texts."""
    half = size.pairs / 2
    if size.b_failed > half and size.a_failed < half:
        return MetricComparison.A_BETTER
    if size.a_failed > half and size.b_failed < half:
        return MetricComparison.B_BETTER
    return MetricComparison.NO_DIFFERENCE


def _overall(findings: Set[MetricComparison]) -> MetricComparison:
    """The finding that holds in every case; contradictory findings show no difference."""
    decided = findings - {MetricComparison.EQUIVALENT}
    if not decided:
        return MetricComparison.EQUIVALENT if findings else MetricComparison.TOO_FEW
    return next(iter(decided)) if len(decided) == 1 else MetricComparison.NO_DIFFERENCE


def _smoothness(arms: ArmPair) -> Iterator[SmoothnessComparison]:
    for (scenario, case), texts in paired(arms).items():
        smooth = []
        for first, second in chain.from_iterable(texts):
            a, b = playback(first.recording, 0.0), playback(second.recording, 0.0)
            if a is not None and b is not None:
                smooth.append((a.smooth, b.smooth))
        if smooth:
            a_smooth, b_smooth = (sum(pair[i] for pair in smooth) for i in (0, 1))
            better = [a for a, b in smooth if a != b]
            p = float(scipy.stats.binomtest(sum(better), len(better)).pvalue) if better else None
            yield SmoothnessComparison(scenario, case, len(smooth), a_smooth, b_smooth, p)


def _proof(arms: ArmPair) -> Iterator[str]:
    whole = _whole_answers(arms)
    differing = sum(a.recording.sha256 != b.recording.sha256 for a, b in whole)
    if differing:
        yield f"the audio differs in {differing} of {len(whole)} whole answers"
    a, b = (_decodes(run, arm) for run, arm in ((arms.run_a, arms.a), (arms.run_b, arms.b)))
    if a != b:
        yield f"the servers say that they decode differently: {a} and {b}"
    local = None not in (arms.a.pid, arms.b.pid)
    if local and arms.a.settings != arms.b.settings:
        settings = [_settings_text(arm) for arm in (arms.a, arms.b)]
        yield f"two processes, started with {settings[0]} and {settings[1]}"
    programs = [_kind(arm).partition(":")[0] for arm in (arms.a, arms.b)]
    if local and programs[0] != programs[1] and arms.a.pid != arms.b.pid:
        yield f"two programs: {programs[0]} and {programs[1]}"
    if not local and arms.a.url != arms.b.url:
        yield f"two addresses: {arms.a.url} and {arms.b.url}"


def _declared_equal(arms: ArmPair) -> bool:
    a, b = (
        (arm.settings, arm.said, arm.exact, arm.model, arm.voice, _kind(arm))
        for arm in (arms.a, arms.b)
    )
    return a == b


def _kind(arm: Arm) -> str:
    """An arm's name without its number among equal arms, as in "onset#2"."""
    return arm.name.partition("#")[0]


def _remarks(arms: ArmPair) -> Iterator[str]:
    if _declared_equal(arms):
        yield "both arms are declared alike (A/A): what is shown here is the comparison's own noise"
    if not arms.interleaved:
        yield "the arms were not interleaved: what changed between the two runs is in the figures"
    whole = _whole_answers(arms)
    if whole and all(a.recording.sha256 == b.recording.sha256 for a, b in whole):
        yield f"both arms gave the same audio in all {len(whole)} whole answers"
    if differing := _differing(arms):
        yield f"the runs differ in: {', '.join(differing)}"
    for run in _runs(arms):
        yield from warnings(run)


def _invalid(arms: ArmPair, proof: Sequence[str], cells: Sequence[ComparisonCell]) -> Iterator[str]:
    for run in _runs(arms):
        if not run.manifest.complete:
            yield f"a run did not come to its end: {run.manifest.stopped or 'no reason given'}"
        yield from reasons(run)
    machine = [key for key in _differing(arms) if key in MACHINE]
    if machine:
        yield f"the runs were made on different machines: {', '.join(machine)}"
    if not proof and not _declared_equal(arms):
        yield (
            f"nothing shows that {arms.a.name} and {arms.b.name} differ: the same audio, the same "
            "address, and no setting that was seen to be taken"
        )
    if not cells:
        yield "the arms have no text in common"


def _differing(arms: ArmPair) -> list[str]:
    a, b = arms.run_a.fingerprint.comparable, arms.run_b.fingerprint.comparable
    return sorted(key for key in a.keys() | b.keys() if a.get(key) != b.get(key))


def _runs(arms: ArmPair) -> tuple[Run, ...]:
    return (arms.run_a,) if arms.interleaved else (arms.run_a, arms.run_b)


def _decodes(run: Run, arm: Arm) -> list[str]:
    return sorted({trial.recording.decode for trial in _measured(run, arm)} - {""})


def _settings_text(arm: Arm) -> str:
    settings = [f"{key}={value}" for key, value in sorted(arm.settings.items())]
    return " ".join(settings) or "no settings of their own"


def _whole_answers(arms: ArmPair) -> list[TrialPair]:
    return [
        pair
        for texts in paired(arms).values()
        for pair in chain.from_iterable(texts)
        if all(trial.recording.outcome is RequestOutcome.COMPLETE for trial in pair)
    ]
