"""The self-check, within the bounds of a busy machine; `onset bench selfcheck` is stricter."""

import pytest

from onset.bench.commands.selfcheck import onset_errors, overhead_figures, stall_check
from onset.bench.commands.tricks import SCRIPTS, TRICKS, Trick, run_of
from onset.bench.records.plan import Phase, PlannedRequest
from onset.bench.records.run_folder import MachineSample, Trial
from onset.stats.quantiles import median
from scripted_server import recorded


@pytest.mark.parametrize("name", SCRIPTS)
def test_ttfa_is_never_before_the_truth_and_hardly_after(name: str) -> None:
    errors = list(onset_errors(SCRIPTS[name], 7))
    middle = median(errors)
    assert middle is not None and middle < 0.05
    assert all(error is not None and error >= 0 for error in errors)


def test_stalls_are_found_and_none_invented() -> None:
    found = stall_check(4)
    assert found.true > 0
    assert abs(found.missed) + abs(found.invented) <= 1


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_every_trick_is_seen_through(trick: Trick) -> None:
    assert trick.exposed()


def test_overhead_is_judged_by_lateness_and_by_streams_at_once() -> None:
    late = [recorded((0.1, 0.1), lateness=0.02 if i == 5 else 0.001) for i in range(100)]
    trials = [
        Trial(PlannedRequest(i, "s", "c", "a", Phase.MEASURED, i, "", ""), one)
        for i, one in enumerate(late)
    ]
    made = run_of(trials)
    inside = tuple(MachineSample(i * 10**9, "s", "c", float(i), (100,), 10) for i in range(3))
    found = type(made)(made.manifest, made.fingerprint, made.planned, made.trials, inside)
    assert overhead_figures(found, 10)["passed"] is True
    assert overhead_figures(found, 100)["passed"] is False
    assert overhead_figures(found, 10)["generator_cpu_ratio"] == 1.0
