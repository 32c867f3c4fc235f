"""The commands from end to end, against servers that compute nothing."""

import json
import os
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

import pytest
from typer.testing import CliRunner, Result

from onset.bench.analysis import validity
from onset.bench.commands import presets
from onset.bench.commands.root import app
from onset.bench.records.run_folder import HISTORY, MANIFEST, SUMMARY, read
from onset.bench.records.scenarios import scenarios
from onset.bench.run import held_load
from onset.errors import InvalidRequest
from scripted_server import talking


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server whose sound depends on the text."""
    with talking() as address:
        yield address


@pytest.fixture(autouse=True)
def _own_folder_on_any_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs go to a folder of the test, and a busy machine does not make them invalid."""
    monkeypatch.chdir(tmp_path)
    for limit in ("MOST_LOOP_LAG", "MOST_LATENESS", "MOST_RATE_ERROR"):
        monkeypatch.setattr(validity, limit, 60.0)


def run(*arguments: str) -> Result:
    """Run `onset bench` in this process."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def last_line(result: Result) -> dict[str, object]:
    """What the machine reads."""
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_a_run_leaves_a_folder_that_analyses_to_the_same_bytes(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    told = run("run", "first", "--url", url, "--output", str(folder))
    assert told.exit_code in (0, 1, 2, 3)
    assert (folder / MANIFEST).exists()
    once = (folder / SUMMARY).read_bytes()
    again = run("analyse", str(folder))
    assert (folder / SUMMARY).read_bytes() == once
    assert again.exit_code == told.exit_code
    assert last_line(again) == last_line(told)


def test_ttfa_ends_with_one_line_of_json(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    told = run("ttfa", "--url", url, "--n", "1", "--class", "forty", "--output", str(folder))
    assert last_line(told)
    asked = {t.ask.case for t in read(folder).trials if t.ask.scenario == "ttfa"}
    assert asked == {"forty"}


def test_stream_tells_what_each_player_hears(url: str) -> None:
    figures = last_line(run("stream", "--url", url, "--seconds", "2"))
    assert figures["outcome"] == "complete"
    assert figures["audio_seconds"] == pytest.approx(0.15)
    assert isinstance(figures["players"], list)
    assert [player["prebuffer_ms"] for player in figures["players"]] == [0, 20, 50, 100, 200, 400]


def test_oneshot_ends_with_one_line_of_json(url: str) -> None:
    assert last_line(run("oneshot", "--url", url, "--n", "2"))["n"] == 2


def test_memory_measures_the_process_it_is_given(url: str) -> None:
    told = run("memory", "--url", url, "--pid", str(os.getpid()), "--requests", "4")
    figures = last_line(told)
    assert (figures["requests"], figures["failures"]) == (4, 0)
    assert isinstance(figures["rss_end_bytes"], int)
    assert figures["rss_end_bytes"] > 10 << 20


def test_every_preset_leaves_a_run_and_a_line_of_the_history(url: str) -> None:
    run("stream", "--url", url, "--seconds", "1")
    (folder,) = Path("runs").glob("*-stream")
    assert (folder / MANIFEST).exists() and (folder / SUMMARY).exists()
    assert len((Path("runs") / HISTORY).read_text().splitlines()) == 1


def test_a_broken_promise_is_the_exit_code(url: str) -> None:
    assert run("stream", "--url", url, "--seconds", "1").exit_code == 0
    assert run("stream", "--url", "http://127.0.0.1:1", "--seconds", "1").exit_code == 1


def test_a_load_that_nobody_is_refused_breaks_a_promise(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = {"held": scenarios()["held"].model_copy(update={"every": 0.1, "requests": 1})}
    monkeypatch.setattr(presets, "scenarios", lambda: soon)
    monkeypatch.setattr(held_load, "BOOK", 100)
    monkeypatch.setattr(held_load, "VISITED", 0)
    told = run("load", "--url", url, "--seconds", "20", "--listeners", "1")
    figures = last_line(told)
    assert told.exit_code == 1
    assert (figures["bench"], figures["listeners"], figures["kept"]) == ("load", 1, False)
    assert (figures["new_served"], figures["beyond_admitted"]) == (1, 1)


def test_runs_that_start_in_the_same_second_take_folders_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class StoppedClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2026, 1, 2, 3, 4, 5, tzinfo=tz)

    monkeypatch.setattr(presets, "datetime", StoppedClock)
    taken = []
    for _ in range(3):
        taken.append(presets.new_folder("stream"))
        taken[-1].mkdir(parents=True)
    first = "20260102T030405Z-stream"
    assert [folder.name for folder in taken] == [first, f"{first}-2", f"{first}-3"]


def test_memory_needs_a_process(url: str) -> None:
    with pytest.raises(InvalidRequest, match="--pid"):
        run("memory", "--url", url)


def test_scenarios_are_listed() -> None:
    told = run("scenarios").stdout
    assert "ttfa-short" in told and "standard" in told


def test_an_unknown_scenario_is_refused_with_the_choices() -> None:
    with pytest.raises(InvalidRequest, match=r"Choices: .*standard"):
        run("run", "nonsense")
