"""Measures what the daemon costs and how it plays, on a daemon process of its own.

Speech comes from a server if one is given, else it is a sound made here at twice the pace it is
played at.
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
from threading import Event as Flag
from threading import Thread
from time import monotonic, sleep
from typing import Any

import numpy as np
import psutil

from onset.errors import Halted, OnsetError, ServerError, Unavailable
from onset.playback.cpu_load import competing
from onset.playback.daemon_client import DaemonClient, connect
from onset.playback.player.track import Event
from onset.protocol.playback_frames import Action, Say
from onset.stats.quantiles import median
from onset.types import SAMPLE_RATE

START_SECONDS = 60.0
"""Longest wait for the daemon on a busy machine."""

SETTLE_SECONDS, SETTLE_SHARE = 600.0, 0.25
"""Seconds of audio before memory is judged, or that share of all: buffers have filled by then."""

CPU_SETTLE_SECONDS = 5.0
"""Seconds of playing before its cost is counted."""

SAMPLE_SECONDS = 1.0
"""Seconds between readings of memory."""

PIECE_SECONDS = 0.05
"""Seconds of audio in one piece of our own sound."""

GRACE_SECONDS = 1.0
"""Seconds after the time is up in which an utterance may end by itself."""

MOST_CPU = 0.02
MOST_AFTER = 0.06
MOST_GROWTH = 1e6
"""The promises: a share of a core, seconds, bytes an hour of audio."""


@dataclass(frozen=True, slots=True)
class PlaybackCost:
    """The figures of one run. seconds: of audio. cpu: share of one core, None if the run was short.

    rss: (seconds of audio so far, resident bytes). starts: the daemon's "started" events. counters:
    the daemon's own. load: share of each core that the competing processes took, None without any.
    """

    seconds: float
    device: str | None
    pace: float
    cpu: float | None
    load: float | None
    rss: tuple[tuple[float, int], ...]
    starts: tuple[Event, ...]
    counters: dict[str, Any]

    @property
    def after(self) -> list[float]:
        """By how many seconds each start was heard later than it could have been.

        The soonest is a listener who hears each sample as it comes: the onset when it comes, or
        after the samples before it.
        """
        return [(start["heard_ms"] - _soonest(start)) / 1e3 for start in self.starts]

    @property
    def prebuffers(self) -> list[float]:
        """Seconds of audio that each start waited for."""
        chosen = [start.get("chosen_ms") for start in self.starts]
        return [value / 1e3 for value in chosen if value is not None]

    @property
    def received(self) -> float:
        """Seconds of audio that came from the source."""
        return float(self.counters["received_s"])

    @property
    def dry(self) -> float:
        """Seconds that were silent for want of audio."""
        return float(self.counters["stalled_s"])

    @property
    def growth(self) -> float | None:
        """Bytes by which memory grows in an hour of audio once it has settled, by least squares."""
        since = min(SETTLE_SECONDS, SETTLE_SHARE * self.seconds)
        settled = [point for point in self.rss if point[0] >= since]
        if len(settled) < 3:
            return None
        times, sizes = zip(*settled, strict=True)
        return 3600 * linear_regression(times, sizes).slope

    def verdicts(self) -> dict[str, bool]:
        """Which promises were held, as far as this run can tell: memory takes SETTLE_SECONDS."""
        verdicts: dict[str, bool] = {}
        quiet = self.pace == 1 and self.load is None
        verdicts["something was heard"] = bool(self.starts)
        if quiet and self.cpu is not None:
            verdicts[f"CPU at most {MOST_CPU:.0%} of a core"] = self.cpu <= MOST_CPU
        if quiet and (after := median(self.after)) is not None:
            bound = f"heard {1e3 * MOST_AFTER:.0f} ms later than it could be at most"
            verdicts[bound] = after <= MOST_AFTER
            verdicts["no underrun"] = self.counters["stalls"] == 0
        if self.seconds >= 2 * SETTLE_SECONDS and self.growth is not None:
            flat = f"memory grows by {MOST_GROWTH / 1e6:g} MB an hour at most"
            verdicts[flat] = self.growth <= MOST_GROWTH
        return verdicts


@dataclass
class _ProcessWatch:
    """A process while it plays: its memory, and its CPU time once it has settled.

    settled: when that was, `monotonic`; settled_cpu: its CPU time then.
    """

    pid: int
    pace: float
    begun: float = field(default_factory=monotonic)
    settled: float | None = None
    settled_cpu: float | None = None
    rss: list[tuple[float, int]] = field(default_factory=list)

    def look(self) -> None:
        """Note its memory, and its CPU time once it has settled."""
        now = monotonic()
        if self.settled is None and now - self.begun >= CPU_SETTLE_SECONDS:
            self.settled, self.settled_cpu = now, _cpu_seconds(self.pid)
        with suppress(psutil.Error):
            rss = psutil.Process(self.pid).memory_info().rss
            self.rss.append((self.pace * (now - self.begun), rss))

    @property
    def cpu(self) -> float | None:
        """Share of a core since it settled."""
        now = _cpu_seconds(self.pid)
        if self.settled is None or self.settled_cpu is None or now is None:
            return None
        return (now - self.settled_cpu) / (monotonic() - self.settled)


def measure(
    seconds: float, device: str, say: Say | None = None, *, pace: float = 1.0, load: float = 0.0
) -> PlaybackCost:
    """Play so many seconds of audio. Raises OnsetError.

    pace: of a null device's clock. load: share of each core that others are to take meanwhile.
    """
    starts: list[Event] = []
    failures: list[str] = []

    def note(event: Event) -> None:
        if event["event"] == "started":
            starts.append(event)
        elif event["event"] == "failed":
            failures.append(event["message"])

    with (
        TemporaryDirectory() as folder,
        competing(load) as others,
        _daemon(Path(folder) / "run" / "play.sock", _named(device, pace)) as (path, pid),
        connect(path, "measure", note) as client,
    ):
        feeder = _Feeder(client, seconds / pace, pace, say, failures)
        watch, others_before = _ProcessWatch(pid, pace), _all_seconds(others)
        feeder.start()
        while feeder.is_alive():
            watch.look()
            feeder.join(SAMPLE_SECONDS)
            if feeder.is_late():  # in the middle of a server's answer
                _control(path, "stop")
        took, cpu = monotonic() - watch.begun, watch.cpu
        if feeder.error is not None:
            raise feeder.error
        others_after, load_taken = _all_seconds(others), None
        if others and others_after is not None and others_before is not None:
            load_taken = (others_after - others_before) / len(others) / took
        report = _control(path, "status")
    return PlaybackCost(
        seconds=pace * took,
        device=report.get("device"),
        pace=pace,
        cpu=cpu,
        load=load_taken,
        rss=tuple(watch.rss),
        starts=tuple(starts),
        counters=report["counters"],
    )


def _soonest(start: Event) -> float:
    """Milliseconds from the request until the onset could be heard at the soonest."""
    first, onset, lead = start["first_ms"], start.get("onset_ms"), start.get("lead_ms")
    return float(max(first + (lead or 0.0), first if onset is None else onset))


def _named(device: str, pace: float) -> str:
    return device if pace == 1 else f"null:{pace:g}"


def _control(path: Path, action: Action) -> dict[str, Any]:
    with connect(path) as client:
        return client.control(action)


class _Feeder(Thread):
    """Speaks for so many seconds, one utterance after the other. error: what ended it early."""

    def __init__(
        self,
        client: DaemonClient,
        seconds: float,
        pace: float,
        say: Say | None,
        failures: list[str],
    ) -> None:
        super().__init__(daemon=True)
        self.error: OnsetError | None = None
        self._client, self._say, self._pace, self._failures = client, say, pace, failures
        self._end = monotonic() + seconds
        self._rest = Flag()

    def is_late(self) -> bool:
        """Whether it speaks longer than it should."""
        return self.is_alive() and monotonic() > self._end + GRACE_SECONDS

    def run(self) -> None:
        try:
            while monotonic() < self._end:
                if self._say is None:
                    self._play_sound()
                else:
                    self._play_speech(self._say)
        except OnsetError as error:
            self.error = error

    def _play_speech(self, say: Say) -> None:
        self._client.say(say).wait()
        if self._failures:
            raise ServerError(self._failures[0])

    def _play_sound(self) -> None:
        stream = self._client.open()
        count = round(PIECE_SECONDS * SAMPLE_RATE)
        time = np.arange(count) / SAMPLE_RATE
        piece = (6_000 * np.sin(2 * np.pi * 200 * time)).astype("<i2").tobytes()
        with suppress(Halted):  # stopped while it waited for room
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
    """CPU time of a process so far; None if it is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return times.user + times.system


def _all_seconds(pids: Sequence[int]) -> float | None:
    """CPU time of all of them; None if one is gone."""
    seconds = [value for value in map(_cpu_seconds, pids) if value is not None]
    return sum(seconds) if len(seconds) == len(pids) else None
