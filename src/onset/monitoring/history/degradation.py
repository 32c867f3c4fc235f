"""Since when something is slower: steps in what the idle probes measured, over weeks.

Medians of eight hours over thirty days, looked at by `stats.changepoints` whenever eight hours are
over; a step is told when two looks in a row see it. `onset alerts --simulate` prints how often that
tells of a step where there is none, and how long it takes to tell of one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onset.monitoring.probe.probe_comparison import StartProbes
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.stats.changepoints import ChangePoint, change_points
from onset.stats.quantiles import median

LOOK_SECONDS, LOOKS = 8 * 3600.0, 90
"""Between two looks, and so many of them are looked at: 30 days."""

NEAR = 2
"""Medians by which two looks may differ on where the step is."""

TOLD_DAYS = 14
"""For as long a step is told: by then it is known, or it is how things are."""

SERIES: Mapping[str, Callable[[ProbeRecord], float | None]] = {
    "first sound": lambda probe: probe.first_audio,
    "front": lambda probe: probe.front,
    "pace": lambda probe: probe.pace,
    "other work": lambda probe: probe.host,
    "memory": lambda probe: probe.rss,
}
"""What is watched."""


@dataclass(frozen=True, slots=True)
class Degradation:
    """A step to the worse. at: Unix time of the first median after it; ratio: after over before.

    versions: of the server, before and after it.
    """

    series: str
    at: float
    ratio: float
    versions: tuple[str, str]

    @property
    def evidence(self) -> str:
        """In words."""
        when = datetime.fromtimestamp(self.at).strftime("%Y-%m-%d %H:%M")
        old, new = self.versions
        change = f"version {old}" if old == new else f"version {new} after {old}"
        return f"{self.series} {100 * (self.ratio - 1):+.0f} % since {when} ({change})"


def confirmed_step(now: Sequence[ChangePoint], before: Sequence[ChangePoint]) -> ChangePoint | None:
    """The last step, if the look before saw it too; in indices of the same series."""
    if not now:
        return None
    last = now[-1]
    return last if any(abs(last.index - step.index) <= NEAR for step in before) else None


def eight_hour_medians(
    starts: Sequence[StartProbes], value: Callable[[ProbeRecord], float | None], now: float
) -> list[tuple[float, float]]:
    """When each begins, and the median: the newest LOOKS that are over and had a probe."""
    parts: dict[int, list[float]] = {}
    for start in starts:
        for probe in start.probes:
            measured = value(probe)
            if measured is not None and measured > 0:
                parts.setdefault(int(probe.at / LOOK_SECONDS), []).append(measured)
    over = sorted(part for part in parts if (part + 1) * LOOK_SECONDS <= now)[-LOOKS:]
    return [(part * LOOK_SECONDS, median(parts[part]) or 0.0) for part in over]


def degradations(starts: Sequence[StartProbes], now: float) -> list[Degradation]:
    """All that got worse and was told lately. starts: of this machine, the newest last."""
    found = []
    for name, value in SERIES.items():
        medians = eight_hour_medians(starts, value, now)
        values = [middle for _, middle in medians]
        step = confirmed_step(change_points(values), change_points(values[:-1]))
        if step is None or step.ratio <= 1:
            continue
        at = medians[step.index][0]
        if now - at <= TOLD_DAYS * 86_400:
            found.append(Degradation(name, at, step.ratio, _versions(starts, at)))
    return found


def _versions(starts: Sequence[StartProbes], at: float) -> tuple[str, str]:
    old = [start.version for start in starts for probe in start.probes if probe.at < at]
    new = [start.version for start in starts for probe in start.probes if probe.at >= at]
    return (old or new)[-1], new[0]
