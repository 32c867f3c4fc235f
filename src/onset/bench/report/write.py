"""Derive all other files of a run from the recorded ones: figures, verdicts, reports.

The same recorded files give the same derived files; only the history grows.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from onset.bench.analysis import history
from onset.bench.analysis.comparison import ArmPair, RunComparison, compare
from onset.bench.analysis.summary import RunSummary, summarise
from onset.bench.records import run_folder
from onset.bench.records.run_folder import Run
from onset.bench.report import terminal
from onset.bench.report.junit import junit
from onset.bench.report.page import ReportPage, comparison_page, run_page
from onset.bench.report.render import html, markdown
from onset.errors import InvalidRequest

COMPARISON = "comparison.json"
COMPARISON_MARKDOWN = "comparison.md"
COMPARISON_HTML = "comparison.html"

COMMITTED = (run_folder.FINGERPRINT, run_folder.REPORT_MARKDOWN, COMPARISON_MARKDOWN)
"""What git keeps of a run: text to read, and the machine it was made on."""

Line = Callable[[Run, RunSummary], Mapping[str, object]]
"""What a command tells machines in its last line."""


def conclude(folder: Path, past: Path | None = None, line: Line | None = None) -> int:
    """Derive a run's files, add it to the history, print it, and give its exit code.

    past: the history, by default history.jsonl beside the folder. line: the last line that is
    shown; by default, and where nothing was measured, the figures of every case. Raises
    InvalidRequest when the folder holds no run, or its files were changed after the run.
    """
    run = run_folder.read(folder)
    summary, page = derive(folder, run)
    entry = history.entry(summary)
    if entry is not None:
        history.append(past or folder.parent / run_folder.HISTORY, entry)
    figures = line(run, summary) if line and summary.scenarios else {}
    terminal.show(page, folder / run_folder.REPORT_HTML, figures or terminal.line(summary))
    return summary.exit_code


def derive(folder: Path, run: Run) -> tuple[RunSummary, ReportPage]:
    """Write summary, reports and JUnit into the folder."""
    summary = summarise(run)
    page = run_page(run, summary)
    _write_json(folder / run_folder.SUMMARY, summary)
    (folder / run_folder.REPORT_MARKDOWN).write_text(markdown(page), "utf-8")
    (folder / run_folder.REPORT_HTML).write_text(html(page), "utf-8")
    (folder / run_folder.JUNIT).write_bytes(junit(summary))
    return summary, page


def conclude_comparison(folder: Path, arms: ArmPair) -> int:
    """Write the comparison into the folder, print it, and give its exit code."""
    result = compare(arms)
    page = comparison_page(arms, result)
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / COMPARISON, result)
    (folder / COMPARISON_MARKDOWN).write_text(markdown(page), "utf-8")
    (folder / COMPARISON_HTML).write_text(html(page), "utf-8")
    terminal.show(page, folder / COMPARISON_HTML, terminal.comparison_line(result))
    return result.exit_code


def publish(folder: Path, destination: Path, assets: Path) -> tuple[list[Path], list[Path]]:
    """Copy the text of a run's reports to `destination`, and all its other files to `assets`.

    Gives the copies in each. Raises InvalidRequest when the folder holds no report.
    """
    reports = [folder / name for name in COMMITTED[1:] if (folder / name).exists()]
    if not reports:
        raise InvalidRequest(f"{folder} holds no report. Derive it: onset bench analyse {folder}")
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    committed = [path for path in paths if path.name in COMMITTED]
    others = [path for path in paths if path not in committed]
    return _copied(committed, destination), _copied(others, assets)


def _write_json(path: Path, figures: RunSummary | RunComparison) -> None:
    path.write_bytes(TypeAdapter(type(figures)).dump_json(figures, indent=1) + b"\n")


def _copied(paths: Sequence[Path], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copyfile(path, folder / path.name)) for path in paths]
