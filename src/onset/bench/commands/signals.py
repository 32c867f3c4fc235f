"""The two ends of a command: how it was typed, and that it leaves nothing behind.

Knows nothing of what any command does.
"""

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def command_line() -> str:
    """As it was typed, but for the place of the program."""
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
