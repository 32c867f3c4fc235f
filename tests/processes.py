"""Processes that tests start, which never outlive the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen
from typing import AnyStr


@contextmanager
def killed_at_the_end(process: Popen[AnyStr]) -> Iterator[Popen[AnyStr]]:
    """The process; if it still runs at the end, as after a failed assertion, it is killed."""
    with process:
        try:
            yield process
        finally:
            process.kill()
