"""Competing load: a process that takes a share of one core and ends with its input."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, process_time, sleep

import psutil

SLICE = 0.01
"""Seconds of one rest: short against the work beside it, long against the clock."""


@contextmanager
def competing(share: float) -> Iterator[list[psutil.Popen]]:
    """Run a process for each core that takes this share of it, none for 0."""
    command = [sys.executable, "-P", "-m", "onset.playback.cpu_load", str(share)]
    count = (os.cpu_count() or 1) if share else 0
    processes = [psutil.Popen(command, stdin=subprocess.PIPE) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.stdin.close()
            process.wait()


def burn(share: float) -> None:
    """Compute for this share of the time and rest otherwise, for ever."""
    begun, spent = monotonic(), process_time()
    while True:
        if process_time() - spent > share * (monotonic() - begun):
            sleep(SLICE)
        else:
            sum(range(10_000))


if __name__ == "__main__":
    Thread(target=burn, args=(float(sys.argv[1]),), daemon=True).start()
    sys.stdin.read()
