"""What stands on a report's page: its first sentences, and a section for each scenario."""

from dataclasses import replace

from bench_runs import after, made_run
from onset.bench.analysis.comparison import ArmPair, compare
from onset.bench.analysis.summary import summarise
from onset.bench.records.plan import Arm
from onset.bench.report.page import comparison_page, run_page


def test_the_lead_says_that_the_floor_is_missing_or_how_high_it_is() -> None:
    run = made_run(lambda c, i, a: after(0.2), 4)
    assert "was not measured" in run_page(run, summarise(run)).lead[1]
    floor = [replace(t, ask=replace(t.ask, scenario="floor", arm="null")) for t in run.trials]
    run = replace(run, trials=(*run.trials, *floor))
    assert "is 200 ms" in run_page(run, summarise(run)).lead[1]


def test_a_scenario_that_was_planned_and_never_made_has_its_section() -> None:
    run = replace(made_run(lambda c, i, a: after(0.2), 6), trials=())
    (part,) = run_page(run, summarise(run)).parts
    assert part.sheets[0].rows and not part.figures


def test_a_comparison_says_who_is_who_and_what_shows_it() -> None:
    arms = Arm("onset", "http://127.0.0.1:1"), Arm("piper", "http://127.0.0.1:2")
    run = made_run(lambda c, i, arm: after(0.2 if arm == "onset" else 0.6), 20, arms=arms)
    pair = ArmPair(*arms, run, run)
    told = comparison_page(pair, compare(pair)).lead
    assert told[0].startswith("A is onset, B is piper; interleaved")
    assert "piper takes 3 times as long as onset" in told[1]
    assert "audio differs in 20 of 20" in told[2]
