"""`onset play`: one daemon at a time, found by its socket or its WebSocket, and measured."""

import json
import sys
from pathlib import Path

import pytest

from command_line import Command, daemon, finished, process
from onset.playback import benchmark


@pytest.mark.parametrize("given", [{"ONSET_PLAY_TOKEN": "secret"}, {}])
def test_the_token_of_websockets_is_the_one_given_or_is_shown(
    given: dict[str, str], tmp_path: Path
) -> None:
    options = ("--device", "null", "--websocket", "0", "--idle-exit", "0")
    socket = str(tmp_path / "run" / "play.sock")
    code, _, err = finished(process("play", *options, ONSET_SOCKET=socket, **given))
    assert code == 0
    assert "ws://127.0.0.1:" in err
    assert (", token" in err) is not bool(given)
    assert "secret" not in err


def test_a_second_daemon_is_refused(
    tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with daemon(tmp_path / "run") as environment:
        assert command("play", **environment) == 1
    assert "already" in capsys.readouterr().err


@pytest.mark.parametrize("device", ["speaker", "null:0", "null:100", "nulls"])
def test_an_unknown_device_is_refused_with_the_choices(
    device: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("play", "--device", device) == 2
    assert "Choices: default, sound, null" in capsys.readouterr().err


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
