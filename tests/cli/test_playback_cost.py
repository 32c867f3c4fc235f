"""`onset play --measure`: verdicts for people, figures for machines."""

import json
import sys

import pytest

from command_line import Command
from onset.playback import benchmark


def test_what_playing_costs_is_printed(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "CPU_SETTLE_SECONDS", 0.5)
    monkeypatch.setattr(benchmark, "SAMPLE_SECONDS", 0.2)
    code = command("play", "--measure", "2.5", ONSET_DEVICE="null")
    *lines, last = capsys.readouterr().out.splitlines()
    figures = json.loads(last)
    assert [line[7:] for line in lines] == list(figures["verdicts"])
    assert code == (0 if all(figures["verdicts"].values()) else 1)
    assert figures["verdicts"]["something was heard"]
    assert figures["device"] == "null" and figures["heard_later_ms"] > 0
    if sys.platform == "linux":
        assert figures["cpu_percent"] > 0 and figures["rss_last_mb"] > 10


def test_a_server_that_cannot_be_reached_is_named(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--server", "http://127.0.0.1:9")
    assert command("play", "--measure", "2", *options, ONSET_DEVICE="null") == 1
    out, err = capsys.readouterr()
    assert out == "" and "http://127.0.0.1:9" in err
