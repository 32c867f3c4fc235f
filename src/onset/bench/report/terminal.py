"""The report in the terminal, and the one line of JSON that ends every command."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from onset.bench.analysis.comparison import PRIMARY, RunComparison
from onset.bench.analysis.recommendations import advice, advice_lines
from onset.bench.analysis.summary import RunSummary
from onset.bench.report import tables
from onset.bench.report.sentences import comparison_lead, lead
from onset.bench.report.tables import ReportTable

WIDTH = 132
"""Columns where the output is no terminal."""

_COLORS = {
    "PASS": "green",
    "FAIL": "red",
    "INCONCLUSIVE": "yellow",
    "NOT MEASURED": "yellow",
    "A better": "green",
    "B better": "red",
}


def console() -> Console:
    """Standard output, wide enough for the tables."""
    out = Console()
    return out if out.is_terminal else Console(width=WIDTH)


def show(
    summary: RunSummary, report: Path | None = None, figures: Mapping[str, object] | None = None
) -> None:
    """A run: tables, verdicts and advice, where the report is, then its line of JSON.

    figures: what the line holds, by default those of every case.
    """
    out = console()
    for scenario in summary.scenarios:
        latency, smooth = tables.latencies(scenario), tables.smoothness(scenario)
        for sheet, name in ((latency, "latency"), (smooth, "smoothness")):
            _print(out, sheet, f"{scenario.name}: {name}")
    for sheet in (tables.absent(summary), tables.failures(summary), tables.verdicts(summary)):
        _print(out, sheet)
    _lines(out, (*lead(summary), *advice_lines(advice(summary))), summary.invalid, summary.remarks)
    out.print(Text(summary.state.upper(), style="bold"))
    _place(out, report)
    print_json(figures or line(summary))


def show_comparison(comparison: RunComparison, report: Path | None = None) -> None:
    """A comparison: tables and findings, where the report is, then its line of JSON."""
    out = console()
    for sheet in (tables.compared(comparison), tables.smooth(comparison)):
        _print(out, sheet)
    _lines(out, comparison_lead(comparison), comparison.invalid, comparison.remarks)
    _place(out, report)
    print_json(comparison_line(comparison))


def line(summary: RunSummary) -> dict[str, object]:
    """A run as JSON: units in the keys, None: not measured."""
    floor = summary.floor.get("ttfa_audible")
    return {
        "schema": 1,
        "bench": "run",
        "name": summary.name,
        "state": summary.state,
        "exit_code": summary.exit_code,
        "invalid": summary.invalid,
        "counts": summary.counts,
        "harness_floor_ms_p50": floor.p50 if floor else None,
        "fingerprint": summary.fingerprint,
        "figures": {
            "/".join((scenario.name, case.name, arm.arm)): {
                "n": arm.n,
                "failures": arm.failures,
                "ttfa_audible_ms_p50": arm.figures["ttfa_audible"].p50,
                "ttfa_audible_ms_p95": arm.figures["ttfa_audible"].p95,
                "rtf_stream_p50": arm.figures["rtf_stream"].p50,
                "stalls": arm.players[0].stalls if arm.players[0].answers else None,
            }
            for scenario in summary.scenarios
            for case in scenario.cases
            for arm in case.arms
            if arm.figures
        },
    }


def comparison_line(comparison: RunComparison) -> dict[str, object]:
    """A comparison as JSON."""
    primary = [cell for cell in comparison.cells if cell.metric == PRIMARY]
    return {
        "schema": 1,
        "bench": "compare",
        "a": comparison.a.name,
        "b": comparison.b.name,
        "interleaved": comparison.interleaved,
        "finding": comparison.finding,
        "exit_code": comparison.exit_code,
        "invalid": comparison.invalid,
        "ttfa_audible_b_over_a": {
            cell.case: {
                "ratio": _rounded(cell.effect.median.value),
                "low": _rounded(cell.effect.median.low),
                "high": _rounded(cell.effect.median.high),
                "pairs": cell.effect.pairs,
                "finding": cell.finding,
            }
            for cell in primary
        },
    }


def print_json(figures: Mapping[str, object]) -> None:
    """Print one line of JSON."""
    typer.echo(json.dumps(figures))


def print_sheet(sheet: ReportTable) -> None:
    """Print one table."""
    _print(console(), sheet)


def _print(out: Console, sheet: ReportTable, title: str = "") -> None:
    if not sheet.rows:
        return
    table = Table(title=title or sheet.title, caption=sheet.note or None, caption_justify="left")
    for i, column in enumerate(sheet.columns):
        table.add_column(Text(column), justify="left" if sheet.kind(i) == "word" else "right")
    for row in sheet.rows:
        style = _COLORS.get(row[0])
        table.add_row(*(Text(cell, style=style if i == 0 and style else "") for i, cell in
                       enumerate(row)))  # fmt: skip
    out.print(table)


def _lines(
    out: Console, words: Iterable[str], invalid: Sequence[str], remarks: Sequence[str]
) -> None:
    for line_ in words:
        out.print(Text(line_))
    for remark in remarks:
        out.print(Text(f"Remark: {remark}", style="yellow"))
    for reason in invalid:
        out.print(Text(f"Not to be believed: {reason}", style="red"))


def _place(out: Console, report: Path | None) -> None:
    if report is not None:
        out.print(Text(f"Report: {report}"), soft_wrap=True)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
