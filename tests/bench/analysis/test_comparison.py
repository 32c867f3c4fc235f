"""Comparisons of arms with a known difference, and of arms that do not differ."""

from dataclasses import replace

import numpy as np
import pytest

from bench_runs import after, failed, made_run
from onset.bench.analysis.comparison import (
    ArmPair,
    MetricComparison,
    RunComparison,
    arms_of,
    compare,
    ratio_text,
)
from onset.bench.records.plan import Arm, Case, TextCut
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import Run
from onset.errors import InvalidRequest
from onset.stats.bootstrap import Ratio

A = Arm("onset", "http://127.0.0.1:1", pid=11)
B = Arm("piper", "http://127.0.0.1:2")


def interleaved(
    factor: float, n: int = 20, noise: float = 0.1, arms: tuple[Arm, Arm] = (A, B), seed: int = 0
) -> Run:
    """B takes `factor` times as long as A."""
    random = np.random.default_rng(seed)

    def answer(case: str, number: int, arm: str) -> Recording:
        base = 0.2 * (1 + number % 5) * float(np.exp(noise * random.standard_normal()))
        return after(base * (factor if arm == arms[1].name else 1.0))

    return made_run(answer, n, [Case("sentence")], arms=arms)


def of(run: Run, arms: tuple[Arm, Arm] = (A, B)) -> RunComparison:
    """The comparison of an interleaved run."""
    return compare(ArmPair(*arms, run, run))


@pytest.mark.parametrize(
    ("factor", "noise", "finding", "code"),
    [
        (3.0, 0.1, MetricComparison.A_BETTER, 0),
        (0.3, 0.1, MetricComparison.B_BETTER, 1),
        (1.0, 0.01, MetricComparison.EQUIVALENT, 0),
        (1.0, 0.4, MetricComparison.NO_DIFFERENCE, 2),
    ],
)
def test_the_finding_and_exit_code_follow_from_the_ratio(
    factor: float, noise: float, finding: MetricComparison, code: int
) -> None:
    found = of(interleaved(factor, noise=noise))
    assert (found.finding, found.exit_code, found.invalid) == (finding, code, ())


def test_the_effect_has_an_interval_that_holds_the_truth() -> None:
    cell = of(interleaved(3.0)).cells[0]
    assert cell.metric == "ttfa_audible"
    assert cell.effect.median.low is not None and cell.effect.median.high is not None
    assert cell.effect.median.low < 3.0 < cell.effect.median.high
    assert cell.text.startswith("piper takes ") and "times as long as onset" in cell.text


def test_fewer_than_six_texts_are_too_few() -> None:
    found = of(interleaved(3.0, n=5))
    assert (found.finding, found.exit_code) == (MetricComparison.TOO_FEW, 2)


def test_six_texts_that_agree_are_enough_whatever_the_other_metrics_say() -> None:
    def answer(case: str, number: int, arm: str) -> Recording:
        return after(*((0.2, 3.0) if arm == "onset" else (0.8, 0.5 + 2 * (number % 2))))

    found = of(made_run(answer, 6, arms=(A, B)))
    assert found.finding is MetricComparison.A_BETTER
    assert found.cells[0].q is not None and found.cells[0].q < 0.05


def test_an_arm_that_fails_is_worse() -> None:
    run = made_run(lambda c, i, arm: failed() if arm == "piper" else after(0.2), 20, arms=(A, B))
    found = of(run)
    assert found.finding is MetricComparison.A_BETTER
    assert found.cells[0].effect.b_failed == 20


def test_smooth_streams_are_counted_in_pairs() -> None:
    found = of(interleaved(3.0)).smoothness[0]
    assert (found.pairs, found.a_smooth, found.b_smooth, found.p) == (20, 20, 20, None)


TWIN = Arm("onset:threads=1", "http://127.0.0.1:1")


def same_audio(twin: Arm) -> Run:
    """Two arms that answer alike to the last sample."""
    return made_run(
        lambda c, i, arm: after(0.2, sha256=f"{i:064x}"), 20, arms=(replace(A, pid=None), twin)
    )


