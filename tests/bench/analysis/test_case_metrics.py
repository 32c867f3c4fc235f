"""Metrics of whole cases: every planned request is in the denominator."""

from dataclasses import replace

import pytest

from bench_runs import after, failed, made_run
from onset.bench.analysis.case_metrics import (
    CaseTrials,
    audio_throughput,
    efficiency_ratio,
    error_ratio,
    groups,
    memory_growth,
    rss_peak,
    smooth_ratio,
)
from onset.bench.records.plan import Extent, Phase
from onset.bench.records.recording import Recording
from onset.bench.records.run_folder import MachineSample, ServerSample
from scripted_server import recorded


def group(*recordings: Recording, extent: Extent = Extent.WHOLE) -> CaseTrials:
    """One case with these answers."""
    run = made_run(lambda case, number, arm: recordings[number], len(recordings), extent=extent)
    (found,) = groups(run)
    return found


def stalling() -> Recording:
    """A second of sound, then a gap of half a second, then another second."""
    return replace(recorded((0.1, 1.0), (1.6, 1.0)), ended_ns=7_000_000_000)


def test_failures_and_requests_never_made_are_errors() -> None:
    found = group(after(0.1), failed(), after(0.1), after(0.1))
    never = replace(found, trials=found.trials[:2])
    assert error_ratio(found) == 0.25
    assert error_ratio(never) == 0.75


def test_smooth_streams_are_of_all_that_were_wanted() -> None:
    assert smooth_ratio(group(after(0.1), stalling(), failed(), after(0.1))) == 0.5


def test_an_answer_heard_to_its_onset_is_neither_smooth_nor_not() -> None:
    assert smooth_ratio(group(after(0.1), extent=Extent.ONSET)) is None


def test_efficiency_is_audio_over_audio_and_stalls() -> None:
    assert efficiency_ratio(group(stalling())) == pytest.approx(2.0 / 2.5)
    assert efficiency_ratio(group(failed())) is None


def test_throughput_is_over_the_whole_case() -> None:
    # One second of audio each, due two seconds apart, the second one ending 0.5 s after it was due.
    found = audio_throughput(group(after(0.05), after(0.05)))
    assert found == pytest.approx(2.0 / (2.0 + 0.05 + 0.45 + 0.001))


def test_nothing_asked_is_nothing_measured() -> None:
    empty = replace(group(after(0.1)), asks=(), trials=())
    assert error_ratio(empty) is smooth_ratio(empty) is audio_throughput(empty) is None


def samples(per_request: int, count: int = 40) -> tuple[MachineSample, ...]:
    """One a request, two seconds apart; memory jumps once and then grows by so much each."""
    return tuple(
        MachineSample(
            at_ns=5_000_000_000 + 2_000_000_000 * i + 1_999_000_000,
            scenario="ttfa",
            case="sentence",
            servers={
                "onset": ServerSample(1_000_000 + (500_000 if i > 3 else 0) + per_request * i)
            },
        )
        for i in range(count)
    )


def test_memory_growth_is_the_slope_of_the_second_half() -> None:
    found = replace(group(*[after(0.1)] * 40), samples=samples(7_000))
    assert memory_growth(found) == pytest.approx(7_000)
    assert memory_growth(replace(found, samples=samples(0))) == 0
    assert rss_peak(found) == 1_000_000 + 500_000 + 39 * 7_000


def test_memory_of_a_server_elsewhere_is_not_known() -> None:
    found = group(*[after(0.1)] * 4)
    assert memory_growth(found) is rss_peak(found) is None


def test_warm_up_is_in_no_group() -> None:
    run = made_run(lambda case, number, arm: after(0.1), 2)
    warm = replace(run.planned[0], phase=Phase.WARM_UP)
    trials = (replace(run.trials[0], ask=warm), run.trials[1])
    (found,) = groups(replace(run, planned=(warm, run.planned[1]), trials=trials))
    assert found.n == len(found.trials) == 1
