"""A daemon in the background: started when asked for, replaced when it was killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import LONG, finished, process
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.playback.daemon_client import connect
from processes import killed_at_the_end


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model, each step of which takes 10 ms."""
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as running:
        yield running


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
