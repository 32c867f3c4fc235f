"""What the process tells of itself."""

import os
from time import process_time

from onset.monitoring.server_state import ProcessWatch
from speaking import Clock


def test_the_process_tells_its_memory_and_its_work() -> None:
    figures = ProcessWatch().look()
    assert figures.rss > 10_000_000 and figures.cpu > 0 and figures.started > 1_000_000_000
    assert figures.fds is None if os.name != "posix" else (figures.fds or 0) > 2


def test_ratios_count_from_the_last_look() -> None:
    clock = Clock()
    watch = ProcessWatch(clock)
    assert watch.look().cpu_ratio is None, "no time has passed"
    begin = process_time()
    while process_time() < begin + 0.1:
        pass
    clock.now += 0.2
    assert 0.4 < (watch.look().cpu_ratio or 0) < 1.5
