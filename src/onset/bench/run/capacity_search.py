"""How much a server bears: the rate at which it saturates, and the highest that holds the targets.

Knows nothing of why a rate is too high.
"""

from dataclasses import replace

from onset.bench.analysis.metrics import METRICS
from onset.bench.records.plan import Case, LoadShape, Target
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Trial
from onset.bench.records.scenarios import Scenario
from onset.bench.run.session import BenchSession, mixed
from onset.bench.traffic.arrivals import poisson

SATURATED = 4
"""Listeners who ask without a pause: more than two cores can serve."""

BISECTIONS = 3
"""After the sweep: they leave an eighth of a step of it undecided."""

_FIGURES = {metric.key: metric.figure for metric in METRICS}


async def capacity(conductor: BenchSession, scenario: Scenario) -> str:
    """Sweep up in shares of the saturated rate until a target breaks, then bisect.

    A rate that holds above one that did not does not count.
    """
    saturated = await _saturate(conductor, scenario)
    if saturated is None:
        return "no request was answered even without any planned rate"
    low, high = 0.0, 0.0
    for share in scenario.shares:
        if not await _holds(conductor, scenario, share * saturated):
            high = share * saturated
            break
        low = share * saturated
    if high:
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if await _holds(conductor, scenario, middle):
                low = middle
            else:
                high = middle
    conductor.capacity = low or None
    return ""


async def poisson_shares(conductor: BenchSession, scenario: Scenario) -> str:
    """A case a share of the capacity: the one found in this run, else the saturated rate."""
    found = conductor.capacity or await _saturate(conductor, scenario)
    if found is None:
        return "no capacity was found to take shares of"
    for share in scenario.shares:
        await _offer(conductor, scenario, f"{share:.0%}".replace("%", " %"), share * found)
    return ""


async def _saturate(conductor: BenchSession, scenario: Scenario) -> float | None:
    """Answers a second when as many ask as can be served and more; None when none was whole."""
    case = Case(f"saturated, c={SATURATED}", LoadShape.CLOSED, SATURATED)
    spoken = mixed(conductor, scenario, scenario.requests)
    asks = [conductor.ask(scenario, case.name, number, *text) for number, text in enumerate(spoken)]
    trials = await conductor.case(case, asks)
    whole = [trial for trial in trials if trial.recording.outcome is RequestOutcome.COMPLETE]
    if not whole:
        return None
    ends = [trial.recording.ended_ns or trial.recording.sent_ns for trial in whole]
    began = min(trial.recording.sent_ns for trial in trials)
    return len(whole) / ((max(ends) - began) / 1e9)


async def _holds(conductor: BenchSession, scenario: Scenario, rate: float) -> bool:
    trials = await _offer(conductor, scenario, f"{rate:.3g}/s", rate)
    return all(kept(target, trials) for target in scenario.targets if target.share is not None)


async def _offer(
    conductor: BenchSession, scenario: Scenario, name: str, rate: float
) -> list[Trial]:
    spoken = mixed(conductor, scenario, scenario.requests)
    due = poisson(rate, len(spoken), f"{scenario.name}:{name}")
    asks = [
        replace(conductor.ask(scenario, name, number, *text), due_s=due[number])
        for number, text in enumerate(spoken)
    ]
    return await conductor.case(Case(name, LoadShape.OPEN, 1, rate), asks)


def kept(target: Target, trials: list[Trial]) -> bool:
    """Whether the wanted share of all attempts keeps a target, as far as this sample says."""
    held = [target.holds(_FIGURES[target.metric](trial.recording)) for trial in trials]
    return bool(held) and sum(held) >= (target.share or 1.0) * len(held)
