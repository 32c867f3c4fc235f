"""Memory over many requests: of the server's process, over the second half."""

from dataclasses import replace

import pytest

from onset.bench.analysis.memory_growth import MemoryGrowth, slope
from onset.bench.commands.tricks import run_of
from onset.bench.records.plan import Arm, Phase, PlannedRequest
from onset.bench.records.run_folder import MachineSample, Run, ServerSample, Trial
from onset.bench.run.fingerprint import resident_bytes
from onset.errors import ServerError
from scripted_server import recorded


def run(*sizes: int | None) -> Run:
    """A run with a sample before the first request, and one after each."""
    trials = []
    for number in range(len(sizes) - 1):
        ask = PlannedRequest(number, "memory", "soak", "onset", Phase.MEASURED, number, "", "forty")
        trials.append(Trial(ask, replace(recorded((0.1, 0.1)), ended_ns=number + 1)))
    samples = tuple(
        MachineSample(at_ns, "memory", "soak", servers={"onset": ServerSample(size)})
        for at_ns, size in enumerate(sizes)
    )
    made = run_of(trials)
    manifest = replace(made.manifest, arms=(Arm("onset", ""),))
    return replace(made, manifest=manifest, system=samples)


def test_growth_is_over_the_second_half() -> None:
    figures = MemoryGrowth(50, (100, 200, 210, 220), failures=0).summary()
    assert figures["rss_half_bytes"] == 200
    assert figures["growth_second_half_bytes"] == 20
    assert figures["growth_bytes_per_request"] == 10


def test_growth_takes_the_sample_after_each_request() -> None:
    assert MemoryGrowth.of(run(50, 100, 200), "memory") == MemoryGrowth(50, (100, 200), 0)


def test_a_process_that_cannot_be_read_is_no_measurement() -> None:
    with pytest.raises(ServerError):
        MemoryGrowth.of(run(None, None), "memory")


def test_slope_is_not_moved_by_one_jump() -> None:
    assert slope([10, 10, 10, 90, 10, 10]) == 0
    assert slope([1]) is None


def test_resident_bytes_of_nobody() -> None:
    assert resident_bytes(2**22 + 1) is None
