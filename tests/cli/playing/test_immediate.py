"""Silence is waited for: what a stop loads is bounded, in modules, as time is the machine's."""

import os
import subprocess
import sys

import pytest

from command_line import NOBODY
from onset.cli.command_group import COMMANDS
from onset.cli.playing.control import IMMEDIATE

PROBE = """
import sys
bare = set(sys.modules)
from onset.cli.main import main
sys.argv = ["onset", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules.keys() - bare)
"""

MOST = 90
"""Modules that a stop may load beside Python's own; it loads 75."""


def loaded(*arguments: str, **environment: str) -> tuple[int, list[str], str]:
    """The exit code of `onset` with these arguments, what it loads, and what it tells."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **NOBODY, **environment},
        check=False,
    )
    return done.returncode, done.stdout.splitlines()[-1].split(), done.stderr


@pytest.mark.parametrize("name", IMMEDIATE)
def test_a_control_loads_the_standard_library_and_little_of_ours(name: str) -> None:
    code, modules, told = loaded(name)
    assert (code, told) == (1, "onset: No playback daemon runs. Start it: onset play\n")
    others = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
    assert others == {"onset"}
    assert len(modules) <= MOST


def test_with_anything_else_typed_the_whole_command_line_is_there() -> None:
    """The fault that the test above looks for: the parser alone is more than that."""
    code, modules, told = loaded("stop", "--help")
    assert (code, told) == (0, "")
    assert "typer" in modules
    assert len(modules) > MOST


@pytest.mark.parametrize("name", IMMEDIATE)
def test_a_control_takes_nothing(name: str) -> None:
    code, _, told = loaded(name, "all")
    assert code == 2
    assert "all" in told


def test_each_is_a_command_of_the_table() -> None:
    assert set(IMMEDIATE) <= set(COMMANDS)


def test_no_other_setting_keeps_anyone_from_falling_silent() -> None:
    code, _, told = loaded("stop", ONSET_NONSENSE="1", ONSET_THREADS="many")
    assert (code, told) == (1, "onset: No playback daemon runs. Start it: onset play\n")
    code, _, told = loaded("stop", ONSET_SOCKET="~nobody-of-that-name/play.sock")
    assert (code, told.count("\n")) == (2, 1)
    assert told.startswith("onset: Setting ONSET_SOCKET: ")
