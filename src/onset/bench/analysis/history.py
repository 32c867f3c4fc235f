"""The history of runs: history.jsonl, with one line for each run, and the changes in it.

Only runs with the same fingerprint are one series: another machine is another series, and so is
another library version. Invalid runs are never appended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from onset.bench.analysis.summary import INVALID, RunSummary, arms
from onset.errors import InvalidRequest
from onset.stats.changepoints import ChangePoint, change_points

FIGURES = ("ttfa_audible", "rtf_stream", "required_prebuffer", "request_duration")
"""Metrics whose medians are in the history."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A run. figures: median by "scenario/case/arm/metric", in the unit that reports use."""

    schema: Literal[1]
    started_utc: str
    name: str
    version: str
    fingerprint: str
    state: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A step of one figure. before, after: the last run before the step and the first after it."""

    figure: str
    step: ChangePoint
    before: HistoryEntry
    after: HistoryEntry

    @property
    def slower(self) -> bool:
        """Whether the figure rose; of all FIGURES, less is better."""
        return self.step.ratio > 1


_ENTRY = TypeAdapter(HistoryEntry)


def entry(summary: RunSummary) -> HistoryEntry | None:
    """The line of a run; None for an invalid one."""
    if summary.exit_code == INVALID:
        return None
    return HistoryEntry(
        schema=1,
        started_utc=summary.started_utc,
        name=summary.name,
        version=summary.version,
        fingerprint=summary.fingerprint,
        state=summary.state,
        figures={
            "/".join((scenario, case, arm.arm, key)): p50
            for scenario, case, arm in arms(summary.scenarios)
            for key in FIGURES
            if arm.figures and (p50 := arm.figures[key].p50)
        },
    )


def append(path: Path, new: HistoryEntry) -> None:
    """Add a line, unless the same run is already there."""
    line = _ENTRY.dump_json(new) + b"\n"
    if path.exists() and line in path.read_bytes().splitlines(keepends=True):
        return
    with path.open("ab") as file:
        file.write(line)


def read(path: Path) -> list[HistoryEntry]:
    """All runs in order of time. Raises InvalidRequest when the file is no history."""
    try:
        lines = path.read_bytes().splitlines()
        entries = [_ENTRY.validate_json(line) for line in lines]
    except (OSError, ValidationError) as error:
        raise InvalidRequest(f"{path} holds no history of `onset bench`: {error}") from error
    return sorted(entries, key=lambda entry: entry.started_utc)


def changes(entries: Sequence[HistoryEntry]) -> list[FigureChange]:
    """The steps of every series, in order of time."""
    series: dict[tuple[str, str], list[HistoryEntry]] = {}
    for run in entries:
        for figure in run.figures:
            series.setdefault((run.fingerprint, figure), []).append(run)
    steps = [
        FigureChange(figure, step, runs[step.index - 1], runs[step.index])
        for (_, figure), runs in series.items()
        for step in change_points([run.figures[figure] for run in runs])
    ]
    return sorted(steps, key=lambda change: (change.after.started_utc, change.figure))
