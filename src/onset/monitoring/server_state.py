"""What is asked of the server and its process when somebody looks, rather than counted."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import NamedTuple

import psutil

BEGINNINGS = "beginnings"
"""Name of the cache of first sentences, the only one of audio."""


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """One cache, since the start."""

    name: str
    hits: int
    misses: int
    entries: int

    @property
    def hit_ratio(self) -> float | None:
        """Hits of all looks; None before any."""
        looks = self.hits + self.misses
        return self.hits / looks if looks else None


@dataclass(frozen=True, slots=True)
class ServerState:
    """ready: whether it can speak. active: answers being made; awaited: of them those whose first
    bytes a listener waits for; backlog: seconds of audio that are still to be made; listeners: how
    many it keeps up with; pace: seconds of work for a second of speech; pace_kind: whether that was
    set, measured as the model was loaded, or while nobody was there (set, loaded, idle).
    history_dropped, history_bytes: as HistoryWriter has them. caches: of the engine. languages: how
    many are loaded. None: not known yet.
    """

    ready: bool = False
    failed: bool = False
    active: int = 0
    awaited: int = 0
    backlog: float | None = None
    listeners: int | None = None
    pace: float | None = None
    pace_kind: str | None = None
    history_dropped: int | None = None
    history_bytes: int | None = None
    caches: tuple[CacheFigures, ...] = ()
    languages: int = 0

    @property
    def pace_set(self) -> float | None:
        """The pace, if a setting gives it."""
        return self.pace if self.pace_kind == "set" else None


StateSource = Callable[[], ServerState]


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """Of this process. rss: bytes. cpu: seconds since it began. cpu_ratio: cores it kept busy since
    it was last asked, and host_cpu_ratio: share of all cores that all processes did. fds: open
    files. None: not known on this system, or not yet. others_ratio: share of all cores that other
    processes did.
    """

    rss: int
    cpu: float
    started: float
    cpu_ratio: float | None = None
    host_cpu_ratio: float | None = None
    fds: int | None = None
    others_ratio: float | None = None


class ProcessWatch:
    """Looks at this process; any thread may ask."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._process, self._clock, self._lock = psutil.Process(), clock, Lock()
        self._before = clock(), self._cpu_seconds(), _host_seconds()

    def look(self) -> ProcessFigures:
        """The figures now; ratios count from the last look."""
        with self._lock:
            now, cpu, host = self._clock(), self._cpu_seconds(), _host_seconds()
            (then, before, host_before), self._before = self._before, (now, cpu, host)
            passed, spent = now - then, cpu - before
            busy, total = host.busy - host_before.busy, host.total - host_before.total
            return ProcessFigures(
                rss=self._process.memory_info().rss,
                cpu=cpu,
                started=self._process.create_time(),
                cpu_ratio=spent / passed if passed > 0 else None,
                host_cpu_ratio=busy / total if total > 0 else None,
                fds=self._process.num_fds() if os.name == "posix" else None,
                others_ratio=max(0.0, busy - spent) / total if total > 0 else None,
            )

    def _cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system


class _HostSeconds(NamedTuple):
    """Of all cores together, since the machine began."""

    busy: float
    total: float


def _host_seconds() -> _HostSeconds:
    # Not psutil.cpu_percent, which counts from the last call of the same thread.
    times = psutil.cpu_times()
    # Those of guests are in `user` and `nice` as well.
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return _HostSeconds(total - times.idle - getattr(times, "iowait", 0.0), total)
