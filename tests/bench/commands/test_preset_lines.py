"""The last line of each preset, out of runs whose figures are known, and how they are judged."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bench_runs import after
from onset.bench.analysis.summary import RunSummary, summarise
from onset.bench.analysis.verdicts import VerdictState
from onset.bench.commands import preset_lines
from onset.bench.commands.tricks import run_of
from onset.bench.records.plan import Arm, Case, Phase, PlannedRequest, ScenarioRun
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import MachineSample, Run, ServerSample, Trial
from onset.bench.records.scenarios import scenarios
from scripted_server import recorded

FAILURE = recorded(outcome=RequestOutcome.FAILED)
SMOOTH = replace(
    recorded(*((0.2 + 0.1 * n, 0.2) for n in range(50)), outcome=RequestOutcome.STOPPED),
    marks={"cancelled": 1},
)
STUTTERING = replace(
    recorded((0.2, 0.3), (2.0, 0.3), outcome=RequestOutcome.STOPPED), marks={"cancelled": 1}
)
REFUSED = Recording(0, 0, ended_ns=8_000_000, status=429, outcome=RequestOutcome.FAILED)
LET_IN = recorded((0.2, 0.2), outcome=RequestOutcome.STOPPED)


def played(name: str, answers: dict[tuple[str, str], Sequence[Recording]]) -> Run:
    """A run of the scenario of this name; answers: by (case, arm), in the order of the texts."""
    trials: list[Trial] = []
    for (case, arm), recordings in answers.items():
        for number, one in enumerate(recordings):
            ask = PlannedRequest(
                len(trials), name, case, arm, Phase.MEASURED, number, f"{case} {number}", "forty"
            )
            trials.append(Trial(ask, replace(one, sha256=f"{len(trials)}")))
    cases = tuple(Case(case) for case in dict.fromkeys(case for case, _ in answers))
    arms = tuple(Arm(arm, "") for arm in dict.fromkeys(arm for _, arm in answers))
    run = run_of(trials, [ScenarioRun(name, "", scenarios()[name].targets, cases)])
    return replace(run, manifest=replace(run.manifest, arms=arms))


def states(summary: RunSummary) -> dict[str, VerdictState]:
    """How each promise stands, by case and metric."""
    return {
        f"{case.name} {verdict.metric}": verdict.state
        for scenario in summary.scenarios
        for case in scenario.cases
        for arm in case.arms
        for verdict in arm.verdicts
    }


def streamed(recording: Recording) -> dict[str, object]:
    run = played("streaming", {("prose", "onset"): [recording]})
    return preset_lines.stream(run, summarise(run))


def test_stream_figures_of_a_failure_are_absent() -> None:
    figures = streamed(FAILURE)
    assert figures["outcome"] == "failed"
    assert figures["rtf_stream"] is figures["required_prebuffer_ms"] is None
    assert figures["chunk_gap_ms_max"] is None


def test_stream_figures_of_a_gap() -> None:
    pieces = [(0.1 * number + (0.5 if number >= 10 else 0), 0.1) for number in range(20)]
    figures = streamed(recorded(*pieces))
    assert figures["chunk_gap_ms_max"] == pytest.approx(600)
    assert figures["required_prebuffer_ms"] == pytest.approx(500)
    assert isinstance(figures["players"], list)
    assert [player["stalls"] for player in figures["players"]] == [1] * 6
    assert figures["state"] == "fail"


def lasting(seconds: float) -> Recording:
    """An answer of two seconds of audio that took so long."""
    return recorded((0.001, 1.0), (seconds, 1.0))


def oneshot(*pairs: tuple[Recording, Recording]) -> dict[str, object]:
    """Of (streamed, whole) answers to the same text."""
    streams, wholes = zip(*pairs, strict=True)
    case = "paragraph"
    run = played("oneshot", {(case, "onset"): streams, (case, "onset:exact"): wholes})
    return preset_lines.oneshot(run, summarise(run))


def test_the_ratio_of_streamed_to_whole_is_of_the_same_text() -> None:
    pairs = [(1.05, 1.0), (2.0, 2.0), (1.2, 1.0)]
    figures = oneshot(*[(lasting(one), lasting(other)) for one, other in pairs])
    assert figures["streamed_over_whole_ratio_p50"] == pytest.approx(1.05, abs=1e-3)
    assert figures["rtf_streamed_p50"] == 0.6
    assert (figures["promised_ratio"], figures["passed"]) == (1.1, True)


def test_a_failure_to_stream_is_counted_and_gives_no_ratio() -> None:
    figures = oneshot((FAILURE, lasting(1.0)))
    assert (figures["n"], figures["failed"]) == (1, 1)
    assert figures["streamed_over_whole_ratio_p50"] is None
    assert (figures["passed"], figures["state"]) == (False, "fail")


def test_streaming_that_takes_too_long_does_not_pass() -> None:
    assert oneshot((lasting(1.2), lasting(1.0)))["passed"] is False


def grown(*sizes: int | None) -> dict[str, object]:
    """Of a server with these sizes before the first request and after each."""
    run = played("memory", {("soak", "onset"): [after(0.2)] * (len(sizes) - 1)})
    trials = [
        replace(trial, recording=replace(trial.recording, ended_ns=number + 1))
        for number, trial in enumerate(run.trials)
    ]
    samples = tuple(
        MachineSample(at_ns, "memory", "soak", servers={"onset": ServerSample(size)})
        for at_ns, size in enumerate(sizes)
    )
    run = replace(run, trials=tuple(trials), system=samples)
    return preset_lines.memory(run, summarise(run))


def test_memory_grows_over_the_second_half() -> None:
    figures = grown(50, *[100] * 9, 200, *range(210, 310, 10))
    assert (figures["requests"], figures["rss_half_requests"]) == (20, 10)
    assert (figures["rss_start_bytes"], figures["rss_half_bytes"]) == (50, 200)
    assert (figures["rss_end_bytes"], figures["rss_peak_bytes"]) == (300, 300)
    assert figures["growth_second_half_bytes"] == 100
    assert figures["growth_bytes_per_request"] == 10


def test_a_jump_of_memory_is_no_growth() -> None:
    assert grown(*[10] * 15, 90, *[10] * 5)["growth_bytes_per_request"] == 0


def test_a_process_that_cannot_be_read_breaks_the_promise_of_memory() -> None:
    figures = grown(None, None, None)
    assert figures["rss_end_bytes"] is figures["growth_second_half_bytes"] is None
    assert figures["state"] == "fail"


def held_run(**changed: Sequence[Recording]) -> Run:
    """A load test that kept all promises, but for what is changed."""
    cases: dict[str, Sequence[Recording]] = {
        "alone": [LET_IN], "held": [SMOOTH], "new": [recorded((0.3, 0.2))], "beyond": [REFUSED],
    }  # fmt: skip
    return played("held", {(case, "onset"): found for case, found in (cases | changed).items()})


def held(**changed: Sequence[Recording]) -> dict[str, object]:
    run = held_run(**changed)
    return preset_lines.load(run, summarise(run))


def test_a_load_that_is_borne_keeps_every_promise() -> None:
    figures = held()
    assert figures["kept"] is True
    assert (figures["listeners"], figures["underruns"], figures["errors"]) == (1, 0, 0)
    assert (figures["new_served"], figures["beyond_refused"]) == (1, 1)
    assert figures["listened_seconds"] == pytest.approx(10)
    assert figures["refusal_ms_max"] == 8.0
    assert figures["ttfa_ratio"] == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"held": [STUTTERING]}, "held underruns"),
        ({"held": [FAILURE]}, "held error_ratio"),
        ({"new": [recorded((0.7, 0.2))]}, "new ttfa_audible_p50_ratio:alone"),
        ({"new": [LET_IN, LET_IN, FAILURE]}, "new error_ratio"),
        ({"beyond": [LET_IN]}, "beyond refusal"),
        ({"beyond": [replace(REFUSED, ended_ns=60_000_000)]}, "beyond refusal"),
        ({"new": [LET_IN, replace(REFUSED, ended_ns=60_000_000)]}, "new refusal"),
    ],
)
def test_each_promise_of_a_load_can_be_broken(
    changed: dict[str, Sequence[Recording]], broken: str
) -> None:
    assert held(**changed)["kept"] is False
    assert states(summarise(held_run(**changed)))[broken] is VerdictState.FAIL


def test_an_underrun_is_counted() -> None:
    assert held(held=[STUTTERING, SMOOTH])["underruns"] == 1


def test_who_is_refused_is_no_late_first_sound() -> None:
    figures = held(new=[recorded((0.3, 0.2)), REFUSED, REFUSED])
    assert (figures["kept"], figures["new_refused"]) == (True, 2)
    assert figures["ttfa_ratio"] == pytest.approx(1.5)


def test_one_who_fits_by_the_time_they_come_may_be_let_in() -> None:
    fitting = replace(LET_IN, marks={"grown": 1})
    assert held(beyond=[fitting, REFUSED])["kept"] is True
    assert held(beyond=[fitting])["beyond_admitted"] == 0


@pytest.mark.parametrize(
    "changed", [{"new": [REFUSED]}, {"beyond": [replace(LET_IN, marks={"grown": 1})]}]
)
def test_what_was_not_measured_keeps_no_promise(changed: dict[str, Sequence[Recording]]) -> None:
    assert held(**changed)["kept"] is False


def test_nobody_refused_among_the_new_breaks_nothing() -> None:
    assert states(summarise(held_run()))["new refusal"] is VerdictState.NOT_MEASURED
    assert held(new=[REFUSED])["ttfa_ratio"] is None
