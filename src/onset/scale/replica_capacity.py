"""How many listeners an engine of this machine keeps up with: `-m onset.scale.replica_capacity`.

It speaks the sentence that every server speaks before its first listener, and tells what admission
makes of its cost (serving/scheduling/admission.py). A busy machine makes it fewer, never more.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import AssetError
from onset.scale.replica_limits import replica_settings
from onset.serving.scheduling.scheduler import WARM_UP, Scheduler

LONGEST = 600.0
"""Seconds in which an engine is loaded; the first time its graphs are cut."""


def listeners_of(load: Callable[[], Engine]) -> int:
    """How many an engine keeps up with, at least one. Raises what loading raised."""
    scheduler = Scheduler(load, max_streams=1, warm_up=WARM_UP)
    scheduler.start()
    try:
        while not scheduler.ready:
            if scheduler.failure is not None:
                raise scheduler.failure
            time.sleep(0.05)
        return scheduler.listeners or 1
    finally:
        scheduler.close()


def measured_listeners() -> int:
    """The same of the engine of ONSET_*, in a process that gives its memory back.

    Raises AssetError with what it said if it fails.
    """
    command = [sys.executable, "-P", "-m", "onset.scale.replica_capacity"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().rpartition("\n")[2]
        raise AssetError(f"The capacity of a replica could not be measured: {last}")
    return int(done.stdout.split()[-1])


if __name__ == "__main__":
    print(listeners_of(partial(Engine, replica_settings(load_settings()))))
