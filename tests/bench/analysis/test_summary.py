"""A summary is a function of the folder: complete, and never better than what was recorded."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bench_runs import ONE_ARM, after, failed, made_run, written
from onset.bench.analysis.summary import (
    FAILED,
    INCONCLUSIVE,
    INVALID,
    PASSED,
    ArmSummary,
    RunSummary,
    summarise,
)
from onset.bench.records.plan import Arm, Case, Target, Temperature
from onset.bench.records.recording import Recording
from onset.bench.records.run_folder import Run, read

TARGET = Target("ttfa_audible", most=0.4, share=0.95)
SUMMARY = TypeAdapter(RunSummary)


def fast(case: str, number: int, arm: str) -> Recording:
    """Every answer after 200 ms."""
    return after(0.2)


def arm_of(run: Run) -> ArmSummary:
    """The only arm of the only case."""
    (scenario,) = summarise(run).scenarios
    (case,) = scenario.cases
    (arm,) = case.arms
    return arm


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    folder = written(made_run(fast, 60, targets=[TARGET]), tmp_path / "run")
    once, again = (SUMMARY.dump_json(summarise(read(folder)), indent=1) for _ in range(2))
    assert once == again
    assert SUMMARY.validate_json(once) == summarise(read(folder))


@pytest.mark.parametrize(
    ("n", "slow", "code"), [(60, 0, PASSED), (20, 0, INCONCLUSIVE), (60, 30, FAILED)]
)
def test_exit_code_follows_the_verdicts(n: int, slow: int, code: int) -> None:
    run = made_run(lambda c, i, a: after(0.9 if i < slow else 0.2), n, targets=[TARGET])
    assert summarise(run).exit_code == code


def test_a_run_that_broke_off_is_invalid_whatever_it_measured() -> None:
    run = made_run(fast, 60, targets=[TARGET])
    broken = replace(run, manifest=replace(run.manifest, complete=False, stopped="interrupted"))
    found = summarise(broken)
    assert (found.exit_code, found.state) == (INVALID, "invalid")
    assert "interrupted" in found.invalid[0]


def test_cold_and_warm_in_one_case_are_invalid() -> None:
    run = made_run(fast, 4)
    cold = replace(run.planned[0], temperature=Temperature.COLD)
    found = summarise(replace(run, planned=(cold, *run.planned[1:])))
    assert any("cold and warm" in reason for reason in found.invalid)


def test_failures_are_told_with_their_reasons() -> None:
    arm = arm_of(made_run(lambda c, i, a: failed("reset") if i % 4 == 0 else after(0.2), 8))
    assert (arm.n, arm.failures, arm.reasons) == (8, 2, {"reset": 2})
    assert arm.figures["ttfa_audible"].missing == 2


def test_requests_never_made_are_failures() -> None:
    run = made_run(fast, 8)
    arm = arm_of(replace(run, trials=run.trials[:6]))
    assert (arm.n, arm.failures, arm.reasons) == (8, 2, {"never made": 2})
    assert arm.figures["ttfa_audible"].n == 8


def test_a_text_that_was_said_twice_is_told() -> None:
    run = made_run(fast, 4)
    trials = [replace(t, ask=replace(t.ask, text="again")) for t in run.trials]
    assert arm_of(replace(run, trials=tuple(trials))).repeated_texts == 3


def test_stages_are_those_of_one_request_and_not_a_mix() -> None:
    arm = arm_of(made_run(lambda c, i, a: after(0.1 + 0.01 * i), 20))
    middle, tail = arm.stages
    assert [middle.quantile, tail.quantile] == ["p50", "p95"]
    assert [middle.ttfa_audible_ms, tail.ttfa_audible_ms] == pytest.approx([190, 280])
    assert sum(middle.stages_ms.values()) == pytest.approx(0.99 * 190, abs=0.1)
    assert "total" not in middle.stages_ms


def test_every_player_hears_the_same_recording() -> None:
    arm = arm_of(made_run(fast, 3))
    assert [player.prebuffer_ms for player in arm.players] == [0, 20, 50, 100, 200, 400]
    assert {player.answers for player in arm.players} == {3}
    starts = [player.start_ms_p50 for player in arm.players]
    assert starts == sorted(starts, key=lambda start: start or 0.0)


def test_only_the_first_arm_is_held_to_promises() -> None:
    arms = (*ONE_ARM, Arm("piper", "http://127.0.0.1:2"))
    (scenario,) = summarise(made_run(fast, 4, targets=[TARGET], arms=arms)).scenarios
    ours, piper = scenario.cases[0].arms
    assert len(ours.verdicts) == 1
    assert piper.verdicts == () and piper.figures


def test_what_was_not_measured_says_why_and_fails_nothing() -> None:
    cases = [Case("sentence"), Case("CUDA", not_measured="no such device")]
    found = summarise(made_run(fast, 60, cases, [TARGET]))
    assert found.exit_code == PASSED
    assert found.counts["not measured"] == 1
    assert found.scenarios[0].cases[1].not_measured == "no such device"


def test_the_floor_is_told_apart() -> None:
    run = made_run(fast, 4)
    trials = [
        replace(t, ask=replace(t.ask, scenario="floor", arm="null", number=9)) for t in run.trials
    ]
    found = summarise(replace(run, trials=(*run.trials, *trials)))
    assert found.floor["ttfa_audible"].p50 == 200.0
    assert [scenario.name for scenario in found.scenarios] == ["ttfa"]
