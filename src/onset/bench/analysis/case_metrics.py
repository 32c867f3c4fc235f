"""The metrics of a whole case: figures that all requests of a case to one arm have together.

Every planned request counts: one that was never made is as much a failure as one that broke off.
Not measured is None.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy

from onset.bench.analysis.metrics import (
    METRICS,
    Metric,
    audio_seconds,
    described,
    is_refusal,
    playback,
)
from onset.bench.analysis.simulated_player import SimulatedPlayback
from onset.bench.records.plan import AttemptFilter, Case, Extent, Phase, PlannedRequest, ScenarioRun
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import MachineSample, Run, Trial

MOST_SLOPE_POINTS = 400
"""Points of the memory curve, evenly spaced, that the slope uses: it needs every pair of them."""


@dataclass(frozen=True, slots=True)
class CaseTrials:
    """All measured requests of a case to one arm. asks: as planned; trials: as they went.

    samples: of the machine while the case ran.
    """

    scenario: ScenarioRun
    case: Case
    arm: str
    asks: tuple[PlannedRequest, ...]
    trials: tuple[Trial, ...]
    samples: tuple[MachineSample, ...] = ()

    @property
    def n(self) -> int:
        """Attempts, whether they were made or not."""
        return len(self.asks)

    @property
    def failed(self) -> int:
        """Attempts that failed or were never made."""
        return self.n - sum(
            trial.recording.outcome is not RequestOutcome.FAILED for trial in self.trials
        )

    def figures(self, row: Metric[Recording]) -> list[float | None]:
        """The metric of every attempt; None: failed, never made, or without this figure."""
        made = [row.figure(trial.recording) for trial in self.trials]
        return made + [None] * (self.n - len(made))

    def playbacks(self, prebuffer: float) -> list[SimulatedPlayback]:
        """The whole answers as played."""
        played = (playback(trial.recording, prebuffer) for trial in self.trials)
        return [one for one in played if one is not None]

    def of(self, which: AttemptFilter) -> "CaseTrials":
        """These attempts alone; what was never made is among them."""
        others = {t.ask.id for t in self.trials if not _is_of(t, which)}
        return replace(
            self,
            asks=tuple(ask for ask in self.asks if ask.id not in others),
            trials=tuple(trial for trial in self.trials if trial.ask.id not in others),
        )


def groups(run: Run) -> Iterator[CaseTrials]:
    """Every case and arm in the planned order; empty where nothing was planned."""
    asks: dict[tuple[str, str, str], list[PlannedRequest]] = defaultdict(list)
    for ask in run.planned:
        if ask.phase is Phase.MEASURED:
            asks[_group_of(ask)].append(ask)
    trials: dict[tuple[str, str, str], list[Trial]] = defaultdict(list)
    for trial in run.trials:
        if trial.ask.phase is Phase.MEASURED:
            trials[_group_of(trial.ask)].append(trial)
    samples: dict[tuple[str, str], list[MachineSample]] = defaultdict(list)
    for sample in run.system:
        samples[sample.scenario, sample.case].append(sample)
    for scenario in run.manifest.scenarios:
        for case in scenario.cases:
            of_case = tuple(samples[scenario.name, case.name])
            for arm in run.manifest.arms:
                key = (scenario.name, case.name, arm.name)
                planned, made = tuple(asks[key]), tuple(trials[key])
                yield CaseTrials(scenario, case, arm.name, planned, made, of_case)


def error_ratio(group: CaseTrials) -> float | None:
    """Attempts that failed or were never made, of all."""
    return group.failed / group.n if group.n else None


def smooth_ratio(group: CaseTrials) -> float | None:
    """Streams without a stall above 20 ms, of all that were to be received to their end."""
    asks = [a for a in group.asks if a.extent is Extent.WHOLE and a.cancel_after is None]
    whole = {ask.id for ask in asks}
    trials = tuple(trial for trial in group.trials if trial.ask.id in whole)
    smooth = sum(played.smooth for played in replace(group, trials=trials).playbacks(0.0))
    return smooth / len(asks) if asks else None


def efficiency_ratio(group: CaseTrials) -> float | None:
    """All audio over all audio and stalls, without prebuffer; whole answers only."""
    streams = group.playbacks(0.0)
    audio = sum(stream.audio_seconds for stream in streams)
    return audio / (audio + sum(stream.stall_seconds for stream in streams)) if audio else None


def audio_throughput(group: CaseTrials) -> float | None:
    """Seconds of audio received in a second, from the first due time to the last end."""
    audio = [seconds for t in group.trials if (seconds := audio_seconds(t.recording)) is not None]
    ends = [t.recording.ended_ns for t in group.trials if t.recording.ended_ns is not None]
    if not audio or not ends:
        return None
    begin = min(trial.recording.due_ns for trial in group.trials)
    return sum(audio) / ((max(ends) - begin) / 1e9)


def rss_peak(group: CaseTrials) -> float | None:
    """Peak resident memory of the server's processes while the case ran."""
    return max((rss for _, rss in _memory(group)), default=None)


def memory_growth(group: CaseTrials) -> float | None:
    """By how much resident memory grew with each request, in the second half of the case.

    The median slope over all pairs of samples (Theil and Sen), which one jump does not move; None
    for fewer than ten samples.
    """
    ends = np.sort([t.recording.ended_ns for t in group.trials if t.recording.ended_ns is not None])
    memory = _memory(group)
    memory = memory[len(memory) // 2 :]
    if len(memory) < 10 or not len(ends):
        return None
    points = np.linspace(0, len(memory) - 1, min(len(memory), MOST_SLOPE_POINTS)).astype(int)
    at, rss = np.array(memory, np.float64)[points].T
    done = np.searchsorted(ends, at)
    return float(scipy.stats.theilslopes(rss, done).slope) if done[-1] > done[0] else None


CASE_METRICS = described(
    {
        "error_ratio": error_ratio,
        "smooth_ratio": smooth_ratio,
        "efficiency_ratio": efficiency_ratio,
        "audio_throughput_ratio": audio_throughput,
        "rss_peak_bytes": rss_peak,
        "memory_growth_bytes_per_request": memory_growth,
    }
)

ALL_METRICS: tuple[Metric[Any], ...] = (*METRICS, *CASE_METRICS)
"""Of requests and of whole cases, in the order of the tables."""


def _group_of(ask: PlannedRequest) -> tuple[str, str, str]:
    return ask.scenario, ask.case, ask.arm


def _is_of(trial: Trial, which: AttemptFilter) -> bool:
    match which:
        case AttemptFilter.SERVED:
            return not is_refusal(trial.recording)
        case AttemptFilter.REFUSED:
            return is_refusal(trial.recording)
        case AttemptFilter.UNFIT:
            return is_refusal(trial.recording) or "grown" not in trial.recording.marks
        case AttemptFilter.ALL:
            return True


def _memory(group: CaseTrials) -> list[tuple[int, int]]:
    """(when, resident bytes) of the arm's server."""
    servers = [(sample.at_ns, sample.servers.get(group.arm)) for sample in group.samples]
    return [(at_ns, s.rss_bytes) for at_ns, s in servers if s and s.rss_bytes is not None]
