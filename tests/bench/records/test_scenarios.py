"""The scenarios and suites in `scenarios.toml`."""

from dataclasses import replace

import pytest

from onset.bench.records.scenarios import ScenarioKind, chosen, scenarios, suites
from onset.bench.run.scenario_kinds import KINDS
from onset.errors import InvalidRequest


def test_suites_name_scenarios_that_are_there() -> None:
    for suite in suites().values():
        assert set(suite.scenarios) <= set(scenarios())
    assert len(chosen(["standard", "ttfa-short"])) == len(suites()["standard"].scenarios)
    with pytest.raises(InvalidRequest, match="Choices"):
        chosen(["nonsense"])


def test_targets_of_the_founding_plan_are_there() -> None:
    asked = {"ttfa-short": 0.4, "ttfa-medium": 0.8, "ttfa-long": 1.2, "ttfa-complex": 1.0}
    for name, seconds in asked.items():
        target = scenarios()[name].targets[0]
        assert replace(target, origin="", cases=()).most == seconds
        assert (target.metric, target.share) == ("ttfa_audible", 0.95)
        assert scenarios()[name].requests >= 59


def test_every_kind_can_be_played() -> None:
    assert set(KINDS) == set(ScenarioKind)


def test_every_scenario_can_be_chosen_by_its_name() -> None:
    assert [one.name for one in chosen(scenarios())] == list(scenarios())
