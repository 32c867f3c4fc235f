"""A run from its first request to its manifest, also one that breaks off."""

from pathlib import Path

from onset.bench.analysis.validity import reasons
from onset.bench.records.plan import Arm
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import MANIFEST, PROGRESS, read
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.run.runner import record_run
from onset.bench.workload.texts import TextClass

TEXTS = Scenario(
    name="texts", title="", kind=ScenarioKind.TEXTS, classes=(TextClass.TWO_WORDS,), requests=2
)


def test_a_server_that_goes_away_is_in_the_denominator(tmp_path: Path) -> None:
    said: list[str] = []
    arms = [Arm("onset", "http://127.0.0.1:1")]
    record_run(tmp_path / "run", "none", arms, [TEXTS], tell=said.append)
    run = read(tmp_path / "run")
    found = [trial.recording for trial in run.trials if trial.ask.scenario == "texts"]
    assert [recording.outcome for recording in found] == [RequestOutcome.FAILED] * 2
    assert not (tmp_path / "run" / PROGRESS).exists()


def test_a_run_that_is_stopped_says_so(tmp_path: Path) -> None:
    arms = [Arm("onset", "nonsense")]
    record_run(tmp_path / "run", "none", arms, [TEXTS], tell=lambda text: None)
    assert (tmp_path / "run" / MANIFEST).exists()
    run = read(tmp_path / "run")
    assert not run.manifest.complete
    assert "no http://" in run.manifest.stopped
    assert "nothing was measured" in reasons(run)
