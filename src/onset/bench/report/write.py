"""From recorded files to everything that is derived of them: figures, verdicts, reports.

The derived files are functions of the recorded ones; only the history grows.
Knows nothing of how a run is made.
"""

import shutil
from pathlib import Path

from pydantic import TypeAdapter

from onset.bench.analysis import history
from onset.bench.analysis.comparison import ArmPair, RunComparison, compare
from onset.bench.analysis.summary import RunSummary, summarise
from onset.bench.records import run_folder
from onset.bench.records.run_folder import Run
from onset.bench.report import html, markdown, terminal
from onset.bench.report.junit import junit
from onset.errors import InvalidRequest

COMPARISON = "comparison.json"
COMPARISON_MARKDOWN = "comparison.md"
COMPARISON_HTML = "comparison.html"

SMALL = (
    run_folder.MANIFEST,
    run_folder.FINGERPRINT,
    run_folder.SUMMARY,
    run_folder.REPORT_MARKDOWN,
    run_folder.REPORT_HTML,
    run_folder.JUNIT,
    COMPARISON,
    COMPARISON_MARKDOWN,
    COMPARISON_HTML,
)
"""What is worth committing: all but the recorded requests."""

_SUMMARY = TypeAdapter(RunSummary)
_COMPARISON = TypeAdapter(RunComparison)


def conclude(folder: Path, past: Path | None = None) -> int:
    """Derive a run's files, add it to the history, show it, and give its exit code.

    past: the history, by default history.jsonl beside the folder. Raises InvalidRequest when the
    folder holds no run, or other files than were recorded.
    """
    run = run_folder.read(folder)
    summary = derive(folder, run)
    made = history.entry(summary)
    if made is not None:
        history.append(past or folder.parent / run_folder.HISTORY, made)
    terminal.show(summary, folder / run_folder.REPORT_HTML)
    return summary.exit_code


def derive(folder: Path, run: Run) -> RunSummary:
    """Write summary, reports and JUnit into the folder."""
    summary = summarise(run)
    (folder / run_folder.SUMMARY).write_bytes(_SUMMARY.dump_json(summary, indent=1) + b"\n")
    (folder / run_folder.REPORT_MARKDOWN).write_text(markdown.report(summary), "utf-8")
    (folder / run_folder.REPORT_HTML).write_text(html.page(run, summary), "utf-8")
    (folder / run_folder.JUNIT).write_bytes(junit(summary))
    return summary


def conclude_comparison(folder: Path, arms: ArmPair) -> int:
    """Write the comparison into the folder, show it, and give its exit code."""
    found = compare(arms)
    folder.mkdir(parents=True, exist_ok=True)
    machine = arms.run_a.fingerprint.comparable
    (folder / COMPARISON).write_bytes(_COMPARISON.dump_json(found, indent=1) + b"\n")
    (folder / COMPARISON_MARKDOWN).write_text(markdown.comparison(found, machine), "utf-8")
    (folder / COMPARISON_HTML).write_text(html.comparison_page(arms, found), "utf-8")
    terminal.show_comparison(found, folder / COMPARISON_HTML)
    return found.exit_code


def publish(folder: Path, destination: Path) -> list[Path]:
    """Copy what is small. Raises InvalidRequest when the folder holds nothing of it."""
    found = [folder / name for name in SMALL if (folder / name).exists()]
    if not found:
        raise InvalidRequest(f"{folder} holds no report. Derive it: onset bench analyse {folder}")
    destination.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copyfile(path, destination / path.name)) for path in found]
