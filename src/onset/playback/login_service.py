"""Daemon and server as services of the user's session: a systemd unit or a launchd agent."""

import plistlib
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal, TypeAlias

from onset.errors import AssetError, InvalidRequest

Run = Callable[[Sequence[str]], tuple[int, str]]
"""Runs a command; its exit code and output."""


Program: TypeAlias = Literal["play", "serve"]
"""The command that a service runs: the playback daemon or the speech server."""


@dataclass(frozen=True, slots=True)
class LoginService:
    """The file for a service manager, and the commands that make it take notice."""

    path: Path
    content: bytes
    load: list[list[str]]
    unload: list[list[str]]
    query: list[str]


def service(
    platform: str, home: Path, python: str = sys.executable, name: Program = "play"
) -> LoginService:
    """The service of a program for a `platform` as in `sys.platform`.

    Raises InvalidRequest for other platforms.
    """
    asset = resources.files("onset") / "data" / "login_services.toml"
    services = tomllib.loads(asset.read_text(encoding="utf-8"))
    system = "linux" if platform.startswith("linux") else platform
    if system not in services["systems"]:
        choices = ", ".join(services["systems"])
        raise InvalidRequest(f"No services on {platform!r}. Choices: {choices}.", "platform")
    definition, command = services["systems"][system], [python, "-P", "-m", "onset", name]
    path = home / definition["path"].format(name=name)
    if system == "darwin":
        own = {"Label": path.stem, "ProgramArguments": command}
        content = plistlib.dumps(definition["agent"] | own)
    else:
        quoted = " ".join(map(_systemd_quoted, command))
        content = definition["unit"].format(command=quoted, **services["programs"][name]).encode()

    def words(line: str) -> list[str]:
        return [word.format(path=path, name=name) for word in line.split()]

    return LoginService(
        path=path,
        content=content,
        load=[words(line) for line in definition["load"]],
        unload=[words(line) for line in definition["unload"]],
        query=words(definition["query"]),
    )


def install(definition: LoginService, run: Run) -> None:
    """Write the file and start the service, now and at each login. Raises AssetError."""
    try:
        definition.path.parent.mkdir(parents=True, exist_ok=True)
        definition.path.write_bytes(definition.content)
    except OSError as error:
        raise AssetError(f"Cannot write {definition.path}: {error.strerror}.") from error
    for command in definition.load:
        code, output = run(command)
        if code:
            reason = " ".join(output.split()) or f"exit code {code}"
            raise AssetError(f"{' '.join(command)}: {reason}.")


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


def _systemd_quoted(part: str) -> str:
    """A word of ExecStart (systemd.service(5), "Command lines")."""
    escaped = part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != part or " " in part else part
