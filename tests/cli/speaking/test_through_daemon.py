"""`onset say`, the daemon and the controls as a person types them, with processes of their own."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes import Running, eventually, fake_engine, serving
from onset.cli.control import summary
from onset.cli.speaking.timing_bar import bar, stages
from onset.playback.daemon_client import connect
from processes import killed_at_the_end

STARTED = {
    "asked_ns": 5_000_000,
    "heard_ns": 105_000_000,
    "first_ms": 60.0,
    "onset_ms": 70.0,
    "taken_ms": 80.0,
    "heard_ms": 100.0,
    "stages_ms": {"headers": 55.0, "queue": 10.0, "front": 40.0, "total": 50.0},
}


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model."""
    with serving(lambda: fake_engine(0.001)) as running:
        yield running


@contextmanager
def daemon(folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """A daemon on the null device: gives the environment that finds it."""
    folder.mkdir(mode=0o700)
    found = {
        **os.environ,
        "ONSET_SOCKET": str(folder / "play.sock"),
        "ONSET_DEVICE": "null",
        "ONSET_PORT": "0",
        "COLUMNS": "200",
    }
    started = subprocess.Popen(
        [sys.executable, "-m", "onset", "play", *options], env=found, stderr=subprocess.PIPE
    )
    with killed_at_the_end(started) as running:
        assert running.stderr is not None
        try:
            assert b"Playing for whoever" in running.stderr.readline()
            yield found
        finally:
            running.send_signal(signal.SIGTERM)
            code, said = running.wait(20), running.stderr.read()
            assert code == 0 and not said, said.decode()
    assert [path.name for path in folder.iterdir()] in ([], ["play.lock"])


def onset(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "onset", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_say_speaks_through_the_daemon_and_controls_reach_it(
    server: Running, tmp_path: Path
) -> None:
    with daemon(tmp_path / "run") as environment:
        environment |= {"ONSET_PORT": str(server.port)}
        said = onset(environment, "say", "One two.", "--timing")
        assert said.returncode == 0, said.stderr
        assert "heard after" in said.stdout and "device" in said.stdout
        assert "no sound device" in said.stderr
        long = subprocess.Popen(
            [sys.executable, "-m", "onset", "say", "Ten words. " * 500],
            env=environment,
            stderr=subprocess.PIPE,
        )
        with connect(Path(environment["ONSET_SOCKET"])) as remote:
            eventually(lambda: remote.control("status")["state"] == "playing", 60)
            assert onset(environment, "pause").returncode == 0
            assert remote.control("status")["state"] == "paused"
            assert onset(environment, "stop").returncode == 0
            assert long.wait(60) == 1
            assert long.stderr is not None
            assert b"stopped" in long.stderr.read()
            long.stderr.close()
            report = json.loads(onset(environment, "status", "--json").stdout)
        assert (report["state"], report["counters"]["played"]) == ("idle", 1)


def test_a_voice_is_kept_for_a_caller(server: Running, tmp_path: Path) -> None:
    with daemon(tmp_path / "run") as environment:
        environment |= {"ONSET_PORT": str(server.port)}
        kept = onset(environment, "voice", "no_such", "--caller", "reader")
        assert kept.stdout == "reader: no_such\n"
        said = onset(environment, "say", "One two.", "--caller", "reader")
        assert said.returncode == 2 and "no_such" in said.stderr
        assert onset(environment, "say", "One two.").returncode == 0
        with_one = onset(environment, "say", "One.", "--caller", "reader", "--voice", "af_heart")
        assert with_one.returncode == 0
        forgotten = onset(environment, "voice", "--caller", "reader")
        assert forgotten.stdout == "reader: its own choice\n"
        assert onset(environment, "say", "One two.", "--caller", "reader").returncode == 0


def test_a_daemon_that_is_killed_is_told_and_another_takes_its_place(
    server: Running, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "ONSET_SOCKET": str(folder / "play.sock"),
        "ONSET_DEVICE": "null",
        "ONSET_PORT": str(server.port),
    }
    assert onset(environment, "play", "--detach").returncode == 0
    saying = subprocess.Popen(
        [sys.executable, "-m", "onset", "say", "Ten words. " * 500],
        env=environment,
        stderr=subprocess.PIPE,
    )
    with connect(folder / "play.sock") as remote:
        eventually(lambda: remote.control("status")["state"] == "playing", 60)
        os.kill(remote.control("status")["pid"], signal.SIGKILL)
    assert saying.wait(60) == 1
    assert saying.stderr is not None
    assert b"playback daemon is gone" in saying.stderr.read()
    saying.stderr.close()
    eventually(lambda: server.scheduler.active == 0, 20)
    assert sorted(path.name for path in folder.iterdir()) == ["play.lock", "play.sock"]
    assert onset(environment, "say", "One two.", "--daemon").returncode == 0
    with connect(folder / "play.sock") as remote:
        report = remote.control("status")
    assert report["counters"]["played"] == 1
    os.kill(report["pid"], signal.SIGTERM)
    eventually(lambda: not (folder / "play.sock").exists(), 20)


@pytest.mark.parametrize("given", [{"ONSET_PLAY_TOKEN": "secret"}, {}])
def test_the_token_of_websockets_is_the_one_given_or_is_told(
    given: dict[str, str], tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        **given,
        "ONSET_SOCKET": str(tmp_path / "run" / "play.sock"),
        "COLUMNS": "200",
    }
    done = onset(environment, "play", "--device", "null", "--websocket", "0", "--idle-exit", "0")
    assert done.returncode == 0
    assert "ws://127.0.0.1:" in done.stderr
    assert (", token" in done.stderr) is not bool(given)
    assert "secret" not in done.stderr


def test_ctrl_c_silences_what_was_said(server: Running, tmp_path: Path) -> None:
    with daemon(tmp_path / "run") as environment:
        environment |= {"ONSET_PORT": str(server.port)}
        started = subprocess.Popen(
            [sys.executable, "-m", "onset", "say", "Ten words. " * 500],
            env=environment,
            stderr=subprocess.PIPE,
        )
        with (
            killed_at_the_end(started) as saying,
            connect(Path(environment["ONSET_SOCKET"])) as remote,
        ):
            eventually(lambda: remote.control("status")["state"] == "playing", 60)
            saying.send_signal(signal.SIGINT)
            assert saying.wait(60) == 130
            eventually(lambda: remote.control("status")["state"] == "idle", 30)
            assert saying.stderr is not None
            assert saying.stderr.read() == b""


def test_a_second_daemon_is_refused(tmp_path: Path) -> None:
    with daemon(tmp_path / "run") as environment:
        second = onset(environment, "play")
        assert second.returncode == 1
        assert "already" in second.stderr


def test_controls_without_a_daemon_say_how_to_start_one(tmp_path: Path) -> None:
    environment = {**os.environ, "ONSET_SOCKET": str(tmp_path / "none.sock")}
    for command in ("stop", "status"):
        done = onset(environment, command)
        assert done.returncode == 1
        assert "onset play" in done.stderr


def test_a_daemon_is_started_when_asked_to_and_lives_on(server: Running, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    path = tmp_path / "run" / "play.sock"
    environment = {
        **os.environ,
        "ONSET_SOCKET": str(path),
        "ONSET_DEVICE": "null",
        "ONSET_PORT": str(server.port),
    }
    said = onset(environment, "say", "One two.", "--daemon")
    assert said.returncode == 0, said.stderr
    with connect(path) as remote:
        report = remote.control("status")
    assert report["counters"]["played"] == 1
    os.kill(report["pid"], signal.SIGTERM)
    eventually(lambda: not path.exists(), 20)


def test_what_playing_costs_is_told(tmp_path: Path) -> None:
    done = onset({**os.environ, "ONSET_DEVICE": "null"}, "play", "--measure", "7")
    *lines, last = done.stdout.splitlines()
    told = json.loads(last)
    assert [line[7:] for line in lines] == list(told["verdicts"])
    assert done.returncode == (0 if all(told["verdicts"].values()) else 1), done.stderr
    assert told["verdicts"]["something was heard"]
    assert told["device"] == "null" and told["heard_later_ms"] > 0
    if sys.platform == "linux":
        assert told["cpu_percent"] > 0 and told["rss_last_mb"] > 10


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


def test_a_report_is_told_in_a_few_lines() -> None:
    counters = {"played": 2, "stopped": 1, "stalls": 0, "stalled_s": 0.0}
    report = {
        "state": "playing",
        "device": "null",
        "speed": 1.0,
        "volume": 0.5,
        "waiting": [{}],
        "playing": {"position_s": 1.25, "length_s": 4.0},
        "counters": counters,
    }
    lines = summary(report).splitlines()
    assert lines[0] == "playing, 1.2 of 4.0 s"
    assert "volume 0.5" in lines[1] and lines[2] == "waiting 1"
