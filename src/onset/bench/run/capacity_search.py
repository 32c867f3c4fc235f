"""The highest rate at which a server keeps its targets: the kinds `capacity` and `poisson`."""

from onset.bench.analysis.metrics import METRICS
from onset.bench.records.plan import Case, LoadShape, Target
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Trial
from onset.bench.records.scenarios import Scenario
from onset.bench.run.session import BenchSession
from onset.bench.traffic import arrivals

SATURATED = 4
"""Listeners who ask without a pause: more than two cores can serve."""

BISECTIONS = 3
"""After the sweep: they leave an eighth of a step of it undecided."""

_FIGURES = {metric.key: metric.figure for metric in METRICS}


async def capacity(session: BenchSession, scenario: Scenario) -> str:
    """Varies the rate: up in shares of the saturated one until a target breaks, then bisects.

    A rate that holds above one that did not does not count.
    """
    saturated = await _saturate(session, scenario)
    if saturated is None:
        return "no request was answered even without any planned rate"
    low, high = 0.0, 0.0
    for share in scenario.shares:
        if not await _holds(session, scenario, share * saturated):
            high = share * saturated
            break
        low = share * saturated
    for _ in range(BISECTIONS if high else 0):
        middle = (low + high) / 2
        if await _holds(session, scenario, middle):
            low = middle
        else:
            high = middle
    session.capacity = low or None
    return ""


async def poisson(session: BenchSession, scenario: Scenario) -> str:
    """Varies the rate, in shares of the capacity found in this run, else of the saturated rate."""
    rate = session.capacity or await _saturate(session, scenario)
    if rate is None:
        return "no capacity was found to take shares of"
    for share in scenario.shares:
        await _offer(session, scenario, f"{share:.0%}".replace("%", " %"), share * rate)
    return ""


async def _saturate(session: BenchSession, scenario: Scenario) -> float | None:
    """Answers a second when as many ask as can be served and more; None when none was whole."""
    case = Case(f"saturated, c={SATURATED}", LoadShape.CLOSED, SATURATED)
    trials = await session.mixed_case(case, scenario.requests)
    made = [trial.recording for trial in trials]
    ends = [one.ended_ns or one.sent_ns for one in made if one.outcome is RequestOutcome.COMPLETE]
    if not ends:
        return None
    return len(ends) / ((max(ends) - min(one.sent_ns for one in made)) / 1e9)


async def _holds(session: BenchSession, scenario: Scenario, rate: float) -> bool:
    trials = await _offer(session, scenario, f"{rate:.3g}/s", rate)
    return all(keeps(target, trials) for target in scenario.targets if target.share is not None)


async def _offer(session: BenchSession, scenario: Scenario, name: str, rate: float) -> list[Trial]:
    due = arrivals.poisson(rate, scenario.requests, f"{scenario.name}:{name}")
    return await session.timed_case(Case(name, LoadShape.OPEN, 1, rate), due)


def keeps(target: Target, trials: list[Trial]) -> bool:
    """Whether enough of these attempts keep the target; no test of how sure that is."""
    held = [target.holds(_FIGURES[target.metric](trial.recording)) for trial in trials]
    return bool(held) and sum(held) >= (target.share or 1.0) * len(held)
