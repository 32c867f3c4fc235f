"""What the daemon costs and how it plays, measured on a daemon process of its own.

Speech comes from a server if one is given, else it is a sound made here at twice the pace it is
played at. Knows nothing of how anything is shown.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import numpy as np

from onset.errors import Halted, OnsetError, ServerError, Unavailable
from onset.playback.cpu_load import competing
from onset.playback.daemon_client import DaemonClient, connect
from onset.playback.player.track import Event as Told
from onset.protocol.playback_frames import Action, Say
from onset.stats.quantiles import median
from onset.types import SAMPLE_RATE

START_SECONDS = 60.0
"""Longest wait for the daemon on a busy machine."""

SETTLE_SECONDS, SETTLE_SHARE = 600.0, 0.25
"""Of audio before memory is judged, or that share of all: what is kept has grown by then."""

CPU_SETTLE_SECONDS = 5.0
"""Of playing, before what it costs is counted."""

SAMPLE_SECONDS = 1.0

PIECE_SECONDS = 0.05

GRACE_SECONDS = 1.0
"""In which it may come to its end by itself."""

MOST_CPU = 0.02
MOST_AFTER = 0.06
MOST_GROWTH = 1e6
"""What is promised: a share of a core, seconds, bytes an hour of audio."""


@dataclass(frozen=True, slots=True)
class PlaybackCost:
    """What was found. seconds: of audio. cpu, load: shares of one core, None where /proc is not.

    rss: (seconds of audio so far, resident bytes). starts: the daemon's "started" events. counters:
    the daemon's own. load: what the competing processes took of each core, None without any.
    """

    seconds: float
    device: str | None
    pace: float
    cpu: float | None
    load: float | None
    rss: tuple[tuple[float, int], ...]
    starts: tuple[Told, ...]
    counters: dict[str, Any]

    @property
    def after(self) -> list[float]:
        """Seconds by which each start was heard later than by one who hears samples as they come.

        He begins with the first, and hears the onset behind what is before it, or when it comes.
        """
        return [(told["heard_ms"] - _soonest(told)) / 1e3 for told in self.starts]

    @property
    def prebuffers(self) -> list[float]:
        """Seconds of audio that were waited for, of each start."""
        chosen = [told.get("chosen_ms") for told in self.starts]
        return [value / 1e3 for value in chosen if value is not None]

    @property
    def received(self) -> float:
        """Seconds of audio that came from the source."""
        return float(self.counters["received_s"])

    @property
    def dry(self) -> float:
        """Seconds that were silent for want of it."""
        return float(self.counters["stalled_s"])

    @property
    def growth(self) -> float | None:
        """Bytes of memory an hour of audio once it has settled, by least squares."""
        since = min(SETTLE_SECONDS, SETTLE_SHARE * self.seconds)
        settled = [point for point in self.rss if point[0] >= since]
        if len(settled) < 3:
            return None
        times, sizes = zip(*settled, strict=True)
        return 3600 * linear_regression(times, sizes).slope

    def verdicts(self) -> dict[str, bool]:
        """What was promised, as far as this run can tell: flat memory takes SETTLE_SECONDS."""
        found: dict[str, bool] = {}
        quiet = self.pace == 1 and self.load is None
        found["something was heard"] = bool(self.starts)
        if quiet and self.cpu is not None:
            found[f"CPU at most {MOST_CPU:.0%} of a core"] = self.cpu <= MOST_CPU
        if quiet and (after := median(self.after)) is not None:
            bound = f"heard {1e3 * MOST_AFTER:.0f} ms later than it could be at most"
            found[bound] = after <= MOST_AFTER
            found["no underrun"] = self.counters["stalls"] == 0
        if self.seconds >= 2 * SETTLE_SECONDS and self.growth is not None:
            flat = f"memory grows by {MOST_GROWTH / 1e6:g} MB an hour at most"
            found[flat] = self.growth <= MOST_GROWTH
        return found


@dataclass
class _ProcessWatch:
    """A process while it plays: its CPU time from `begun`, and its memory."""

    pid: int
    pace: float
    begun: float = field(default_factory=monotonic)
    counted: float | None = None
    before: float | None = None
    rss: list[tuple[float, int]] = field(default_factory=list)

    def look(self) -> None:
        """Note how it is now."""
        now = monotonic()
        if self.counted is None and now - self.begun >= CPU_SETTLE_SECONDS:
            self.counted, self.before = now, _cpu_seconds(self.pid)
        if (value := _rss(self.pid)) is not None:
            self.rss.append((self.pace * (now - self.begun), value))

    @property
    def cpu(self) -> float | None:
        """Share of a core since it was counted."""
        after = _cpu_seconds(self.pid)
        if self.counted is None or self.before is None or after is None:
            return None
        return (after - self.before) / (monotonic() - self.counted)


def measure(
    seconds: float, device: str, say: Say | None = None, *, pace: float = 1.0, load: float = 0.0
) -> PlaybackCost:
    """Play so many seconds of audio. Raises OnsetError.

    pace: of a null device's clock. load: share of every core that others are to take meanwhile.
    """
    starts: list[Told] = []
    faults: list[str] = []

    def note(event: Told) -> None:
        if event["event"] == "started":
            starts.append(event)
        elif event["event"] == "failed":
            faults.append(event["message"])

    with (
        TemporaryDirectory() as folder,
        competing(load) as others,
        _daemon(Path(folder) / "run" / "play.sock", _named(device, pace)) as (path, pid),
        connect(path, "measure", note) as remote,
    ):
        feeder = _Feeder(remote, seconds / pace, pace, say, faults)
        watch, spent = _ProcessWatch(pid, pace), _all_seconds(others)
        feeder.start()
        while feeder.is_alive():
            watch.look()
            feeder.join(SAMPLE_SECONDS)
            if feeder.is_late():  # in the middle of what a server says
                _control(path, "stop")
        took, cpu = monotonic() - watch.begun, watch.cpu
        if feeder.error is not None:
            raise feeder.error
        used = _all_seconds(others)
        busy = None
        if others and used is not None and spent is not None:
            busy = (used - spent) / len(others) / took
        report = _control(path, "status")
    heard, counters, audio = tuple(starts), report["counters"], pace * took
    return PlaybackCost(
        audio, report.get("device"), pace, cpu, busy, tuple(watch.rss), heard, counters
    )


def _soonest(told: Told) -> float:
    """Milliseconds since it was asked."""
    first, came, lead = told["first_ms"], told.get("onset_ms"), told.get("lead_ms")
    return float(max(first + (lead or 0.0), first if came is None else came))


def _named(device: str, pace: float) -> str:
    return device if pace == 1 else f"null:{pace:g}"


def _control(path: Path, action: Action) -> dict[str, Any]:
    with connect(path) as other:
        return other.control(action)


class _Feeder(Thread):
    """Speaks for so many seconds, one utterance after the other. error: what ended it sooner."""

    def __init__(
        self, remote: DaemonClient, seconds: float, pace: float, say: Say | None, faults: list[str]
    ) -> None:
        super().__init__(daemon=True)
        self.error: OnsetError | None = None
        self._remote, self._say, self._pace, self._faults = remote, say, pace, faults
        self._end = monotonic() + seconds
        self._rest = Event()

    def is_late(self) -> bool:
        """Whether it speaks longer than it should."""
        return self.is_alive() and monotonic() > self._end + GRACE_SECONDS

    def run(self) -> None:
        try:
            while monotonic() < self._end:
                if self._say is None:
                    self._sound()
                else:
                    self._said(self._say)
        except OnsetError as error:
            self.error = error

    def _said(self, say: Say) -> None:
        self._remote.say(say).wait()
        if self._faults:
            raise ServerError(self._faults[0])

    def _sound(self) -> None:
        stream = self._remote.open()
        count = round(PIECE_SECONDS * SAMPLE_RATE)
        time = np.arange(count) / SAMPLE_RATE
        piece = (6_000 * np.sin(2 * np.pi * 200 * time)).astype("<i2").tobytes()
        with suppress(Halted):  # stopped while it waited for room: that was all
            while monotonic() < self._end:
                stream.feed(piece)
                self._rest.wait(PIECE_SECONDS / 2 / self._pace)
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


def _all_seconds(pids: Sequence[int]) -> float | None:
    """CPU time of all of them; None if of one it is not known."""
    known = [_cpu_seconds(pid) for pid in pids]
    return None if None in known else sum(value for value in known if value is not None)


def _rss(pid: int) -> int | None:
    """Resident bytes of a process (proc(5), statm, field 2)."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return None
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
