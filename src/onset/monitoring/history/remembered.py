"""What a running server takes from its history now and then: for alerts and recommendations."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import time

from onset.monitoring.history.degradation import LOOK_SECONDS, LOOKS, Degradation, degradations
from onset.monitoring.history.history_reader import cold_languages
from onset.monitoring.history.history_store import FAULTS, HistoryStore
from onset.monitoring.host_state import machine_name
from onset.monitoring.probe.probe_comparison import StartProbes
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.monitoring.recommendations.live_recommendations import COLD_DAYS, ColdLanguage


class Remembered:
    """Read by `refresh`, in any thread; nothing until then, or where there is no history."""

    def __init__(self, path: Path | None, version: str) -> None:
        self.cold: list[ColdLanguage] = []
        self.degraded: list[Degradation] = []
        self._path, self._version, self._begun_at = path, version, time()
        self._past: list[StartProbes] = []
        self._looked_at = -1

    def refresh(self, current: Sequence[ProbeRecord], now: float) -> None:
        """Read the history. current: the probes of this start. Takes some tens of milliseconds."""
        if self._path is None:
            return
        self.cold = cold_languages(self._path, COLD_DAYS)
        self._past = past_probes(self._path, now - LOOKS * LOOK_SECONDS, self._begun_at)
        if int(now / LOOK_SECONDS) != self._looked_at:
            self._looked_at = int(now / LOOK_SECONDS)
            self.degraded = degradations(self.starts(current), now)

    def starts(self, current: Sequence[ProbeRecord]) -> list[StartProbes]:
        """Starts of this server on this machine that had probes, the newest last: this one."""
        return [*self._past, StartProbes(self._version, current)]


def past_probes(path: Path, since: float, until: float) -> list[StartProbes]:
    """The probes of this machine in that time, by start; nothing if that cannot be read."""
    if not path.exists():
        return []
    try:
        with closing(HistoryStore(path)) as store:
            starts = {start.id: start for start in store.starts()}
            rows = store.probes(since)
    except FAULTS:
        return []
    here = machine_name()
    found: dict[int, list[ProbeRecord]] = {}
    for number, probe in rows:
        if probe.at < until and number in starts and starts[number].machine == here:
            found.setdefault(number, []).append(probe)
    return [StartProbes(starts[number].version, probes) for number, probes in found.items()]
