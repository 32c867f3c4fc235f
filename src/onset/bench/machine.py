"""The machine a run was made on: what decides whether two results may be compared.

Knows nothing of the results.
"""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from subprocess import run

PACKAGES = ("onset-tts", "onnxruntime", "numpy", "httpx", "kokoro-onnx", "piper-tts")


def environment() -> dict[str, object]:
    """What is true during the whole run. Sizes in the keys' units; None is unknown."""
    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "cores_usable": _usable_cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": _versions(),
        "started_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average_before": load_average(),
    }


def load_average() -> tuple[float, float, float] | None:
    """Of 1, 5 and 15 minutes; None where the system has none."""
    try:
        return os.getloadavg()
    except (AttributeError, OSError):
        return None


def cpu_name() -> str:
    """The processor's model as the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def resident_bytes(pid: int) -> int | None:
    """Resident set of another process in bytes; None when there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        if Path("/proc/self/statm").exists():
            return None
    # No procfs (macOS): ps tells in KiB.
    told = run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(told.stdout) * 1024 if told.stdout.strip() else None


def _usable_cores() -> int | None:
    # The container may own fewer cores than the machine has; macOS cannot say.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else None


def _versions() -> Mapping[str, str | None]:
    return {package: _version(package) for package in PACKAGES}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
