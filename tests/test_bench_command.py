"""The commands from end to end, against servers that compute nothing."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from onset.bench import result as results
from onset.bench import sustained
from onset.bench.command import app
from onset.bench.floor import Tone, serving
from onset.bench.machine import resident_bytes
from onset.bench.memory import Growth, slope, texts
from onset.bench.peer import PeerServer
from onset.bench.recording import Outcome
from onset.errors import InvalidRequest
from scripted_server import Finish, Head, Sound, Wait, recorded, scripted, silence

MEBI = 1 << 20


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server that answers everything with a tone."""
    with serving(PeerServer(Tone())) as address:
        yield address


def run(*arguments: str) -> Result:
    """Run `onset bench` in this process."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def last_line(result: Result) -> dict[str, object]:
    """What the machine reads."""
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_ttfa_ends_with_one_line_of_json(url: str, tmp_path: Path) -> None:
    stored = tmp_path / "result.json"
    told = run("ttfa", "--url", url, "--n", "2", "--output", str(stored))
    figures = last_line(told)
    assert told.exit_code == 0
    assert figures["bench"] == "ttfa"
    classes = figures["classes"]
    assert isinstance(classes, dict) and len(classes) == 5
    assert classes["long"]["onset"]["n"] == 2
    assert 0 < classes["long"]["onset"]["ttfa_audible_ms_p50"] < 1000
    assert classes["long"]["onset"]["ttfa_audible_ms_p95"] is None
    assert "NOT MEASURED" in told.stdout
    assert last_line(run("read", str(stored))) == figures


def test_ttfa_of_chosen_classes(url: str) -> None:
    told = run("ttfa", "--url", url, "--n", "1", "--class", "forty", "--class", "long")
    figures = last_line(told)
    assert isinstance(figures["classes"], dict)
    assert set(figures["classes"]) == {"forty", "long"}
    assert isinstance(figures["flatness_ratio"], float)


def test_ttfa_when_the_server_fails() -> None:
    with scripted((Head(), Wait(0.0), Sound(silence(0.1)), Finish())) as server:
        told = run("ttfa", "--url", server.url, "--n", "2", "--class", "forty")
    assert told.exit_code == 1
    assert "failed: forty, onset, 2 times: no audible sound" in told.stdout
    classes = last_line(told)["classes"]
    assert isinstance(classes, dict)
    assert classes["forty"]["onset"]["failures"] == 2
    assert classes["forty"]["onset"]["ttfa_audible_ms_p50"] is None


def test_read_refuses_another_file(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(InvalidRequest, match=r"other\.json"):
        results.read(tmp_path / "other.json")


def test_stream_tells_what_each_player_hears(url: str) -> None:
    figures = last_line(run("stream", "--url", url, "--seconds", "2"))
    assert figures["outcome"] == "complete"
    assert figures["audio_seconds"] == pytest.approx(0.1)
    assert isinstance(figures["players"], list)
    assert [player["prebuffer_ms"] for player in figures["players"]] == [0, 20, 50, 100, 200, 400]


def test_stream_figures_of_a_failure_are_absent() -> None:
    figures = sustained.summary(recorded(outcome=Outcome.FAILED))
    assert figures["rtf_stream"] is figures["required_prebuffer_ms"] is None
    assert figures["chunk_gap_ms_max"] is None


def test_stream_figures_of_a_gap() -> None:
    pieces = [(0.1 * number + (0.5 if number >= 10 else 0), 0.1) for number in range(20)]
    figures = sustained.summary(recorded(*pieces))
    assert figures["chunk_gap_ms_max"] == pytest.approx(600)
    assert figures["required_prebuffer_ms"] == pytest.approx(500)
    assert isinstance(figures["players"], list)
    assert [player["stalls"] for player in figures["players"]] == [1] * 6


def test_memory_measures_the_process_it_is_given(url: str) -> None:
    told = run("memory", "--url", url, "--pid", str(os.getpid()), "--requests", "4")
    figures = last_line(told)
    assert (figures["requests"], figures["failures"]) == (4, 0)
    assert isinstance(figures["rss_end_bytes"], int)
    assert figures["rss_end_bytes"] > 10 * MEBI


def test_memory_needs_a_process(url: str) -> None:
    with pytest.raises(InvalidRequest, match="--pid"):
        run("memory", "--url", url)


def test_growth_is_over_the_second_half() -> None:
    figures = Growth(50, (100, 200, 210, 220), failures=0).summary()
    assert figures["rss_half_bytes"] == 200
    assert figures["growth_second_half_bytes"] == 20
    assert figures["growth_bytes_per_request"] == 10


def test_slope_is_not_moved_by_one_jump() -> None:
    assert slope([10, 10, 10, 90, 10, 10]) == 0
    assert slope([1]) is None


def test_memory_texts_are_never_the_same() -> None:
    assert len(set(texts(600, seed=1))) == 600


def test_resident_bytes_of_nobody() -> None:
    assert resident_bytes(2**22 + 1) is None
