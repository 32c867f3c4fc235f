"""The same folder gives the same files every time, and the history grows once."""

from pathlib import Path

import pytest

from bench_runs import after, made_run, written
from onset.bench.analysis.history import read
from onset.bench.records.plan import Target
from onset.bench.records.run_folder import (
    HISTORY,
    JUNIT,
    REPORT_HTML,
    REPORT_MARKDOWN,
    REQUESTS,
    SUMMARY,
)
from onset.bench.report.write import conclude, publish
from onset.errors import InvalidRequest

DERIVED = (SUMMARY, REPORT_MARKDOWN, REPORT_HTML, JUNIT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of sixty good answers."""
    run = made_run(
        lambda c, i, a: after(0.2), 60, targets=[Target("ttfa_audible", most=0.8, share=0.95)]
    )
    return written(run, tmp_path / "run")


def test_the_same_folder_gives_the_same_bytes(folder: Path) -> None:
    assert conclude(folder) == 0
    once = [(folder / name).read_bytes() for name in DERIVED]
    assert conclude(folder) == 0
    assert [(folder / name).read_bytes() for name in DERIVED] == once


def test_the_history_holds_the_run_once(folder: Path) -> None:
    conclude(folder)
    conclude(folder)
    assert len(read(folder.parent / HISTORY)) == 1


def test_a_folder_that_was_changed_is_refused(folder: Path) -> None:
    path = folder / REQUESTS
    path.write_bytes(path.read_bytes().replace(b'"status":200', b'"status":201', 1))
    with pytest.raises(InvalidRequest, match=r"changed.+requests\.jsonl"):
        conclude(folder)


def test_nothing_derived_is_nothing_to_publish(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="onset bench analyse"):
        publish(tmp_path, tmp_path / "docs", tmp_path / "out")
