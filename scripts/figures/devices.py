"""miniaudio against sounddevice on a sound server of our own: `python scripts/figures/devices.py`.

Starts PulseAudio with a null sink and plays the same through both, in turn, each in a process of
its own. Prints for both: how long after the callback the sink's monitor had the sound, the CPU of
the process, breaks in what was recorded, errors. Ends with one line of JSON for machines. Needs
Debian's pulseaudio, pulseaudio-utils, libasound2-plugins and libportaudio2, and the extra
`devices`; it says what is missing.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter_ns, process_time, sleep
from typing import Annotated, Any

import miniaudio
import numpy as np
import typer

from onset.bench.run.fingerprint import environment
from onset.playback.device import SoundDevice
from onset.stats.quantiles import median
from onset.types import Floats

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from sound_server import Recording, SoundServer, missing, recording, sound_server

RATE = 24_000
BLOCK = 600
"""Frames of sounddevice's callback, 25 ms; miniaudio is asked for what PulseAudio asks for."""

LEAD = 0.5
"""Seconds of silence before the sound: what starting costs is not its latency."""

FOOT, TOP = 1_000, 21_000
"""The sound is a ramp between these, one step a sample: whatever is missing or added shows."""

STEPS = 3
"""A larger difference than this between neighbours is a break, but for the ramp's own."""

APART = 0.005
"""Seconds within which broken samples are one break."""

LIBRARIES = ("miniaudio", "sounddevice")


class Ramp:
    """Fills blocks, and notes when the first sample of the ramp was taken, `perf_counter_ns`."""

    def __init__(self) -> None:
        self.begun_ns: int | None = None
        self.errors: list[str] = []
        self._given = 0
        self._lead = round(LEAD * RATE)

    def fill(self, block: Floats, _: float = 0.0) -> None:
        """The next samples."""
        number = np.arange(self._given, self._given + len(block)) - self._lead
        if self.begun_ns is None and number[-1] >= 0:
            into = max(0, -int(number[0]))
            self.begun_ns = perf_counter_ns() + round(into / RATE * 1e9)
        block[:] = np.where(number < 0, 0, FOOT + number % (TOP - FOOT)) / np.float32(32768)
        self._given += len(block)


def through_miniaudio(ramp: Ramp) -> Callable[[], None]:
    """Play as the daemon does; what ends it."""
    device = SoundDevice([miniaudio.Backend.PULSEAUDIO], RATE)
    device.start(ramp.fill)
    return device.close


def through_sounddevice(ramp: Ramp) -> Callable[[], None]:
    """Play by PortAudio through ALSA's plugin; what ends it."""
    import sounddevice  # noqa: PLC0415  of the extra `devices`

    def callback(out: Any, frames: int, times: Any, status: Any) -> None:
        if status:
            ramp.errors.append(str(status))
        ramp.fill(out[:, 0])

    names = [device["name"] for device in sounddevice.query_devices()]
    stream = sounddevice.OutputStream(
        samplerate=RATE,
        channels=1,
        dtype="float32",
        blocksize=BLOCK,
        latency="low",
        device="pulse" if "pulse" in names else None,
        callback=callback,
    )
    stream.start()
    close: Callable[[], None] = stream.close
    return close


def play(library: str, seconds: float) -> None:
    """The process that plays: a line of JSON about itself."""
    ramp = Ramp()
    close = (through_miniaudio if library == "miniaudio" else through_sounddevice)(ramp)
    sleep(LEAD)
    before = process_time()
    Event().wait(seconds)
    spent = process_time() - before
    close()
    told = {"begun_ns": ramp.begun_ns, "cpu": spent / seconds, "errors": ramp.errors}
    print(json.dumps(told))


