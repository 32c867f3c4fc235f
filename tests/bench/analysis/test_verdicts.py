"""Verdicts on targets: pass, fail, inconclusive, not measured."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench_runs import ONE_ARM, after, failed, made_run
from onset.bench.analysis.case_metrics import groups
from onset.bench.analysis.verdicts import TargetJudge, TargetVerdict, VerdictState
from onset.bench.records.plan import Arm, Case, LoadShape, Target
from onset.bench.records.recording import Recording
from onset.errors import InvalidRequest

SENTENCE = Case("sentence")
MEDIUM = Target("ttfa_audible", most=0.8, share=0.95, origin="the plan")


def verdict(
    target: Target, answers: Sequence[Recording], case: Case = SENTENCE, why: str = ""
) -> TargetVerdict:
    """The verdict on a case with these answers."""
    run = made_run(lambda case, number, arm: answers[number], len(answers), [case], [target])
    scenario = replace(run.manifest.scenarios[0], not_measured=why)
    run = replace(run, manifest=replace(run.manifest, scenarios=(scenario,)))
    judge = TargetJudge({group.case.name: group for group in groups(run)})
    (found,) = judge.verdicts([target], case)
    return found


@pytest.mark.parametrize(
    ("fast", "slow", "state"),
    [
        (60, 0, VerdictState.PASS),
        (20, 0, VerdictState.INCONCLUSIVE),
        (92, 1, VerdictState.PASS),
        (59, 1, VerdictState.INCONCLUSIVE),
        (50, 10, VerdictState.FAIL),
        (0, 60, VerdictState.FAIL),
    ],
)
def test_a_share_is_decided_exactly(fast: int, slow: int, state: VerdictState) -> None:
    found = verdict(MEDIUM, [after(0.2)] * fast + [after(0.9)] * slow)
    assert found.state is state
    assert found.promise == "95 % with ttfa_audible <= 800 ms"
    assert found.measured == pytest.approx(fast / (fast + slow), abs=1e-3)


def test_an_undecided_share_says_what_it_needs() -> None:
    assert verdict(MEDIUM, [after(0.2)] * 20).reason == "needs at least 39 more requests"


def test_failures_do_not_meet_a_target() -> None:
    assert verdict(MEDIUM, [after(0.2)] * 50 + [failed()] * 10).state is VerdictState.FAIL


def test_requests_that_were_never_made_do_not_meet_it() -> None:
    run = made_run(lambda case, number, arm: after(0.2), 60, targets=[MEDIUM])
    stopped = replace(run, trials=run.trials[:30])
    judge = TargetJudge({group.case.name: group for group in groups(stopped)})
    assert judge.verdict(MEDIUM, SENTENCE).state is VerdictState.FAIL


def test_a_target_for_all_requests_is_decided_at_any_number() -> None:
    every = Target("ttfa_audible", most=0.8, share=1.0)
    assert verdict(every, [after(0.2)] * 2).state is VerdictState.PASS
    assert verdict(every, [after(0.2), failed()]).state is VerdictState.FAIL


def test_a_target_for_a_figure_of_the_case_is_decided_by_that_figure() -> None:
    answers = [after(0.2)] * 99 + [failed()]
    assert verdict(Target("error_ratio", most=0.01), answers).state is VerdictState.PASS
    found = verdict(Target("ttfa_audible_p50", most=0.1), answers)
    assert (found.state, found.measured, found.unit) == (VerdictState.FAIL, 200.0, "ms")
    assert verdict(Target("smooth_ratio", least=1.0), answers).state is VerdictState.FAIL


def test_what_is_missing_from_a_measured_case_fails() -> None:
    found = verdict(Target("memory_growth_bytes_per_request", most=1.0), [after(0.2)] * 3)
    assert found.state is VerdictState.FAIL
    assert found.measured is None


def test_what_could_not_be_measured_is_neither_met_nor_missed() -> None:
    found = verdict(MEDIUM, [], Case("CUDA", not_measured="no such device"))
    assert (found.state, found.reason) == (VerdictState.NOT_MEASURED, "no such device")
    found = verdict(MEDIUM, [], why="no WebSocket")
    assert (found.state, found.reason) == (VerdictState.NOT_MEASURED, "no WebSocket")


def test_a_target_is_for_its_cases() -> None:
    only = replace(MEDIUM, cases=("c=1",))
    assert TargetJudge({}).verdicts([only], Case("c=2")) == ()


PEERS = (*ONE_ARM, Arm("piper", "http://127.0.0.1:2"))


def ratio(ours: Sequence[Recording], theirs: Sequence[Recording], least: float) -> TargetVerdict:
    """The verdict on a peer's TTFA over ours."""
    answers = {"onset": ours, "piper": theirs}
    run = made_run(lambda case, number, arm: answers[arm][number], len(ours), arms=PEERS)
    found = {group.arm: group for group in groups(run)}
    judge = TargetJudge({"sentence": found["onset"]}, {("sentence", "piper"): found["piper"]})
    return judge.verdict(Target("ttfa_audible_ratio:piper", least=least), SENTENCE)


