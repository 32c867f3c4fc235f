"""The scenarios and suites as data: `scenarios.toml`, read and checked."""

import tomllib
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, Field

from onset.bench.records.plan import Extent, Target
from onset.bench.workload.texts import TextClass
from onset.errors import InvalidRequest


class ScenarioKind(StrEnum):
    """How a scenario is run; its description says what is varied from case to case."""

    TEXTS = "texts"
    PROSE = "prose"
    VOICES = "voices"
    SPEEDS = "speeds"
    FORMATS = "formats"
    REPEAT = "repeat"
    CLOSED = "closed"
    BURSTS = "bursts"
    CAPACITY = "capacity"
    POISSON = "poisson"
    SERVERS = "servers"
    COLD = "cold"
    CANCEL = "cancel"
    DICTATED = "dictated"
    SOAK = "soak"
    HELD = "held"


class Scenario(BaseModel, frozen=True, extra="forbid"):
    """One scenario. requests: of each case; the other fields concern the kinds that use them.

    voices: "*" are all that the server lists. shares: of the found capacity. settings: a server
    of ours started with these variables, a case each, by name. listeners: as many as the server
    says that it keeps up with when None.
    """

    name: str
    title: str
    kind: ScenarioKind
    classes: tuple[TextClass, ...] = (TextClass.SENTENCE,)
    requests: Annotated[int, Field(ge=1)] = 20
    extent: Extent = Extent.WHOLE
    seconds: float = 60.0
    voices: tuple[str, ...] = ("*",)
    speeds: tuple[float, ...] = ()
    formats: tuple[str, ...] = ()
    concurrency: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    every: float = 30.0
    shares: tuple[float, ...] = ()
    settings: dict[str, dict[str, str]] = Field(default_factory=dict)
    cancel_after: tuple[float, ...] = ()
    tokens_per_second: tuple[float, ...] = ()
    minutes: float = 0.0
    listeners: Annotated[int, Field(ge=1)] | None = None
    targets: tuple[Target, ...] = ()


class Suite(BaseModel, frozen=True, extra="forbid"):
    """Scenarios that are run together, in this order."""

    title: str
    scenarios: tuple[str, ...]


class _ScenarioFile(BaseModel, frozen=True, extra="forbid"):
    schema_version: Annotated[int, Field(alias="schema")]
    suite: dict[str, Suite]
    scenario: tuple[Scenario, ...]


@cache
def _data() -> _ScenarioFile:
    written = files("onset").joinpath("data", "scenarios.toml").read_text("utf-8")
    return _ScenarioFile.model_validate(tomllib.loads(written))


def scenarios() -> dict[str, Scenario]:
    """Every scenario by its name."""
    return {scenario.name: scenario for scenario in _data().scenario}


def suites() -> dict[str, Suite]:
    """Every suite by its name."""
    return dict(_data().suite)


def chosen(names: Iterable[str]) -> list[Scenario]:
    """The scenarios of these names, a suite's name standing for all of its own; none twice.

    Raises InvalidRequest for a name that is neither, listing the choices.
    """
    all_scenarios, groups = scenarios(), suites()
    selected: dict[str, Scenario] = {}
    for name in names:
        if name not in all_scenarios and name not in groups:
            choices = ", ".join([*groups, *all_scenarios])
            raise InvalidRequest(f"Unknown scenario {name!r}. Choices: {choices}.", "scenario")
        for one in groups[name].scenarios if name in groups else (name,):
            selected[one] = all_scenarios[one]
    return list(selected.values())
