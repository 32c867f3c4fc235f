"""A playback daemon that is attacked: a process of its own, which plays on nothing."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from attack.servers import PATIENCE, START_SECONDS


@dataclass(frozen=True)
class PlayingDaemon:
    """A daemon that runs at a socket."""

    path: Path
    process: psutil.Process
    log: Path

    @property
    def tracebacks(self) -> int:
        """In its log, also of tasks whose fault nobody took."""
        told = self.log.read_bytes()
        return told.count(b"Traceback") + told.count(b"never retrieved")

    def connect(self, timeout: float = PATIENCE) -> socket.socket:
        """A connection that waits at most so many seconds for anything."""
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(timeout)
        one.connect(str(self.path))
        return one


@contextlib.contextmanager
def playing() -> Iterator[PlayingDaemon]:
    """A daemon for the block."""
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as name:
        folder = Path(name)
        path, log = folder / "run" / "play.sock", folder / "log"
        command = [sys.executable, "-P", "-m", "onset", "play", "--device", "null:50"]
        environment = {**os.environ, "ONSET_SOCKET": str(path), "ONSET_CACHE_DIR": name}
        with log.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
        try:
            daemon = PlayingDaemon(path, psutil.Process(process.pid), log)
            deadline = time.monotonic() + START_SECONDS
            while not path.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The daemon did not start: {log.read_text()[-400:]}")
                time.sleep(0.05)
            yield daemon
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
