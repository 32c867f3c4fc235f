"""Whether there is memory for a library that does not look whether it got any."""

import mmap

from onset.errors import OutOfMemory

ROOM = 32 << 20
"""Bytes of address space. A codec of FFmpeg takes 13 to 25 MB with its threads, and crashes in one
of some hundred requests where it gets none. To look takes 10 us: no page is touched."""


def require_memory(size: int = ROOM) -> None:
    """Raises OutOfMemory if the system would not give so many bytes now."""
    try:
        mmap.mmap(-1, size).close()
    except OSError as error:
        raise OutOfMemory from error
