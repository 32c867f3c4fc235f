"""Runs a state machine again and again from seeds, and tells what fell."""

import time
from collections.abc import Iterator

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from attack.findings import Finding

STEPS = 20
"""Steps of one run."""

RUNS = 5
"""Runs between two looks at the clock."""

PROFILE = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # a server has no second time the same: nothing is shrunk
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


class Wrong(AssertionError):
    """What a machine says that was not as it must be."""


def runs(name: str, machine: type[RuleBasedStateMachine], seconds: float, begin: int) -> Finding:
    """Run it until the time is over, or it falls."""
    found, end = Finding(name), time.monotonic() + seconds
    while not found.faults and (time.monotonic() < end or not found.tries):
        try:
            run_state_machine_as_test(seed(begin + found.tries)(machine), settings=PROFILE)
        except (Exception, ExceptionGroup) as error:  # whatever falls is a finding
            found.faults += sorted({f"{type(one).__name__}: {one}" for one in causes(error)})
        found.tries += RUNS
    found.figures = f"{STEPS} steps each"
    return found


def causes(error: BaseException) -> Iterator[BaseException]:
    """What fell, of what Hypothesis raises for it."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from causes(one)
    else:
        yield error
