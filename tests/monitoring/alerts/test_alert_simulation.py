"""The stated rates: twenty quiet years, and steps that were planted."""

import numpy as np
import pytest

from answers import record
from onset.monitoring.alerts.alert_rules import Situation, alert_rules
from onset.monitoring.alerts.alert_simulation import (
    SimulatedAlert,
    alarms,
    noisy,
    simulate,
    told_steps,
)
from onset.monitoring.history.degradation import LOOKS

GOOD, LATE = record(), record(ttfa=1.5)


@pytest.fixture(scope="module")
def found() -> dict[str, SimulatedAlert]:
    return {alert.name: alert for alert in simulate(20)}


def test_quiet_years_are_quiet(found: dict[str, SimulatedAlert]) -> None:
    # Of 10,000 answers of a server exactly at its promise; a year; a start; a year and series.
    most = {"ttfa-fast": 0.3, "ttfa-slow": 0.5, "errors": 1.5, "stalls": 0.5}
    most |= {"slower-machine": 0.1, "slower-onset": 0.002, "degraded": 0.3, "memory-growth": 0.2}
    assert {name: alert.rate for name, alert in found.items() if alert.rate > most[name]} == {}
    assert set(found) == set(most)


def test_what_is_planted_in_the_probes_is_found_within_days(
    found: dict[str, SimulatedAlert],
) -> None:
    ten, twenty = found["degraded"].delays
    assert ten <= 7 and twenty <= 5 and twenty < ten
    assert found["slower-machine"].delays[0] <= 5


def test_memory_that_is_lost_is_found_within_hours(found: dict[str, SimulatedAlert]) -> None:
    slow, faster, fast = found["memory-growth"].delays
    assert fast <= faster <= 4 and slow <= 6


def test_answers_that_are_all_bad_are_told_of_soon(found: dict[str, SimulatedAlert]) -> None:
    soon = {"ttfa-fast": 13, "ttfa-slow": 40, "errors": 6, "stalls": 20}
    assert all(found[name].delays[0] <= most for name, most in soon.items())


def test_the_simulation_judges_as_the_rule_does() -> None:
    rule = next(rule for rule in alert_rules() if rule.name == "ttfa-fast")
    bad = np.random.default_rng(5).random(400) < np.repeat([0.02, 0.6, 0.0, 0.5], 100)
    firing, told = False, []
    for count in range(1, len(bad) + 1):
        seen = [LATE if each else GOOD for each in bad[:count]]
        judged = rule.judge(Situation(0, counted=seen))
        if judged.fires and not firing:
            told.append(count)
        firing = bool(judged.fires) or (firing and not judged.clears)
    assert alarms(rule, bad) == told and len(told) == 2


def test_a_step_is_told_once_and_soon() -> None:
    factors = noisy(np.random.default_rng(3), 3 * LOOKS)
    factors[LOOKS:] *= 1.2
    (at,) = [at for at in told_steps(factors.tolist()) if at > LOOKS]
    assert at - LOOKS <= 21
