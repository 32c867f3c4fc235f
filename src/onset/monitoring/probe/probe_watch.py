"""When an idle server is measured, and what was found.

Figures of users' answers change with their texts and voices. A probe is the same on every day, so
that days can be compared; and the pace is measured anew, since what it was at the start may have
been the pace of a busy moment.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.host_state import on_battery
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.monitoring.server_state import ProcessWatch
from onset.protocol.performance_api import ProbeStatus

IDLE_SECONDS = 20.0
"""Without anybody before a probe, and between two of those that come soon after each other."""

FIRST_PROBES = 8
"""So soon after a start, so that it can be compared with the last one."""

BUSY_SHARE = 0.25
"""Of all cores, for other programs: from there on a probe says more of them than of the machine."""

SLOWER = 1.25
"""Times the fastest pace of this start: a probe that slow is doubted, and made again."""

KEPT_PROBES = 100


class ProbeWatch:
    """The probes of one server. Any thread may ask. interval: seconds between two; 0: there are
    none. plugged_out: whether the machine runs on a battery, where there are none either.
    """

    def __init__(
        self,
        interval: float,
        clock: Callable[[], float] = monotonic,
        plugged_out: Callable[[], bool | None] = on_battery,
        watch: ProcessWatch | None = None,
    ) -> None:
        self._interval, self._clock, self._plugged_out = interval, clock, plugged_out
        self._process, self._lock = watch or ProcessWatch(), Lock()
        self._records: deque[ProbeRecord] = deque(maxlen=KEPT_PROBES)
        self._busy_at = self._due_at = clock()
        self._made, self._noisy = 0, False
        self._wait, self._fastest = IDLE_SECONDS, float("inf")
        self.listeners: list[Callable[[ProbeRecord], None]] = []

    def add_answer(self, record: AnswerRecord) -> None:
        """An answer is over: the server was not idle."""
        if record.purpose != "probe":
            self._busy_at = self._clock()

    def look(self, active: int) -> bool:
        """Whether a probe is due now; asked every few seconds. active: streams for somebody."""
        now, others = self._clock(), self._process.look().others_ratio
        if active:
            self._busy_at = now
        noisy = others is not None and others > BUSY_SHARE
        # What was slow while others worked is not believed once they are done.
        again = self._noisy and not noisy
        idle = now - self._busy_at >= IDLE_SECONDS
        due = idle and (again or now >= self._due_at) and self._why_none() is None
        if due:
            self._noisy = noisy
        return due

    def add(self, record: ProbeRecord) -> None:
        """A probe was made."""
        with self._lock:
            self._records.append(record)
        pace = record.pace or self._fastest
        self._fastest, self._made = min(self._fastest, pace), self._made + 1
        slow = pace > SLOWER * self._fastest
        self._wait = min(2 * self._wait, self._interval) if slow else IDLE_SECONDS
        soon = slow or self._made < FIRST_PROBES
        self._due_at = self._clock() + (self._wait if soon else self._interval)
        for listener in self.listeners:
            listener(record)

    def records(self) -> list[ProbeRecord]:
        """The newest probes of this start, the newest last."""
        with self._lock:
            return list(self._records)

    def paces(self) -> list[float]:
        """What probes of this start measured."""
        return [record.pace for record in self.records() if record.pace is not None]

    def host_seconds(self) -> float | None:
        """The newest host probe."""
        return next((r.host for r in reversed(self.records()) if r.host is not None), None)

    def status(self) -> ProbeStatus:
        """For those who want to see what the server does by itself."""
        records = self.records()
        newest = records[-1] if records else None
        return ProbeStatus(
            off=self._why_none(),
            n=self._made,
            at=newest.at if newest else None,
            pace=newest.pace if newest else None,
            first_audio_ms=_milliseconds(newest.first_audio) if newest else None,
            host_ms=_milliseconds(newest.host) if newest else None,
        )

    def _why_none(self) -> str | None:
        if self._interval == 0:
            return "ONSET_PROBE_INTERVAL is 0"
        return "on battery" if self._plugged_out() else None


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 2)