def test_a_ratio_over_a_peer_is_the_median_of_pairs() -> None:
    found = ratio([after(0.1), after(0.2), after(0.4)], [after(0.4), after(0.6), after(0.8)], 2.9)
    assert (found.state, found.measured) == (VerdictState.PASS, 3.0)
    assert ratio([after(0.2)], [after(0.4)], 3.0).state is VerdictState.FAIL


def test_a_pair_that_we_failed_counts_against_us() -> None:
    assert ratio([failed()] * 3, [after(0.4)] * 3, 0.1).measured == 0.0
    assert ratio([after(0.4)] * 3, [failed()] * 3, 0.1).state is VerdictState.FAIL


@pytest.mark.parametrize("metric", ["ttfa_audible_ratio:piper", "ttfa_audible_p50_ratio:forty"])
def test_a_ratio_over_what_is_not_in_the_run_is_not_measured(metric: str) -> None:
    found = verdict(Target(metric, most=1.0), [after(0.2)] * 6)
    assert found.state is VerdictState.NOT_MEASURED
    assert "piper" in found.reason or "forty" in found.reason


def test_flatness_is_one_case_over_another() -> None:
    cases = [Case("long"), Case("forty")]
    run = made_run(lambda case, n, arm: after(0.3 if case == "long" else 0.2), 4, cases)
    judge = TargetJudge({group.case.name: group for group in groups(run)})
    flat = Target("ttfa_audible_p50_ratio:forty", most=1.25)
    found = judge.verdict(flat, cases[0])
    assert (found.state, found.measured) == (VerdictState.FAIL, 1.5)


@pytest.mark.parametrize(("late", "state"), [(0.25, VerdictState.PASS), (0.27, VerdictState.FAIL)])
def test_a_target_for_the_difference_of_two_cases(late: float, state: VerdictState) -> None:
    cases = [Case("format=mp3"), Case("format=pcm")]
    run = made_run(lambda case, n, arm: after(late if case == "format=mp3" else 0.2), 4, cases)
    judge = TargetJudge({group.case.name: group for group in groups(run)})
    target = Target("ttfa_audible_p50_after:format=pcm", most=0.06)
    found = judge.verdict(target, cases[0])
    assert (found.state, found.unit) == (state, "ms")
    assert found.measured == pytest.approx(1e3 * (late - 0.2))
    alone = TargetJudge({one.case.name: one for one in groups(run) if one.case == cases[0]})
    assert alone.verdict(target, cases[0]).state is VerdictState.NOT_MEASURED


def test_capacity_is_the_highest_rate_below_which_all_hold() -> None:
    cases = [Case(f"{rate:g}/s", LoadShape.OPEN, rate=rate) for rate in (0.5, 1.0, 2.0, 4.0)]
    slow = {"2/s"}
    target = Target("capacity_per_second", least=1.0)
    run = made_run(
        lambda case, n, arm: after(2.0 if case in slow else 0.2), 20, cases, [MEDIUM, target]
    )
    judge = TargetJudge({group.case.name: group for group in groups(run)})
    found = judge.verdict(target, cases[0])
    assert (found.state, found.measured, found.unit) == (VerdictState.PASS, 1.0, "1/s")


@pytest.mark.parametrize("metric", ["speed", "ttfa_audible", "speed_p50"])
def test_an_unknown_metric_is_refused(metric: str) -> None:
    with pytest.raises(InvalidRequest):
        verdict(Target(metric, most=1.0), [after(0.2)])
