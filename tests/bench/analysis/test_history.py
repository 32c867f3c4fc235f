"""The history: only runs of equal machines are one series, and a step in it is found."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench_runs import FIGURE, after, history_with_step, made_run
from onset.bench.analysis.history import append, changes, entry, read
from onset.bench.analysis.summary import INVALID, summarise
from onset.errors import InvalidRequest


def test_a_step_names_the_runs_around_it() -> None:
    (change,) = changes(history_with_step(1.10))
    assert change.slower
    assert change.step.ratio == pytest.approx(1.10, abs=0.03)
    assert change.before.started_utc < change.after.started_utc
    assert {change.before.version, change.after.version} & {"0.2.0"}


def test_eight_hours_without_a_step_have_none() -> None:
    assert changes(history_with_step(1.0)) == []


def test_two_machines_are_no_step() -> None:
    one, other = history_with_step(1.0), history_with_step(1.0, machine="b")
    slower = [replace(e, figures={FIGURE: 2 * e.figures[FIGURE]}) for e in other]
    assert changes([*one, *slower]) == []


def test_what_is_kept_of_a_run_are_its_medians() -> None:
    summary = summarise(made_run(lambda case, number, arm: after(0.2), 10))
    made = entry(summary)
    assert made is not None
    assert made.figures[FIGURE] == 200.0
    assert entry(replace(summary, exit_code=INVALID)) is None


def test_a_history_is_read_as_it_was_written_and_holds_a_run_once(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    made = history_with_step(1.0)[:3]
    for one in (*reversed(made), made[0]):
        append(path, one)
    assert read(path) == made


def test_another_file_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text('{"schema": 2}\n')
    with pytest.raises(InvalidRequest, match="history"):
        read(tmp_path / "history.jsonl")
    with pytest.raises(InvalidRequest, match="history"):
        read(tmp_path / "none.jsonl")
