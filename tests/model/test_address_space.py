"""A process that may not take the memory of the model says so, before libraries fall over it."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from onset.model.address_space import NEEDED

COMMANDS = (["say", "Hello.", "-o", "out.wav"], ["serve", "--port", "0"])


def limited(limit: int, words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "onset", *words],
        capture_output=True,
        text=True,
        env=os.environ | {"ONSET_PORT": "0", "ONSET_SOCKET": str(folder / "no"), "COLUMNS": "200"},
        cwd=folder,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("megabytes", [250, 900])
def test_too_little_is_told_in_one_sentence(
    words: list[str], megabytes: int, tmp_path: Path
) -> None:
    """From a limit under which Python's modules do not load to one where a library gives up."""
    done = limited(1_000_000 * megabytes, words, tmp_path)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and line.startswith("onset: ")
    assert "not enough memory" in line or "ulimit -v" in line


def test_enough_is_enough(tmp_path: Path) -> None:
    done = limited(NEEDED, COMMANDS[0], tmp_path)
    assert done.returncode == 0 and (tmp_path / "out.wav").stat().st_size > 10_000, done.stderr
