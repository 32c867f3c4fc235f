"""How a command was typed, and how it ends: a signal leaves no process behind."""

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def command_line() -> str:
    """The command as it was typed, without the path of the program."""
    return shlex.join(["onset", *sys.argv[1:]])


@contextmanager
def orderly_end() -> Iterator[None]:
    """Let SIGTERM unwind the blocks, as Ctrl-C does, so that no process stays behind."""

    def leave(signum: int, frame: FrameType | None) -> None:
        sys.exit(128 + signum)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
