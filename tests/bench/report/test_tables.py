"""Tables with a dash for what is not known, and no tail out of too few requests."""

import pytest

from bench_runs import after, failed, made_run
from onset.bench.analysis.summary import ScenarioSummary, summarise
from onset.bench.records.plan import Extent
from onset.bench.report.formatting import three_digits
from onset.bench.report.tables import (
    absent,
    failures,
    latencies,
    metrics,
    others,
    players,
    smoothness,
)


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "-"), (0.0, "0"), (0.62, "0.620"), (4.0, "4.00"), (213.4, "213"), (11507.0, "11,507")],
)
def test_figures_have_three_digits(value: float | None, told: str) -> None:
    assert three_digits(value) == told


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


def test_every_table_has_as_many_cells_as_columns() -> None:
    for make in (latencies, smoothness, players, others):
        sheet = make(scenario())
        assert sheet.rows
        assert {len(row) for row in sheet.rows} == {len(sheet.columns)}


def test_every_metric_is_in_the_table_once() -> None:
    keys = [row[0] for row in metrics().rows]
    assert len(keys) == len(set(keys)) > 15
