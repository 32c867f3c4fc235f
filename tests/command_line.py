"""Onset's command line for tests: run in a process of its own, and the daemon it speaks through."""

import os
import signal
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np

from onset.types import SAMPLE_RATE, Floats
from processes import killed_at_the_end

Command: TypeAlias = Callable[..., int]
"""`onset` in this process, the fixture `command`: takes the arguments, gives the exit code."""

NOBODY = {"ONSET_PORT": "0", "ONSET_SOCKET": "/nonexistent/play.sock", "COLUMNS": "200"}
"""Whatever server and daemon this machine runs, tests find none. A width that wraps no message."""

LONG = "Ten words that are a few seconds long when spoken. " * 40
HEADER = 44
"""Bytes of a WAV file before its samples."""


def process(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """`onset` in a process of its own that goes on; it finds nobody unless `environment` says."""
    return subprocess.Popen(
        [sys.executable, "-m", "onset", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **NOBODY, **environment},
    )


def finished(running: subprocess.Popen[bytes], timeout: float = 60) -> tuple[int, bytes, str]:
    """Wait for its end: exit code, standard output, standard error."""
    out, err = running.communicate(timeout=timeout)
    return running.returncode, out, err.decode()


@contextmanager
def daemon(folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """A daemon on the null device: gives the environment that finds it. It must end in silence."""
    folder.mkdir(mode=0o700)
    environment = {"ONSET_SOCKET": str(folder / "play.sock"), "ONSET_DEVICE": "null"}
    with killed_at_the_end(process("play", *options, **environment)) as running:
        assert running.stderr is not None
        try:
            assert b"Playing for whoever" in running.stderr.readline()
            yield environment
        finally:
            running.send_signal(signal.SIGTERM)
            assert finished(running, 20) == (0, b"", "")
    assert [path.name for path in folder.iterdir()] in ([], ["play.lock"])


def samples_of(path: Path) -> Floats:
    """The samples of a WAV file, which must be 24 kHz, 16-bit mono and as long as it says."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert file.getframerate() == SAMPLE_RATE
        data = file.readframes(file.getnframes())
    assert len(data) + HEADER == path.stat().st_size
    samples: Floats = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
    return samples
