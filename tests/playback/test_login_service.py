"""The service's files, by what their readers require, and the order of commands."""

import configparser
import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

from onset.errors import AssetError, InvalidRequest
from onset.playback.login_service import Program, install, service, status, uninstall

PROGRAMS: tuple[Program, ...] = get_args(Program)
PYTHON = "/home/an na/100%/bin/python"


class Manager:
    """A service manager that notes what it is told, and answers as the test says."""

    def __init__(self, code: int = 0, said: str = "") -> None:
        self.told: list[list[str]] = []
        self._answer = code, said

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        self.told.append(list(command))
        return self._answer


def test_the_systemd_unit_is_one(tmp_path: Path) -> None:
    wanted = service("linux", tmp_path, PYTHON)
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(wanted.content.decode())
    assert unit["Service"]["ExecStart"] == '"/home/an na/100%%/bin/python" -P -m onset play'
    assert unit["Install"]["WantedBy"] == "default.target"
    assert unit["Service"]["Restart"] == "on-failure"
    assert wanted.path == tmp_path / ".config/systemd/user/onset-play.service"


def test_the_launchd_agent_is_one(tmp_path: Path) -> None:
    wanted = service("darwin", tmp_path, PYTHON)
    agent = plistlib.loads(wanted.content)
    assert agent["Label"] == "tts.onset.play" == wanted.path.stem
    assert agent["ProgramArguments"] == [PYTHON, "-P", "-m", "onset", "play"]
    assert agent["RunAtLoad"] is True and agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["StandardOutPath"] == agent["StandardErrorPath"] == "/dev/null"
    assert wanted.path.parent == tmp_path / "Library/LaunchAgents"


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_install_status_uninstall(platform: str, tmp_path: Path) -> None:
    wanted, manager = service(platform, tmp_path), Manager()
    assert status(wanted, manager) == "not installed"
    install(wanted, manager)
    assert wanted.path.read_bytes() == wanted.content
    assert status(wanted, manager) == "running"
    assert uninstall(wanted, manager)
    assert not wanted.path.exists() and not uninstall(wanted, manager)
    assert manager.told == [*wanted.load, wanted.query, *wanted.unload]


def test_a_stopped_service_is_told_in_the_managers_words(tmp_path: Path) -> None:
    wanted = service("linux", tmp_path)
    install(wanted, Manager())
    assert status(wanted, Manager(3, "inactive\n")) == "stopped (inactive)"


def test_a_manager_that_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="daemon-reload: No bus"):
        install(service("linux", tmp_path), Manager(1, "No bus\n"))


def test_other_systems_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="linux, darwin"):
        service("plan9", tmp_path)


@pytest.mark.parametrize(("platform", "folder"), [("linux", "systemd"), ("darwin", "Library")])
def test_the_server_is_a_service_of_its_own(platform: str, folder: str, tmp_path: Path) -> None:
    daemon, server = (service(platform, tmp_path, PYTHON, name) for name in PROGRAMS)
    assert folder in str(server.path)
    assert server.path != daemon.path
    assert b"serve" in server.content and b"serve" not in daemon.content
    assert "serve" in server.query[-1]
    install(server, Manager())
    assert status(daemon, Manager()) == "not installed"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
@pytest.mark.parametrize("name", PROGRAMS)
def test_systemd_finds_no_fault(name: Program, tmp_path: Path) -> None:
    wanted = service("linux", tmp_path, sys.executable, name)
    install(wanted, Manager())
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(wanted.path)],
        capture_output=True,
        text=True,
        env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
