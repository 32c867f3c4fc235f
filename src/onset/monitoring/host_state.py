"""What the machine tells of itself: its clock, how it is held back, whether it runs on a battery.

None: not known on this system.
"""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

QUOTA = Path("/sys/fs/cgroup/cpu.stat")
"""Of the control group that a container sees as its own (Linux, cgroup v2)."""

HEAT = Path("/sys/devices/system/cpu")
"""Has how often each core was slowed down for its heat (Linux on Intel)."""


@dataclass(frozen=True, slots=True)
class HostFigures:
    """hertz: of the processor now, the mean of its cores. quota_seconds: for how long the process
    was held back by a quota of its container, since that began. heat_events: how often a core was
    slowed down for its heat, since the machine began. on_battery: whether it is.
    """

    hertz: float | None = None
    quota_seconds: float | None = None
    heat_events: int | None = None
    on_battery: bool | None = None


def machine_name() -> str:
    """What machines are told apart by: system, kind of processor, number of cores."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def host_figures(quota: Path = QUOTA, heat: Path = HEAT) -> HostFigures:
    """Ask now. Takes a millisecond; any thread may."""
    return HostFigures(_hertz(), _quota_seconds(quota), _heat_events(heat), on_battery())


def on_battery() -> bool | None:
    """Whether the machine runs on its battery; None if it has none, or does not tell."""
    asked: Callable[[], object] | None = getattr(psutil, "sensors_battery", None)
    battery = _asked(asked) if asked is not None else None
    plugged = getattr(battery, "power_plugged", None)
    return None if plugged is None else not plugged


def _hertz() -> float | None:
    asked: Callable[[], object] | None = getattr(psutil, "cpu_freq", None)
    frequency = _asked(asked) if asked is not None else None
    megahertz = getattr(frequency, "current", None)
    return 1e6 * float(megahertz) if megahertz else None


def _asked(ask: Callable[[], object]) -> object:
    """What psutil answers; None where the system does not have it, which it tells in many ways."""
    try:
        return ask()
    except (OSError, NotImplementedError, RuntimeError, AttributeError):
        return None


def _quota_seconds(path: Path) -> float | None:
    try:
        fields = dict(line.split(maxsplit=1) for line in path.read_text().splitlines())
        return int(fields["throttled_usec"]) / 1e6
    except (OSError, KeyError, ValueError):
        return None


def _heat_events(folder: Path) -> int | None:
    counts = []
    for path in folder.glob("cpu[0-9]*/thermal_throttle/core_throttle_count"):
        try:
            counts.append(int(path.read_text()))
        except (OSError, ValueError):
            continue
    return sum(counts) if counts else None
