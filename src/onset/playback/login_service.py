"""The daemon as a service of the user's session: a systemd unit or a launchd agent."""

import plistlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from onset.errors import AssetError, InvalidRequest

NAME = "onset-play"
LABEL = "tts.onset.play"

Run = Callable[[Sequence[str]], tuple[int, str]]
"""Runs a command; its exit code and output."""


@dataclass(frozen=True, slots=True)
class LoginService:
    """The file for a service manager, and the commands that make it take notice."""

    path: Path
    content: bytes
    load: tuple[tuple[str, ...], ...]
    unload: tuple[tuple[str, ...], ...]
    query: tuple[str, ...]


def service(platform: str, home: Path, python: str = sys.executable) -> LoginService:
    """The service for a `platform` as in `sys.platform`. Raises InvalidRequest for others."""
    command = [python, "-m", "onset", "play"]
    if platform == "darwin":
        return _launchd(home, command)
    if platform.startswith("linux"):
        return _systemd(home, command)
    raise InvalidRequest(f"No services on {platform!r}. Choices: linux, darwin.", "platform")


def install(definition: LoginService, run: Run) -> None:
    """Write the file and start the service, now and at each login. Raises AssetError."""
    try:
        definition.path.parent.mkdir(parents=True, exist_ok=True)
        definition.path.write_bytes(definition.content)
    except OSError as error:
        raise AssetError(f"Cannot write {definition.path}: {error.strerror}.") from error
    for command in definition.load:
        _must(run, command)


def uninstall(definition: LoginService, run: Run) -> bool:
    """Stop the service and remove its file; whether there was one. Raises AssetError."""
    if not definition.path.exists():
        return False
    for command in definition.unload:
        run(command)  # it may be stopped already
    try:
        definition.path.unlink()
    except OSError as error:
        raise AssetError(f"Cannot remove {definition.path}: {error.strerror}.") from error
    return True


def status(definition: LoginService, run: Run) -> str:
    """`not installed`, `running`, or `stopped` with the service manager's last line."""
    if not definition.path.exists():
        return "not installed"
    code, output = run(definition.query)
    if code == 0:
        return "running"
    lines = output.strip().splitlines()
    return "stopped" if not lines else f"stopped ({lines[-1].strip()})"


def run_command(command: Sequence[str]) -> tuple[int, str]:
    """Run a command of this system. Raises AssetError if it is not there."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetError(f"{command[0]} cannot be run: {error}.") from error
    return done.returncode, done.stdout + done.stderr


def _must(run: Run, command: Sequence[str]) -> None:
    code, output = run(command)
    if code:
        raise AssetError(f"{' '.join(command)}: {' '.join(output.split()) or f'exit code {code}'}.")


def _systemd(home: Path, command: Sequence[str]) -> LoginService:
    unit = f"{NAME}.service"
    content = f"""[Unit]
Description=Onset playback daemon
After=pipewire-pulse.service pulseaudio.service

[Service]
ExecStart={" ".join(_systemd_quoted(part) for part in command)}
Restart=on-failure
RestartSec=1
NoNewPrivileges=true
LimitCORE=0

[Install]
WantedBy=default.target
"""
    return LoginService(
        path=home / ".config" / "systemd" / "user" / unit,
        content=content.encode(),
        load=(
            ("systemctl", "--user", "daemon-reload"),
            ("systemctl", "--user", "enable", "--now", unit),
        ),
        unload=(
            ("systemctl", "--user", "disable", "--now", unit),
            ("systemctl", "--user", "daemon-reload"),
        ),
        query=("systemctl", "--user", "is-active", unit),
    )


def _systemd_quoted(part: str) -> str:
    """A word of ExecStart (systemd.service(5), "Command lines")."""
    escaped = part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != part or " " in part else part


def _launchd(home: Path, command: Sequence[str]) -> LoginService:
    path = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    content = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Interactive",
            "LimitLoadToSessionType": "Aqua",
            "StandardOutPath": "/dev/null",
            "StandardErrorPath": "/dev/null",
            "HardResourceLimits": {"Core": 0},
        }
    )
    return LoginService(
        path=path,
        content=content,
        load=(("launchctl", "load", "-w", str(path)),),
        unload=(("launchctl", "unload", "-w", str(path)),),
        query=("launchctl", "list", LABEL),
    )
