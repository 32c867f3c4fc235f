"""`onset say` without a file: it speaks through the daemon, and controls and Ctrl-C stop it."""

import io
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import LONG, Command, daemon, finished, process
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.cli.speaking.through_daemon import bar, stages, wait_until_heard
from onset.errors import Halted, InvalidRequest, ServerError
from onset.playback.daemon_client import DaemonStream, connect
from processes import killed_at_the_end


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model, each step of which takes 10 ms."""
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as running:
        yield running


def test_say_speaks_through_the_daemon_and_controls_reach_it(
    server: Running, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with daemon(tmp_path / "run") as environment:
        environment |= {"ONSET_PORT": str(server.port)}
        code, out, err = finished(process("say", "One two.", "--timing", **environment))
        assert code == 0, err
        assert b"heard after" in out and b"device" in out
        assert "no sound device" in err
        with (
            killed_at_the_end(process("say", LONG, **environment)) as long,
            connect(Path(environment["ONSET_SOCKET"])) as remote,
        ):
            eventually(lambda: remote.control("status")["state"] == "playing", 60)
            assert command("pause", **environment) == 0
            assert remote.control("status")["state"] == "paused"
            assert command("stop", **environment) == 0
            code, _, err = finished(long)
            assert code == 1 and "stopped" in err
            capsys.readouterr()
            assert command("status", "--json", **environment) == 0
        report = json.loads(capsys.readouterr().out)
        assert (report["state"], report["counters"]["played"]) == ("idle", 1)


def test_ctrl_c_silences_what_was_said(server: Running, tmp_path: Path) -> None:
    with daemon(tmp_path / "run") as environment:
        environment |= {"ONSET_PORT": str(server.port)}
        with (
            killed_at_the_end(process("say", LONG, **environment)) as saying,
            connect(Path(environment["ONSET_SOCKET"])) as remote,
        ):
            eventually(lambda: remote.control("status")["state"] == "playing", 60)
            saying.send_signal(signal.SIGINT)
            assert finished(saying) == (130, b"", "")
            eventually(lambda: remote.control("status")["state"] == "idle", 30)


class Ended(DaemonStream):
    """A stream that is over at once, in a known way."""

    def __init__(self, **outcome: object) -> None:
        self._ending = {"event": "played", "stalls": 0} | outcome

    def wait(self) -> dict[str, object]:
        return self._ending


def test_what_a_server_refused_is_refused_and_what_broke_is_an_error() -> None:
    events = [{"event": "failed", "status": 400, "message": "400: No such voice."}]
    with pytest.raises(InvalidRequest, match="^No such voice"):
        wait_until_heard(Ended(), events)
    events = [{"event": "failed", "status": 500, "message": "500: Broken."}]
    with pytest.raises(ServerError, match="500: Broken"):
        wait_until_heard(Ended(), events)


def test_what_was_stopped_is_told_with_its_reason() -> None:
    with pytest.raises(Halted, match="interrupted"):
        wait_until_heard(Ended(event="stopped", reason="interrupted"), ())


def test_gaps_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    wait_until_heard(Ended(stalls=2, stalled_s=0.5), ())
    assert "Gaps: 2, 0.50 s" in capsys.readouterr().err


@pytest.fixture
def environment(tmp_path: Path, server: Running) -> dict[str, str]:
    """Where a daemon may come to be, on the null device."""
    (tmp_path / "run").mkdir(mode=0o700)
    socket = str(tmp_path / "run" / "play.sock")
    return {"ONSET_SOCKET": socket, "ONSET_DEVICE": "null", "ONSET_PORT": str(server.port)}


def test_a_daemon_is_started_when_asked_to_and_lives_on(environment: dict[str, str]) -> None:
    assert finished(process("say", "One two.", "--daemon", **environment))[0] == 0
    path = Path(environment["ONSET_SOCKET"])
    with connect(path) as remote:
        report = remote.control("status")
    assert report["counters"]["played"] == 1
    os.kill(report["pid"], signal.SIGTERM)
    eventually(lambda: not path.exists(), 20)


def test_a_daemon_that_is_killed_is_told_and_another_takes_its_place(
    server: Running, environment: dict[str, str]
) -> None:
    path = Path(environment["ONSET_SOCKET"])
    assert finished(process("play", "--detach", **environment))[0] == 0
    with killed_at_the_end(process("say", LONG, **environment)) as saying:
        with connect(path) as remote:
            eventually(lambda: remote.control("status")["state"] == "playing", 60)
            os.kill(remote.control("status")["pid"], signal.SIGKILL)
        code, _, err = finished(saying)
    assert code == 1 and "playback daemon is gone" in err
    eventually(lambda: server.scheduler.active == 0, 20)
    assert sorted(file.name for file in path.parent.iterdir()) == ["play.lock", "play.sock"]
    assert finished(process("say", "One two.", "--daemon", **environment))[0] == 0
    with connect(path) as remote:
        report = remote.control("status")
    assert report["counters"]["played"] == 1
    os.kill(report["pid"], signal.SIGTERM)
    eventually(lambda: not path.exists(), 20)


STARTED = {
    "asked_ns": 5_000_000,
    "heard_ns": 105_000_000,
    "first_ms": 60.0,
    "onset_ms": 70.0,
    "taken_ms": 80.0,
    "heard_ms": 100.0,
    "stages_ms": {"headers": 55.0, "queue": 10.0, "front": 40.0, "total": 50.0},
}


def test_stages_are_in_order_and_add_up() -> None:
    found = stages(STARTED, 0)
    assert [name for name, _ in found] == [
        "call", "queue", "front", "wire", "silence", "buffer", "device",
    ]  # fmt: skip
    assert sum(ms for _, ms in found) == pytest.approx(105.0)


def test_the_bar_tells_the_whole_and_every_stage() -> None:
    out = io.StringIO()
    out.write(bar(stages(STARTED, 0)).plain)
    drawn, legend = out.getvalue().splitlines()
    assert "heard after 105 ms" in drawn
    assert "front 40" in legend and "device 20" in legend
