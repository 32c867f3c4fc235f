"""Tables with a dash for what is not known, and no tail out of too few requests."""

from bench_runs import after, failed, made_run
from onset.bench.analysis.summary import ScenarioSummary, summarise
from onset.bench.records.plan import Extent
from onset.bench.report.tables import (
    absent,
    failures,
    latencies,
    others,
    players,
)
from scripted_server import recorded


def scenario(n: int = 20, extent: Extent = Extent.WHOLE) -> ScenarioSummary:
    """One case of good answers but for the first."""
    run = made_run(lambda c, i, a: failed("reset") if i == 0 else after(0.2), n, extent=extent)
    (found,) = summarise(run).scenarios
    return found


def cell(found: ScenarioSummary, column: str) -> str:
    """The figure of the only row."""
    sheet = latencies(found)
    (row,) = sheet.rows
    return row[sheet.columns.index(column)]


def test_a_tail_takes_enough_requests() -> None:
    assert cell(scenario(19), "TTFA p95") == "n < 20"
    assert cell(scenario(20), "TTFA p95") == "200"
    assert cell(scenario(20), "TTFA p99") == "n < 100"
    assert cell(scenario(5), "95 % CI") == "n < 6"


def test_failures_are_counted_and_named() -> None:
    assert (cell(scenario(), "n"), cell(scenario(), "failed")) == ("20", "1")
    summary = summarise(made_run(lambda c, i, a: failed("reset") if i < 2 else after(0.2), 20))
    assert failures(summary).rows == (("ttfa", "sentence", "onset", "reset (2)"),)
    assert absent(summary).rows == ()


def test_figures_are_told_once() -> None:
    elsewhere = {"audible TTFA", "heard", "first byte", "first audio", "silence"}
    titles = [row[2] for row in others(scenario()).rows]
    assert len(titles) == len(set(titles)) and not elsewhere & set(titles)


def test_a_player_that_waits_long_enough_has_no_stall() -> None:
    late = recorded((0.1, 0.1), (0.35, 0.1), (0.4, 0.1))
    (found,) = summarise(made_run(lambda c, i, a: late, 5)).scenarios
    sheet = players(found)
    stalls = {row[2]: row[sheet.columns.index("stalls")] for row in sheet.rows}
    assert (stalls["0"], stalls["100"], stalls["200"]) == ("5", "5", "0")
