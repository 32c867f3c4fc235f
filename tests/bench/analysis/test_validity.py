"""Runs that must not be believed are refused, each for its reason; others are not."""

from dataclasses import replace

from onset.bench.analysis.validity import reasons, warnings
from onset.bench.commands.tricks import run_of
from onset.bench.records.plan import Case, LoadShape, Phase, PlannedRequest, ScenarioRun
from onset.bench.records.recording import Recording
from onset.bench.records.run_folder import MachineSample, Run, Trial
from scripted_server import recorded

OPEN = ScenarioRun("s", "S", cases=(Case("c", LoadShape.OPEN, 1, 1.0),))


def trial(number: int, recording: Recording, text: str = "", **changes: object) -> Trial:
    """A measured request whose audio is its own."""
    ask = PlannedRequest(
        number, "s", "c", "onset", Phase.MEASURED, number, text or f"Text {number}.", "forty"
    )
    whole = replace(recording, sha256=recording.sha256 or f"{number}")
    return Trial(replace(ask, **changes), whole)  # type: ignore[arg-type]


def run(*recordings: Recording, system: tuple[MachineSample, ...] = (), **changes: object) -> Run:
    """A run of these answers."""
    trials = [trial(number, one, **changes) for number, one in enumerate(recordings)]  # type: ignore[arg-type]
    return replace(run_of(trials, [OPEN]), system=system)


GOOD = recorded((0.1, 0.5), (0.2, 0.5))


def due(at: float, lateness: float = 0.0) -> Recording:
    """An answer due at a time and sent so much later."""
    due_ns = round(at * 1e9)
    sent_ns = due_ns + round(lateness * 1e9)
    return replace(GOOD, due_ns=due_ns, sent_ns=sent_ns, arrivals=((sent_ns + 10**8, 24_000),))


def samples(*lags: float, cpu: float = 0.01) -> tuple[MachineSample, ...]:
    """Ten seconds of samples with these lags in seconds, at a share of a core."""
    late = tuple(round(1e6 * lag) for lag in lags)
    return tuple(
        MachineSample(i * 10**9, "s", "c", own_cpu_seconds=i * cpu, loop_lags_us=late)
        for i in range(10)
    )


def test_a_good_run_is_valid() -> None:
    assert reasons(run(GOOD, GOOD, system=samples(0.001, 0.002))) == ()
    assert warnings(run(GOOD)) == ()


def test_nothing_measured_is_no_run() -> None:
    assert reasons(run()) == ("nothing was measured",)


def test_a_busy_generator() -> None:
    (reason,) = reasons(run(GOOD, system=samples(0.0, cpu=0.5)))
    assert "50% of a core" in reason


def test_a_late_loop() -> None:
    (reason,) = reasons(run(GOOD, system=samples(0.0, 0.0, 0.02)))
    assert "20.0 ms late" in reason


def test_late_requests() -> None:
    late = [due(0.5 * i, 0.03 if i % 2 else 0.0) for i in range(10)]
    (reason,) = reasons(run(*late))
    assert "30.0 ms late" in reason
    assert reasons(run(*[due(0.5 * i, 0.004) for i in range(10)])) == ()


def test_a_schedule_that_was_stretched() -> None:
    found = reasons(run(*[due(1.0 * i, 0.1 * i) for i in range(10)]))
    assert any("what was due within 9.0 s" in reason for reason in found)


def test_a_server_that_claims_more_than_was_seen() -> None:
    boast = replace(GOOD, headers_ns=GOOD.sent_ns + 10**7, server_timing="total;dur=20")
    (reason,) = reasons(run(boast, GOOD))
    assert "claims more time" in reason and "1 requests" in reason
    true = replace(boast, server_timing="total;dur=9.5")
    assert reasons(run(true)) == ()


def test_stages_that_do_not_add_up() -> None:
    later = replace(GOOD, headers_ns=GOOD.sent_ns + 10**9)
    assert reasons(run(replace(later, server_timing="a;dur=300, b;dur=200, total;dur=500"))) == ()
    (reason,) = reasons(run(replace(later, server_timing="a;dur=300, total;dur=500")))
    assert "do not add up" in reason


def test_a_hit_of_a_cache_that_should_be_empty() -> None:
    (reason,) = reasons(run(replace(GOOD, cache="server; hit"), GOOD))
    assert "1 answers came from a cache" in reason


def test_the_same_audio_for_different_texts() -> None:
    same = replace(GOOD, sha256="x")
    (reason,) = reasons(run(same, same))
    assert "2 different texts the very same audio" in reason
    assert reasons(run(same, same, text="One.")) == ()


def test_other_audio_for_the_same_request_is_told() -> None:
    (warning,) = warnings(run(GOOD, GOOD, text="One."))
    assert "other audio when repeated" in warning


def test_a_noisy_host_is_told() -> None:
    probes = (MachineSample(1, probe_seconds=0.1), MachineSample(2, probe_seconds=0.13))
    (warning,) = warnings(run(GOOD, system=probes))
    assert "30% longer" in warning


def test_time_that_the_server_does_not_see_is_told() -> None:
    slow = replace(GOOD, headers_ns=GOOD.sent_ns + 10**8, server_timing="total;dur=20")
    (warning,) = warnings(run(slow))
    assert "80 ms" in warning
