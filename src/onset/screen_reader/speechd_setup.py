"""Our module in a user's speech-dispatcher: a program where it looks, a line where it must."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from onset.errors import AssetError

SYSTEM = Path("/etc/speech-dispatcher/speechd.conf")
"""What a user's own configuration stands instead of."""

ADD = re.compile(r'^\s*AddModule\s+"', re.MULTILINE)
OURS = re.compile(r'^\s*AddModule\s+"onset".*\n?', re.MULTILINE)
"""Where a configuration names modules, it names all there are; else they are looked for."""


def program_path(home: Path, environ: Mapping[str, str]) -> Path:
    """Where speech-dispatcher looks for the modules of a user (0.11, speechd.c)."""
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data.parent / "libexec" / "speech-dispatcher-modules" / "sd_onset"


def configuration_path(home: Path, environ: Mapping[str, str]) -> Path:
    """The user's own configuration, if there is one."""
    folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "speech-dispatcher" / "speechd.conf"


def install_module(
    home: Path, environ: Mapping[str, str], python: str, system: Path = SYSTEM
) -> list[Path]:
    """Write what is needed; the files that were written. Raises AssetError."""
    program, own = program_path(home, environ), configuration_path(home, environ)
    command = shlex.join([python, "-P", "-m", "onset", "speechd"])
    written = [program]
    try:
        program.parent.mkdir(parents=True, exist_ok=True)
        (program.parents[2] / "share").mkdir(exist_ok=True)  # the way there leads through it
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        present = own if own.exists() else system
        text = present.read_text("utf-8", "surrogateescape") if present.exists() else ""
        if ADD.search(OURS.sub("", text)):
            own.parent.mkdir(parents=True, exist_ok=True)
            line = f'AddModule "onset" "{program}" "onset.conf"\n'
            rest = OURS.sub("", text)
            gap = "" if rest.endswith("\n") else "\n"
            own.write_text(rest + gap + line, "utf-8", "surrogateescape")
            written.append(own)
    except OSError as error:
        raise AssetError(f"Cannot write {error.filename}: {error.strerror}.") from error
    return written


def uninstall_module(home: Path, environ: Mapping[str, str]) -> bool:
    """Remove our program and our line; whether there was any. Raises AssetError."""
    program, own = program_path(home, environ), configuration_path(home, environ)
    try:
        was_there = program.exists()
        program.unlink(missing_ok=True)
        if own.exists():
            text = own.read_text("utf-8", "surrogateescape")
            if OURS.search(text):
                own.write_text(OURS.sub("", text), "utf-8", "surrogateescape")
                was_there = True
    except OSError as error:
        raise AssetError(f"Cannot write {error.filename}: {error.strerror}.") from error
    return was_there
