"""Competing load: a process that takes a share of one core (`python -m onset.playback.load 0.7`).

It ends with its input, so with whoever started it. Knows nothing of what is measured beside it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, process_time, sleep

SLICE = 0.01
"""Seconds of a rest: short against what is competed with, long against the clock."""


@contextmanager
def competing(share: float) -> Iterator[list[int]]:
    """Have a process for each core take that share of it; their ids. None for a share of 0."""
    command = [sys.executable, "-m", "onset.playback.cpu_load", str(share)]
    count = (os.cpu_count() or 1) if share else 0
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(count)]
    try:
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


def burn(share: float) -> None:
    """Compute and rest, for ever: so much of the time as computed, or as much as there is."""
    begun, spent = monotonic(), process_time()
    while True:
        if process_time() - spent > share * (monotonic() - begun):
            sleep(SLICE)
        else:
            sum(range(10_000))


def main() -> None:
    """Until the input ends."""
    Thread(target=burn, args=(float(sys.argv[1]),), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
