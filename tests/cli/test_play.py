"""`onset play`: one daemon at a time, found by its socket or its WebSocket."""

from pathlib import Path

import pytest

from command_line import Command, daemon, finished, process


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
