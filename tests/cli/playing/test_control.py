"""The controls of the playback daemon as a person types them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Command, daemon
from fakes import HaltableBackend, Running, fake_engine, serving
from onset.cli.playing.adjustment import summary


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model, each step of which takes 10 ms."""
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as running:
        yield running


@pytest.mark.parametrize("name", ["stop", "status"])
def test_controls_without_a_daemon_say_how_to_start_one(
    name: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(name) == 1
    assert "onset play" in capsys.readouterr().err


def test_a_voice_is_kept_for_a_caller(
    server: Running, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with daemon(tmp_path / "run") as environment:
        assert command("voice", "no_such", "--caller", "reader", **environment) == 0
        assert capsys.readouterr().out == "reader: no_such\n"
        environment |= {"ONSET_PORT": str(server.port)}
        assert command("say", "One two.", "--caller", "reader", **environment) == 2
        assert "no_such" in capsys.readouterr().err
        assert command("say", "One two.", **environment) == 0
        own = ("--caller", "reader", "--voice", "af_heart")
        assert command("say", "One.", *own, **environment) == 0
        capsys.readouterr()
        assert command("voice", "--caller", "reader", **environment) == 0
        assert capsys.readouterr().out == "reader: its own choice\n"
        assert command("say", "One two.", "--caller", "reader", **environment) == 0


REPORT = {
    "state": "playing",
    "device": "null",
    "speed": 1.0,
    "volume": 0.5,
    "waiting": [{}],
    "playing": {"position_s": 1.25, "length_s": 4.0},
    "counters": {"played": 2, "stopped": 1, "stalls": 0, "stalled_s": 0.0},
}


def test_a_report_is_a_few_lines() -> None:
    lines = summary(REPORT).splitlines()
    assert lines[0] == "playing, 1.2 of 4.0 s"
    assert "volume 0.5" in lines[1] and lines[2] == "waiting 1"


def test_what_is_not_known_is_left_out_of_a_report() -> None:
    unknown_length = REPORT | {"playing": {"position_s": 1.25, "length_s": None}}
    assert summary(unknown_length).startswith("playing, 1.2 s\n")
    idle = summary(REPORT | {"state": "idle", "playing": None, "device": None})
    assert idle.startswith("idle\ndevice none open, ")