def breaks(samples: Any) -> int:
    """How often the ramp was broken in what was recorded."""
    loud = np.flatnonzero(samples > FOOT // 2)
    if not len(loud):
        return 0
    steps = np.diff(samples[loud[0] : loud[-1] + 1].astype(int))
    own = np.abs(steps + TOP - FOOT) <= STEPS
    at = np.flatnonzero((np.abs(steps) > STEPS) & ~own)
    return int(len(at) and 1 + (np.diff(at) > APART * RATE).sum())


def one(server: SoundServer, library: str, seconds: float) -> dict[str, Any]:
    """One play of one library. Raises RuntimeError if it could not."""
    with recording(server) as made:
        done = subprocess.run(
            [sys.executable, __file__, "--player", library, "--seconds", str(seconds)],
            env={**os.environ, **server.environment},
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=False,
        )
        sleep(0.3)
        if done.returncode:
            raise RuntimeError(f"{library}: {done.stderr.strip().splitlines()[-1:]}")
        return judged(made, json.loads(done.stdout.splitlines()[-1]), done.stderr)


def judged(made: Recording, told: dict[str, Any], written: str) -> dict[str, Any]:
    """What the recording says about a play."""
    samples = made.samples
    loud = np.flatnonzero(samples > FOOT // 2)
    heard_ns = made.time_of(int(loud[0])) if len(loud) else None
    late = None if heard_ns is None else (heard_ns - told["begun_ns"]) / 1e6
    errors = [*told["errors"], *written.strip().splitlines()]
    return {
        "latency_ms": late,
        "cpu_percent": 100 * told["cpu"],
        "breaks": breaks(samples),
        "errors": errors,
    }


def summed(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The runs of one library: medians, and sums of what should not be."""
    return {
        "runs": len(runs),
        "latency_ms": _rounded(median([run["latency_ms"] for run in runs]), 1),
        "cpu_percent": _rounded(median([run["cpu_percent"] for run in runs]), 2),
        "breaks": sum(run["breaks"] for run in runs),
        "errors": sum(len(run["errors"]) for run in runs),
        "first_error": next((run["errors"][0] for run in runs if run["errors"]), None),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def main(
    rounds: Annotated[int, typer.Option(help="Plays of each.")] = 5,
    seconds: Annotated[float, typer.Option(help="Of each play.")] = 6.0,
    player: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Play in turn and compare."""
    if player is not None:
        play(player, seconds)
        return
    if (reason := missing()) is not None:
        raise SystemExit(f"There is no PulseAudio here: {reason}.")
    libraries = [name for name in LIBRARIES if find_spec(name) is not None]
    if "sounddevice" not in libraries:
        print("sounddevice is not installed, so there is no comparison: pip install -e .[devices]")
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in libraries}
    with TemporaryDirectory() as folder, sound_server(Path(folder), RATE) as server:
        for number in range(rounds):
            for name in libraries[:: 1 if number % 2 else -1]:
                runs[name].append(one(server, name, seconds))
    found = {name: summed(runs[name]) for name in libraries}
    for name in libraries:
        print(f"{name:12}", *(f"{key} {value}" for key, value in found[name].items()), sep="  ")
    print(
        json.dumps(
            {"schema": 1, "measure": "devices", **verdict(found), "sides": found}
            | {"environment": environment()}
        )
    )


def verdict(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Who is better in what, printed too."""
    keys = ("latency_ms", "cpu_percent", "breaks", "errors")
    if len(found) < 2 or any(side[key] is None for side in found.values() for key in keys):
        print("No verdict: not everything could be measured.")
        return {"better": None}
    ours, theirs = (found[name] for name in LIBRARIES)
    better = {
        key: next(
            (
                n
                for n, a, b in (("miniaudio", ours, theirs), ("sounddevice", theirs, ours))
                if a[key] < b[key]
            ),
            "neither",
        )
        for key in keys
    }
    for key in ("latency_ms", "cpu_percent"):
        print(f"{key}: sounddevice over miniaudio {theirs[key] / max(ours[key], 1e-9):.1f}")
    print("Better:", ", ".join(f"{key} {name}" for key, name in better.items()))
    return {"better": better}


if __name__ == "__main__":
    typer.run(main)
