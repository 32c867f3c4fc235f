"""Competing load is there for the block, and gone after it."""

import os

import psutil
import pytest

from fakes import eventually
from onset.playback.cpu_load import competing


def test_each_core_has_its_process_which_computes_and_ends_with_the_block() -> None:
    with competing(0.3) as others:
        assert len(others) == os.cpu_count()
        eventually(lambda: all(other.cpu_times().user > 0.05 for other in others), 60)
    assert not any(psutil.pid_exists(other.pid) for other in others)


@pytest.mark.parametrize("share", [0, 0.0])
def test_no_load_is_no_process(share: float) -> None:
    with competing(share) as others:
        assert others == []
