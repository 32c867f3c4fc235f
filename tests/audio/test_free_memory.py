"""Where there is no memory left that is said, before a codec writes where it got none."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psutil
import pytest

from onset.audio.compressed import CODECS, Codec, CompressedEncoder
from onset.audio.free_memory import ROOM, require_memory
from onset.errors import OutOfMemory

SOUND = np.zeros(4800, np.float32)


@contextmanager
def left(room: int) -> Iterator[None]:
    """This process may take so many bytes more within the block."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    taken = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (taken + room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_room_is_seen_and_its_want() -> None:
    with left(ROOM // 2), pytest.raises(OutOfMemory):
        require_memory()
    with left(ROOM // 2):
        require_memory(ROOM // 4)
    require_memory()


@pytest.mark.parametrize("codec", CODECS.values(), ids=list(CODECS))
def test_no_codec_is_opened_fed_or_ended_without_memory(codec: Codec) -> None:
    encoder = CompressedEncoder(codec)
    encoder.feed(SOUND)
    with left(ROOM // 2):
        with pytest.raises(OutOfMemory):
            CompressedEncoder(codec)
        with pytest.raises(OutOfMemory):
            encoder.feed(SOUND)
        with pytest.raises(OutOfMemory):
            encoder.finish()
    assert encoder.feed(SOUND) + encoder.finish()
