"""`onset history`: what servers of this machine kept of their answers. Asks no server."""

import csv
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from onset.config import load_settings
from onset.errors import AssetError
from onset.monitoring.history.damage import forget_broken
from onset.monitoring.history.history_reader import MOST_DAYS, read_history
from onset.monitoring.history.history_store import COLUMNS, FAULTS, FILE, HistoryStore, problem_of
from onset.protocol.performance_api import HistoryPoint, PerformanceHistory


def history(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How far to look back.")] = 7,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Every answer, for other programs.")
    ] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Forget everything.")] = False,
) -> None:
    """Tell how soon answers were heard, day by day.

    Kept are figures of answers, never their text, in a file of the cache folder; ONSET_HISTORY=off
    keeps none.
    """
    path = load_settings().cache_dir / FILE
    if delete:
        typer.echo(f"{_delete(path)} answers forgotten.")
    elif as_csv:
        _write_csv(path)
    else:
        _show(read_history(path, days, None, points=days))


def _delete(path: Path) -> int:
    try:
        forget_broken(path)
        if not path.exists():
            return 0
        with closing(HistoryStore(path)) as store:
            return store.delete()
    except FAULTS as error:
        raise AssetError(f"{path} cannot be emptied: {problem_of(error)}. Remove it.") from error


def _write_csv(path: Path) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["start", *(column.name for column in COLUMNS)])
    if not path.exists():
        return
    try:
        with closing(HistoryStore(path)) as store:
            out.writerows(store.rows())
    except FAULTS as error:
        raise AssetError(f"{path} cannot be read: {problem_of(error)}.") from error


def _show(found: PerformanceHistory) -> None:
    if found.problem is not None:
        raise AssetError(f"The history cannot be read: {found.problem}.")
    if not found.points:
        typer.echo(
            f"No answers to users in that time; {found.answers} of all kinds in the history."
        )
        return
    versions = {start.id: start.version for start in found.starts}
    table = Table("when", "version", "answers", "within 800 ms", "p50 ms", "p95 ms", box=None)
    for point in found.points:
        table.add_row(*_cells(point, versions.get(point.start, "")))
    Console().print(table)


def _cells(point: HistoryPoint, version: str) -> tuple[str, ...]:
    when = datetime.fromtimestamp(point.at).strftime("%Y-%m-%d %H:%M")
    share = f"{100 * point.good / point.n:.1f} %"
    times = ("-" if t is None else f"{1e3 * t:.0f}" for t in (point.p50, point.p95))
    return when, version, str(point.n), share, *times
