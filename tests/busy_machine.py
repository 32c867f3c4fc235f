"""Times are only judged on a machine that has time: others are told, and the test is skipped."""

import os
from collections.abc import Sequence
from statistics import median

import pytest

MOST_WORK = 1.5
"""Programs that want a core, for each core there is."""


def judge(what: str, milliseconds: Sequence[float], most: float) -> None:
    """Assert that the median is at most `most`, unless others take the machine."""
    told = f"{what}: {[round(each) for each in milliseconds]} ms"
    print(f"\n{told}")
    if median(milliseconds) <= most:
        return
    wanted = os.getloadavg()[0] / (os.cpu_count() or 1)
    if wanted > MOST_WORK:
        pytest.skip(f"this machine is too busy to judge by ({wanted:.1f} a core): {told}")
    raise AssertionError(f"{told}, at most {most:g}")
