"""The report in the terminal, and the one line of JSON that ends every command."""

import json
from collections.abc import Mapping
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from onset.bench.analysis.comparison import PRIMARY, RunComparison
from onset.bench.analysis.distribution import rounded
from onset.bench.analysis.summary import RunSummary, arms
from onset.bench.report.page import ReportPage
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


_GOOD = {None: "", True: "green", False: "red"}


def console() -> Console:
    """Standard output, wide enough for the tables."""
    out = Console()
    return out if out.is_terminal else Console(width=WIDTH)


def show(page: ReportPage, report: Path, figures: Mapping[str, object]) -> None:
    """A report's tables and sentences, where the HTML is, then the line of JSON."""
    out = console()
    for part in page.parts:
        for sheet in part.sheets:
            print_sheet(sheet, f"{part.anchor}: {sheet.title.lower()}")
    for sheet in (*page.kept, *page.absent, *page.sheets):
        print_sheet(sheet)
    for one in page.headline:
        out.print(Text(f"{one.name}: {one.value} ({one.note})", style=_GOOD[one.good]))
    for words in (*page.lead, *map(str, page.advice)):
        out.print(Text(words))
    for remark in page.remarks:
        out.print(Text(f"Remark: {remark}", style="yellow"))
    for reason in page.invalid:
        out.print(Text(f"Not to be believed: {reason}", style="red"))
    out.print(Text(page.state.upper(), style="bold"))
    out.print(Text(f"Report: {report}"), soft_wrap=True)
    print_json(figures)


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
            "/".join((scenario, case, arm.arm)): {
                "n": arm.n,
                "failures": arm.failures,
                "ttfa_audible_ms_p50": arm.figures["ttfa_audible"].p50,
                "ttfa_audible_ms_p95": arm.figures["ttfa_audible"].p95,
                "rtf_stream_p50": arm.figures["rtf_stream"].p50,
                "stalls": arm.players[0].stalls if arm.players[0].answers else None,
            }
            for scenario, case, arm in arms(summary.scenarios)
            if arm.figures
        },
    }


def comparison_line(comparison: RunComparison) -> dict[str, object]:
    """A comparison as JSON."""
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
                "ratio": rounded(cell.effect.median.value),
                "low": rounded(cell.effect.median.low),
                "high": rounded(cell.effect.median.high),
                "pairs": cell.effect.pairs,
                "finding": cell.finding,
            }
            for cell in comparison.cells
            if cell.metric == PRIMARY
        },
    }


def print_json(figures: Mapping[str, object]) -> None:
    """Print one line of JSON."""
    typer.echo(json.dumps(figures))


def print_sheet(sheet: ReportTable, title: str = "") -> None:
    """Print one table, nothing for one without rows."""
    if not sheet.rows:
        return
    table = Table(title=title or sheet.title, caption=sheet.note or None, caption_justify="left")
    for i, column in enumerate(sheet.columns):
        table.add_column(Text(column), justify="left" if sheet.kind(i) == "word" else "right")
    for first, *others in sheet.rows:
        table.add_row(Text(first, style=_COLORS.get(first, "")), *map(Text, others))
    console().print(table)
