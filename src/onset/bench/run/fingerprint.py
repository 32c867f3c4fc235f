"""The machine and software of a run: what decides whether two results may be compared."""

import hashlib
import json
import os
import platform
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import get_clock_info

import psutil

from onset.bench.records.plan import Arm
from onset.bench.records.run_folder import Fingerprint

PACKAGES = ("onset-tts", "onnxruntime", "numpy", "httpx", "kokoro-onnx", "piper-tts", "hibari-tts")


def environment() -> dict[str, object]:
    """What is true during the whole run. Sizes in the keys' units; None is unknown."""
    cores = _affinity()
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "cores_usable": cores and len(cores),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in PACKAGES},
        "started_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average_before": psutil.getloadavg(),
    }


def fingerprint(arms: Sequence[Arm]) -> Fingerprint:
    """What two runs must have in common to be compared, and what they may differ in."""
    facts = environment()
    other = {name: facts.pop(name) for name in ("started_utc", "load_average_before")}
    comparable = facts | {
        "memory_bytes": psutil.virtual_memory().total,
        "kernel": platform.release(),
        "virtualisation": _text("/sys/class/dmi/id/product_name"),
        "clock": get_clock_info("perf_counter").implementation,
        "cpu_quota": _text("/sys/fs/cgroup/cpu.max"),
        "governor": _text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "settings": {
            name: value
            for name, value in os.environ.items()
            if name.startswith("ONSET_") and "KEY" not in name  # no key is written down
        },
        "arms": [{"name": arm.name, "settings": arm.settings, "voice": arm.voice} for arm in arms],
    }
    other |= {
        "affinity": _affinity(),
        "swap_used_bytes": psutil.swap_memory().used,
        "boot_utc": datetime.fromtimestamp(psutil.boot_time(), UTC).isoformat(timespec="seconds"),
    }
    written = json.dumps(comparable, sort_keys=True).encode()
    return Fingerprint(1, hashlib.sha256(written).hexdigest(), comparable, other)


def _cpu_name() -> str:
    """The processor's model as the system calls it."""
    if (text := _text("/proc/cpuinfo")) is None:
        return platform.processor() or platform.machine()
    names = re.findall(r"^model name\s*:\s*(.*?)\s*$", text, re.MULTILINE)
    return names[0] if names else platform.machine()


def _text(path: str) -> str | None:
    """A small file of the system, None where it is not there or not for us."""
    with suppress(OSError):
        return Path(path).read_text().strip()
    return None


def _affinity() -> list[int] | None:
    """Cores that are ours, in a container fewer than the machine has; macOS cannot say."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else None


def _version(package: str) -> str | None:
    with suppress(PackageNotFoundError):
        return version(package)
    return None
