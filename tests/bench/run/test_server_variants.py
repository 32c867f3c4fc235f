"""Scenarios that start servers: with other settings, and for their first request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns

import pytest

from onset.bench.analysis.metrics import cold_ready
from onset.bench.records.plan import Arm, LoadShape, Temperature
from onset.bench.records.run_folder import Run, read
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.run import server_variants
from onset.bench.run.processes import StartedServer
from onset.bench.run.runner import record_run
from onset.errors import ServerError
from scripted_server import talking

STARTED: list[Mapping[str, str]] = []
"""Settings of the servers that were started."""


@contextmanager
def talker(settings: Mapping[str, str]) -> Iterator[StartedServer]:
    """A server that starts at once, but not with three threads."""
    if settings.get("ONSET_THREADS") == "3":
        raise ServerError("no such device")
    STARTED.append(settings)
    with talking() as url:
        yield StartedServer(url, 0, perf_counter_ns(), perf_counter_ns() + 1_000_000)


def measured(folder: Path, kind: ScenarioKind, **fields: object) -> Run:
    """A run of one scenario of this kind, against servers that compute nothing."""
    base = {"name": "s", "title": "", "kind": kind, "classes": ["two_words"], "requests": 2}
    scenario = Scenario.model_validate(base | fields)
    with pytest.MonkeyPatch.context() as patch, talking() as url:
        patch.setattr(server_variants, "onset_server", talker)
        arms = [Arm("onset", url)]
        record_run(folder / "run", "s", arms, [scenario], tell=lambda text: None, own=True)
    return read(folder / "run")


def test_a_case_is_a_set_of_settings_and_a_number_of_listeners(tmp_path: Path) -> None:
    settings = {"one": {"ONSET_THREADS": "1"}, "two": {"ONSET_THREADS": "2"}}
    run = measured(tmp_path, ScenarioKind.SERVERS, settings=settings, concurrency=[1, 2])
    cases = run.manifest.scenarios[1].cases
    assert [case.name for case in cases] == ["one, c=1", "one, c=2", "two, c=1", "two, c=2"]
    assert [case.concurrency for case in cases] == [1, 2, 1, 2]
    assert {case.shape for case in cases} == {LoadShape.CLOSED}
    assert [case.settings for case in cases[::2]] == list(settings.values()) == STARTED[-2:]


def test_what_does_not_start_is_not_measured_and_says_why(tmp_path: Path) -> None:
    settings = {"a": {"ONSET_THREADS": "3"}, "b": {"ONSET_THREADS": "x"}, "c": {}}
    run = measured(tmp_path, ScenarioKind.SERVERS, settings=settings)
    broken, refused, good = run.manifest.scenarios[1].cases
    assert broken.not_measured == "no such device"
    assert "ONSET_THREADS" in refused.not_measured
    assert (good.not_measured, good.shape) == ("", LoadShape.SERIAL)


def test_a_cold_request_is_the_first_of_its_server(tmp_path: Path) -> None:
    before = len(STARTED)
    run = measured(tmp_path, ScenarioKind.COLD)
    trials = [trial for trial in run.trials if trial.ask.scenario == "s"]
    assert [trial.ask.temperature for trial in trials] == [Temperature.COLD] * 2
    assert len(STARTED) - before == 2
    assert [cold_ready(trial.recording) for trial in trials] == pytest.approx([0.001] * 2, abs=1e-3)
