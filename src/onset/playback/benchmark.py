"""Measures what the daemon costs and how it plays, on a daemon process of its own.

Speech comes from a server if one is given, else it is a sound made here at twice the pace it is
played at.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, NamedTuple

import numpy as np
import psutil

from onset.errors import Halted, ServerError, Unavailable
from onset.playback.cpu_load import competing
from onset.playback.daemon_client import DaemonClient, connect
from onset.playback.device import NULL
from onset.playback.player.track import Event
from onset.protocol.playback_bodies import Say
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
        delays = []
        for start in self.starts:
            first, onset, lead = start["first_ms"], start.get("onset_ms"), start.get("lead_ms")
            soonest = max(first + (lead or 0.0), first if onset is None else onset)
            delays.append((start["heard_ms"] - soonest) / 1e3)
        return delays

    @property
    def prebuffers(self) -> list[float]:
        """Seconds of audio that each start waited for."""
        chosen = [start.get("chosen_ms") for start in self.starts]
        return [value / 1e3 for value in chosen if value is not None]

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
        verdicts = {"something was heard": bool(self.starts)}
        quiet = self.pace == 1 and self.load is None
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


class _Reading(NamedTuple):
    """The daemon at a moment. elapsed: seconds so far. cpu, others: CPU seconds, also of others."""

    elapsed: float
    rss: int
    cpu: float
    others: float


def measure(
    seconds: float, device: str, say: Say | None = None, *, pace: float = 1.0, load: float = 0.0
) -> PlaybackCost:
    """Play so many seconds of audio. Raises OnsetError.

    pace: of a null device's clock. load: share of each core that others are to take meanwhile.
    """
    starts: list[Event] = []
    readings: list[_Reading] = []

    def note(event: Event) -> None:
        if event["event"] == "started":
            starts.append(event)
        elif event["event"] == "failed":
            raise ServerError(event["message"])

    def look() -> None:
        with suppress(psutil.Error):
            burnt = sum(map(_cpu_seconds, others))
            rss, cpu = daemon.memory_info().rss, _cpu_seconds(daemon)
            readings.append(_Reading(monotonic() - begun, rss, cpu, burnt))

    with (
        ThreadPoolExecutor(1) as pool,  # left last: without a daemon the feeding ends
        TemporaryDirectory() as folder,
        competing(load) as others,
        _daemon(Path(folder) / "run" / "play.sock", device, pace) as (path, daemon),
        connect(path) as control,
        connect(path, "measure", note) as client,
    ):
        begun = monotonic()
        end = begun + seconds / pace
        feeding = pool.submit(_feed, client, end, pace, say)
        while not feeding.done():
            look()
            wait([feeding], SAMPLE_SECONDS)
            if not feeding.done() and monotonic() > end + GRACE_SECONDS:
                control.control("stop")  # in the middle of a server's answer
        took = monotonic() - begun
        look()
        feeding.result()
        report = control.control("status")
    return PlaybackCost(
        seconds=pace * took,
        device=report.get("device"),
        pace=pace,
        cpu=_slope([(r.elapsed, r.cpu) for r in readings if r.elapsed >= CPU_SETTLE_SECONDS]),
        load=_slope([(r.elapsed, r.others / len(others)) for r in readings if others]),
        rss=tuple((pace * reading.elapsed, reading.rss) for reading in readings),
        starts=tuple(starts),
        counters=report["counters"],
    )


def _slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Growth a second from the first to the last; None if there is but one."""
    if len(points) < 2:
        return None
    (begin, before), *_, (end, after) = points
    return (after - before) / (end - begin)


def _feed(client: DaemonClient, end: float, pace: float, say: Say | None) -> None:
    """Speak until `end`, `monotonic`, one utterance after the other."""
    while monotonic() < end:
        if say is None:
            _play_sound(client, end, pace)
        else:
            client.say(say).wait()


def _play_sound(client: DaemonClient, end: float, pace: float) -> None:
    stream = client.open()
    time = np.arange(round(PIECE_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    piece = (6_000 * np.sin(2 * np.pi * 200 * time)).astype("<i2").tobytes()
    with suppress(Halted):  # stopped while it waited for room
        while monotonic() < end:
            stream.feed(piece)
            sleep(PIECE_SECONDS / 2 / pace)
        stream.stop()


@contextmanager
def _daemon(path: Path, device: str, pace: float) -> Iterator[tuple[Path, psutil.Popen]]:
    name = device if pace == 1 else f"{NULL}:{pace:g}"
    environment = os.environ | {"ONSET_SOCKET": str(path), "ONSET_DEVICE": name}
    process = psutil.Popen(
        [sys.executable, "-P", "-m", "onset", "play"], env=environment, stderr=subprocess.DEVNULL
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
        yield path, process
    finally:
        process.terminate()
        process.wait(30)


def _cpu_seconds(process: psutil.Popen) -> float:
    times = process.cpu_times()
    return times.user + times.system
