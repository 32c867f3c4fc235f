"""The commands that judge, on servers that compute nothing and on recorded runs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bench_runs import after, history_with_step, made_run, written
from onset.bench.analysis.history import append
from onset.bench.commands import compare
from onset.bench.peers.null_server import ToneSynthesizer
from onset.bench.peers.peer_server import PeerServer
from onset.bench.records.run_folder import HISTORY, SUMMARY, read
from onset.bench.report.write import COMPARISON, COMPARISON_HTML, conclude
from onset.errors import InvalidRequest
from scripted_server import serving

app = typer.Typer()
for command in (compare.compare, compare.trend, compare.metrics, compare.publish):
    app.command()(command)


def run(*arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def last_line(result: Result) -> dict[str, object]:
    """What the machine reads."""
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def urls() -> Iterator[tuple[str, str]]:
    """Two servers that answer everything with the same tone."""
    with (
        serving(PeerServer(ToneSynthesizer())) as one,
        serving(PeerServer(ToneSynthesizer())) as other,
    ):
        yield one, other


def test_two_servers_are_asked_in_turns(urls: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    told = run("compare", *urls, "--n", "3", "--class", "two_words", "--output", str(folder))
    figures = last_line(told)
    assert (figures["bench"], figures["interleaved"]) == ("compare", True)
    # Both give every text the very same sound, which no speech server does.
    assert told.exit_code == 3 and "very same audio" in str(figures["invalid"])
    assert (folder / COMPARISON).exists() and (folder / SUMMARY).exists()
    assert "<svg" in (folder / COMPARISON_HTML).read_text()


def folder(path: Path, factor: float) -> str:
    """A recorded run, slower by the factor."""
    run = made_run(lambda case, number, arm: after(factor * (0.2 + number / 1000)), 20)
    return str(written(run, path))


@pytest.mark.parametrize(("factor", "code"), [(2.0, 0), (0.5, 1), (1.001, 0)])
def test_two_folders_are_compared(tmp_path: Path, factor: float, code: int) -> None:
    sides = folder(tmp_path / "a", 1.0), folder(tmp_path / "b", factor)
    told = run("compare", *sides, "--output", str(tmp_path / "out"))
    assert told.exit_code == code
    assert last_line(told)["interleaved"] is False


def test_a_server_is_asked_what_a_recorded_arm_was_asked(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    run("compare", *urls, "--n", "2", "--seed", "5", "--class", "forty", "--output", str(before))
    told = run("compare", urls[0], f"{before}@{urls[1]}", "--output", str(now))
    assert last_line(told)["interleaved"] is False
    texts = [
        {ask.text for ask in read(folder).planned if ask.scenario == "compare"}
        for folder in (before, now)
    ]
    assert texts[0] == texts[1] and len(texts[0]) == 2


def test_a_side_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="kokoro-onnx"):
        run("compare", "onset", "espeak")


def test_trend_tells_since_when(tmp_path: Path) -> None:
    path = tmp_path / HISTORY
    for entry in history_with_step(1.2):
        append(path, entry)
    told = run("trend", str(path))
    assert told.exit_code == 1
    assert last_line(told)["slower"] == ["ttfa/sentence/onset/ttfa_audible"]


def test_trend_without_a_step_is_calm(tmp_path: Path) -> None:
    path = tmp_path / HISTORY
    for entry in history_with_step(1.0):
        append(path, entry)
    told = run("trend", str(path))
    assert (told.exit_code, last_line(told)["runs"]) == (0, 96)


def test_trend_can_be_tried_on_made_up_histories() -> None:
    told = run("trend", "--simulate", "20")
    assert told.exit_code == 0
    assert "100.0 %" in told.stdout


def test_metrics_are_printed_as_the_table_of_the_page() -> None:
    assert "| `ttfa_audible` | request due -> piece with the onset |" in run("metrics").stdout


def names(path: Path) -> set[str]:
    """What a folder holds."""
    return {file.name for file in path.iterdir()}


RECORDED_AND_DERIVED = {
    *("manifest.json", "plan.jsonl", "requests.jsonl", "chunks.jsonl", "system.jsonl"),
    *("summary.json", "report.html", "junit.xml"),
}


def test_git_gets_the_text_of_a_run_and_a_release_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = written(made_run(lambda c, i, a: after(0.2), 20), tmp_path / "run")
    conclude(folder)
    told = run("publish", str(folder), "docs/benchmarks/today").stdout
    assert names(Path("docs/benchmarks/today")) == {"fingerprint.json", "report.md"}
    assert names(Path("out/benchmarks/today")) == RECORDED_AND_DERIVED
    assert "release" in told
    assert "docs/benchmarks/today/report.md" in told and "out/benchmarks/today/report.html" in told


def test_a_comparison_is_published_too(tmp_path: Path) -> None:
    sides = folder(tmp_path / "a", 1.0), folder(tmp_path / "b", 2.0)
    run("compare", *sides, "--output", str(tmp_path / "out"))
    assets = tmp_path / "assets"
    run("publish", str(tmp_path / "out"), str(tmp_path / "docs"), "--assets", str(assets))
    assert names(tmp_path / "docs") == {"comparison.md"}
    assert names(assets) == {"comparison.json", "comparison.html"}
