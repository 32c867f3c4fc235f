"""Completion in real shells: commands, options and their values."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

BASH = """
eval "$(onset --show-completion)"
COMP_WORDS=({words}); COMP_CWORD={last}
_onset_completion onset
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

ZSH = """
autoload -U compinit; compinit -u -D
eval "$(onset --show-completion)"
[[ $_comps[onset] == _onset_completion ]] || exit 3
function _arguments() {{ print -r -- "$@" }}
words=({words}); CURRENT={current}
_onset_completion
"""

FISH = """
onset --show-completion | source
complete --do-complete "{line}"
"""


def completed(shell: str, script: str) -> str:
    """What a script printed in a shell that obeys nobody's settings."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    quiet = {"bash": ["--norc"], "zsh": ["--no-rcs"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [shell, *quiet, "-c", script],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": PATH, "SHELL": shutil.which(shell) or shell},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("typed", "offered", "not_offered"),
    [
        ("onset rea", "read", "say"),
        ("onset read --chap", "--chapters", "--voice"),
        ("onset read --as ep", "epub", "pdf"),
        ("onset service ins", "install", "status"),
    ],
)
def test_a_shell_completes(shell: str, typed: str, offered: str, not_offered: str) -> None:
    words = typed.split()
    filled = {"words": typed, "last": len(words) - 1, "current": len(words), "line": typed}
    script = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell].format(**filled)
    told = completed(shell, script)
    assert offered in told
    assert not_offered not in told.replace("\n", " ").split()
