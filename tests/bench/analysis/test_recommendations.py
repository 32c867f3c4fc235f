"""Every rule fires on a run that calls for it, and not on one that does not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench_runs import after, made_run
from onset.bench.analysis.recommendations import Recommendation, advice
from onset.bench.analysis.summary import RunSummary, summarise
from onset.bench.analysis.verdicts import VerdictState
from onset.bench.records.plan import Case, LoadShape, Target
from onset.bench.records.recording import Recording
from onset.protocol.http_api import server_timing
from scripted_server import recorded


def fired(summary: RunSummary) -> dict[str, Recommendation]:
    """Advice by its rule."""
    return {one.rule: one for one in advice(summary)}


def summary(
    answers: Sequence[Recording], targets: Sequence[Target] = (), case: Case | None = None
) -> RunSummary:
    """A run of these answers."""
    cases = [case or Case("sentence")]
    return summarise(made_run(lambda c, i, a: answers[i], len(answers), cases, targets))


CALM = summary([after(0.2)] * 60, [Target("ttfa_audible", most=0.8, share=0.95)])
STALLING = replace(recorded((0.1, 0.5), (0.9, 2.0)), ended_ns=7_000_000_000)
"""One gap of 0.3 s, at an RTF of 0.4."""

SLOW = replace(recorded((0.1, 0.5), (0.9, 0.5), (1.7, 0.5)), ended_ns=7_000_000_000)
"""An RTF of 1.6."""


def test_a_good_run_needs_no_advice() -> None:
    assert fired(CALM) == {}


def test_streams_that_stall_need_a_prebuffer() -> None:
    found = fired(summary([STALLING] * 20))["prebuffer"]
    assert "300 ms (p95)" in found.evidence
    assert found.check == "onset bench run ttfa"


def test_a_server_that_cannot_keep_up_needs_no_prebuffer_but_time() -> None:
    found = fired(summary([SLOW] * 20))
    assert "RTF of the stream 1.60" in found["too slow"].evidence
    assert "prebuffer" not in found
    crowded = fired(summary([SLOW] * 20, case=Case("c=4", LoadShape.CLOSED, 4)))
    assert "too slow" not in crowded


def slow(stage: str) -> Recording:
    """A second late, nearly all of it in one stage."""
    return replace(after(1.0), server_timing=server_timing({stage: 0.9, "encode": 0.01}))


@pytest.mark.parametrize(
    ("stage", "cure"), [("queue", "ONSET_MAX_STREAMS"), ("trunk", "ONSET_THREADS")]
)
def test_a_stage_that_takes_most_of_a_missed_ttfa_is_named(stage: str, cure: str) -> None:
    missed = [Target("ttfa_audible_p50", most=0.8)]
    assert "slow stage" not in fired(summary([slow(stage)] * 20, missed))
    share = [Target("ttfa_audible", most=0.8, share=0.95)]
    found = fired(summary([slow(stage)] * 20, share))["slow stage"]
    assert found.evidence.startswith(f"ttfa, sentence: {stage} took 900 of 1000 ms")
    assert cure in found.suggestion


def test_an_undecided_target_asks_for_more_requests() -> None:
    undecided = summary([after(0.2)] * 20, [Target("ttfa_audible", most=0.8, share=0.95)])
    assert "needs at least 39 more requests" in fired(undecided)["too few requests"].evidence


def test_a_tail_far_from_the_median_asks_for_a_quiet_machine() -> None:
    ragged = [after(0.2)] * 54 + [after(0.7)] * 6
    assert "3.5 times" in fired(summary(ragged))["ragged"].evidence
    assert "ragged" not in fired(summary(ragged, case=Case("c=4", LoadShape.CLOSED, 4)))


def test_listeners_with_whom_streams_stall_are_too_many() -> None:
    crowded = summary([STALLING] * 20, case=Case("c=4", LoadShape.CLOSED, 4))
    assert "below 4" in fired(crowded)["too many listeners"].suggestion
    assert "too many listeners" not in fired(summary([STALLING] * 20))


def test_memory_that_grows_too_fast_is_reported() -> None:
    growing = summary([after(0.2)] * 20, [Target("memory_growth_bytes_per_request", most=1.0)])
    (scenario,) = growing.scenarios
    (case,) = scenario.cases
    (arm,) = case.arms
    assert arm.verdicts[0].state is VerdictState.FAIL
    grown = replace(arm, whole={**arm.whole, "memory_growth_bytes_per_request": 25_000.0})
    made = replace(growing, scenarios=(replace(scenario, cases=(replace(case, arms=(grown,)),)),))
    assert "25.0 kB" in fired(made)["memory growth"].evidence


def test_every_advice_names_evidence_and_a_command() -> None:
    (line,) = map(str, advice(summary([STALLING] * 20)))
    assert "Evidence: ttfa, sentence: " in line and "Check: onset bench " in line
