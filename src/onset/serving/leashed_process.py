"""`python -m onset.serving.leashed_process COMMAND`: a process that ends with who started it.

Its standard input is a pipe that nobody writes to: when the other end is gone, killed perhaps, so
is the command, with all that it started.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from threading import Thread

STOP_SECONDS = 8.0
"""How long the command may take to end when it is told to, before it is killed."""


def command_line(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` on a leash."""
    return [sys.executable, "-P", "-m", "onset.serving.leashed_process", *command]


def run(command: Sequence[str]) -> int:
    """Run the command; its exit code."""
    # Told to end by the pipe, and only so. To ignore the signal would go on to the command.
    signal.signal(signal.SIGTERM, lambda *_: None)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    Thread(target=_watch, args=(process,), daemon=True).start()
    return process.wait()


def _watch(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