def test_a_flag_that_nothing_shows_makes_no_second_arm() -> None:
    # The same address and the same audio: a header or setting that no server reads.
    twin = replace(TWIN, settings={"ONSET_THREADS": "1"})
    found = of(same_audio(twin), (replace(A, pid=None), twin))
    assert found.exit_code == 3
    assert "nothing shows" in found.invalid[0]


def test_a_process_started_with_its_settings_is_proof() -> None:
    twin = Arm("onset:threads=1", "http://127.0.0.1:2", {"ONSET_THREADS": "1"}, pid=12)
    found = of(same_audio(twin), (A, twin))
    assert found.invalid == ()
    assert "ONSET_THREADS=1" in found.proof[0]
    assert any("same audio in all 20" in remark for remark in found.remarks)


def test_two_programs_are_two_arms_even_when_heard_only_to_their_onset() -> None:
    run = interleaved(3.0, arms=(A, replace(B, pid=12)))
    stopped = [
        replace(t, recording=replace(t.recording, outcome=RequestOutcome.STOPPED))
        for t in run.trials
    ]
    found = of(replace(run, trials=tuple(stopped)), (A, replace(B, pid=12)))
    assert found.invalid == ()
    assert found.proof == ("two programs: onset and piper",)


def test_an_arm_against_itself_is_remarked() -> None:
    twin = Arm("onset#2", "http://127.0.0.1:2", pid=12)
    found = of(interleaved(1.0, noise=0.01, arms=(A, twin)), (A, twin))
    assert found.invalid == ()
    assert any("A/A" in remark for remark in found.remarks)


def test_an_arm_that_gets_the_first_clause_is_paired_by_number() -> None:
    clause = Arm("kokoro-onnx-clause", "http://127.0.0.1:2", said=TextCut.FIRST_CLAUSE)
    run = interleaved(3.0, arms=(A, clause))
    cut = [
        replace(t, ask=replace(t.ask, text="First,")) if t.ask.arm == clause.name else t
        for t in run.trials
    ]
    found = of(replace(run, trials=tuple(cut)), (A, clause))
    assert found.cells[0].effect.pairs == 20
    assert of(replace(run, trials=tuple(cut)), (A, B)).cells == ()


def folders(change: dict[str, object]) -> RunComparison:
    """Two runs, the second on a machine that is changed so."""
    one = interleaved(3.0)
    facts = {**one.fingerprint.comparable, **change}
    other = replace(one, fingerprint=replace(one.fingerprint, comparable=facts))
    return compare(ArmPair(A, B, one, other))


def test_runs_of_different_machines_are_refused() -> None:
    assert "different machines: cpu" in folders({"cpu": "another"}).invalid[0]


def test_runs_with_other_software_may_be_compared_and_say_so() -> None:
    found = folders({"python": "3.12"})
    assert found.invalid == ()
    assert not found.interleaved
    assert any("not interleaved" in remark for remark in found.remarks)
    assert any("differ in: python" in remark for remark in found.remarks)


def test_a_run_that_did_not_end_makes_the_comparison_invalid() -> None:
    run = interleaved(3.0)
    broken = replace(run, manifest=replace(run.manifest, complete=False))
    assert of(broken).exit_code == 3


def test_arms_are_found_by_name_or_are_the_first() -> None:
    run = interleaved(3.0)
    assert arms_of(run) == A
    assert arms_of(run, "piper") == B
    with pytest.raises(InvalidRequest, match="onset, piper"):
        arms_of(run, "espeak")


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Ratio(4.0, 3.0, 5.0), "b takes 4 times as long as a (3 to 5)"),
        (Ratio(0.25, 0.2, 0.5), "a takes 4 times as long as b (2 to 5)"),
        (Ratio(2.0), "b takes 2 times as long as a (no interval)"),
        (Ratio(), "one of the arms failed in most texts"),
    ],
)
def test_an_effect_in_words(ratio: Ratio, words: str) -> None:
    assert ratio_text(ratio, "a", "b") == words
