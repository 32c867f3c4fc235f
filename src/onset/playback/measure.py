"""What the daemon costs and how it plays, measured on a daemon process of its own.

Speech comes from a server if one is given, else it is a sound made here at twice the pace it is
played at. Knows nothing of how anything is shown.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import numpy as np

from onset.errors import Unavailable
from onset.playback.frames import Say
from onset.playback.remote import Remote, connect
from onset.types import SAMPLE_RATE

START_SECONDS = 60.0
"""Longest wait for the daemon on a busy machine."""

SETTLE_SECONDS = 5.0
"""Of playing, before what it costs is counted: buffers have grown then to what they will be."""

SAMPLE_SECONDS = 1.0

PIECE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """What was found. cpu: share of one core while playing, None where /proc is not.

    rss: bytes at each second, after SETTLE_SECONDS. after: seconds from the server's first samples
    until heard, None without a start. counters: the daemon's own.
    """

    seconds: float
    device: str | None
    cpu: float | None
    rss: tuple[int, ...]
    after: float | None
    prebuffer: float | None
    counters: dict[str, Any]


def measure(seconds: float, device: str, say: Say | None = None) -> Cost:
    """Play so many seconds. Raises OnsetError."""
    starts: list[dict[str, Any]] = []

    def note(event: dict[str, Any]) -> None:
        if event["event"] == "started":
            starts.append(event)

    with (
        TemporaryDirectory() as folder,
        _daemon(Path(folder) / "run" / "play.sock", device) as (path, pid),
        connect(path, "measure", note) as remote,
    ):
        feeder = _Feeder(remote, seconds, say)
        feeder.start()
        sleep(min(SETTLE_SECONDS, seconds / 4))
        begun, before, rss = monotonic(), _cpu_seconds(pid), list[int]()
        while feeder.is_alive() and monotonic() - begun < seconds:
            rss += [value] if (value := _rss(pid)) is not None else []
            feeder.join(SAMPLE_SECONDS)
        took, after = monotonic() - begun, _cpu_seconds(pid)
        feeder.leave()
        with connect(path) as other:
            report = other.control("status")
    cpu = None if before is None or after is None else (after - before) / took
    first = starts[0] if starts else {}
    heard = (first["heard_ms"] - first["first_ms"]) / 1e3 if first else None
    chosen = first["chosen_ms"] / 1e3 if first.get("chosen_ms") is not None else None
    return Cost(took, report.get("device"), cpu, tuple(rss), heard, chosen, report["counters"])


class _Feeder(Thread):
    """Speaks for so many seconds, one utterance after the other."""

    def __init__(self, remote: Remote, seconds: float, say: Say | None) -> None:
        super().__init__(daemon=True)
        self._remote, self._say = remote, say
        self._end = monotonic() + seconds
        self._leaving = Event()

    def leave(self) -> None:
        """Stop soon."""
        self._leaving.set()

    def run(self) -> None:
        while monotonic() < self._end and not self._leaving.is_set():
            if self._say is None:
                self._sound()
            else:
                self._remote.say(self._say).wait()

    def _sound(self) -> None:
        stream = self._remote.open()
        count = round(PIECE_SECONDS * SAMPLE_RATE)
        time = np.arange(count) / SAMPLE_RATE
        piece = (6_000 * np.sin(2 * np.pi * 200 * time)).astype("<i2").tobytes()
        while monotonic() < self._end and not self._leaving.is_set():
            stream.feed(piece)
            self._leaving.wait(PIECE_SECONDS / 2)
        stream.stop()


@contextmanager
def _daemon(path: Path, device: str) -> Iterator[tuple[Path, int]]:
    environment = os.environ | {"ONSET_SOCKET": str(path), "ONSET_DEVICE": device}
    process = subprocess.Popen(
        [sys.executable, "-m", "onset", "play"], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        deadline = monotonic() + START_SECONDS
        while True:
            with suppress(Unavailable):
                connect(path).close()
                break
            if monotonic() > deadline or process.poll() is not None:
                raise Unavailable("The playback daemon does not start.", 1.0)
            sleep(0.05)
        yield path, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _cpu_seconds(pid: int) -> float | None:
    """CPU time of a process so far (proc(5), stat, fields 14 and 15)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss(pid: int) -> int | None:
    """Resident bytes of a process (proc(5), statm, field 2)."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return None
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
