"""The folder of a run: what is read is what was written, or it is refused."""

import hashlib
from pathlib import Path

import pytest

from onset.bench.records.plan import (
    Arm,
    Case,
    LoadShape,
    Phase,
    PlannedRequest,
    ScenarioRun,
    Target,
)
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import (
    CHUNKS,
    MANIFEST,
    PLAN,
    Fingerprint,
    MachineSample,
    Manifest,
    Run,
    RunWriter,
    ServerSample,
    Trial,
    read,
)
from onset.errors import InvalidRequest
from scripted_server import recorded


def ask(number: int) -> PlannedRequest:
    """A request to be made."""
    return PlannedRequest(
        number, "s", "c=1", "onset", Phase.MEASURED, number, "Hello.", "forty", due_s=0.5
    )


def written(folder: Path) -> Run:
    """A run of two requests of which one failed and a third was never made, and what it was."""
    target = Target("ttfa_audible", most=0.8, share=0.95)
    scenario = ScenarioRun(
        "s", "S", (target,), (Case("c=1", LoadShape.OPEN, 1, 2.0),), {"forty": "x"}
    )
    manifest = Manifest(
        1, "s", 7, "onset", "0", "a", "b", True, "", (Arm("onset", "u"),), (scenario,)
    )
    good = recorded((0.1, 0.2), (0.3, 0.2))
    good.marks["idle"] = 5
    trials = (Trial(ask(0), good), Trial(ask(1), recorded(outcome=RequestOutcome.FAILED)))
    sample = MachineSample(1, "s", "c=1", 0.5, (3, 4), 2, {"onset": ServerSample(1, 2.0)})
    planned = (ask(0), ask(1), ask(2))
    with RunWriter(folder, Fingerprint(1, "h", {"cpu": "x"}, {"load": None})) as writer:
        writer.plan(planned)
        for trial in reversed(trials):
            writer.record(trial)
        writer.sample(sample)
        writer.finish(manifest)
    found = read(folder)
    fingerprint = Fingerprint(1, "h", {"cpu": "x"}, {"load": None})
    return Run(found.manifest, fingerprint, planned, trials, (sample,))


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    made = written(tmp_path)
    assert read(tmp_path) == made
    assert made.manifest.seed == 7
    assert made.manifest.scenarios[0].targets[0].share == 0.95


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    written(tmp_path / "a")
    written(tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    text = (tmp_path / CHUNKS).read_text()
    (tmp_path / CHUNKS).write_text(text.replace("5100000000", "5000000001"))
    with pytest.raises(InvalidRequest, match=r"changed .*chunks\.jsonl"):
        read(tmp_path)


def test_a_field_of_an_older_plan_is_ignored(tmp_path: Path) -> None:
    made = written(tmp_path)
    plan = (tmp_path / PLAN).read_bytes()
    older = plan.replace(b'"temperature"', b'"cache":"cold","temperature"')
    manifest = (tmp_path / MANIFEST).read_text()
    before, after = (hashlib.sha256(data).hexdigest() for data in (plan, older))
    (tmp_path / PLAN).write_bytes(older)
    (tmp_path / MANIFEST).write_text(manifest.replace(before, after))
    assert read(tmp_path).planned == made.planned


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="holds no run"):
        read(tmp_path)


def test_a_run_is_not_written_over(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(InvalidRequest, match="already holds a run"):
        RunWriter(tmp_path, Fingerprint(1, "h", {}, {}))


def test_what_was_recorded_survives_a_run_that_breaks(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        RunWriter(tmp_path, Fingerprint(1, "h", {}, {})) as writer,
    ):
        writer.plan([ask(0)])
        raise ZeroDivisionError
    assert "Hello." in (tmp_path / "plan.jsonl").read_text()
    with pytest.raises(InvalidRequest):
        read(tmp_path)


def test_a_target_needs_one_bound() -> None:
    with pytest.raises(ValueError, match="either"):
        Target("ttfa_audible")
    assert not Target("x", most=1.0).holds(None)
    assert Target("x", least=1.0).holds(1.0)
