"""Pauses for collecting garbage are noted, and counted later."""

import gc

from onset.monitoring.metrics.gc_watch import MOST_PAUSES, GcWatch


def test_pauses_are_noted_while_it_watches() -> None:
    watch = GcWatch()
    gc.collect()
    assert watch.take() == []
    watch.start()
    gc.collect()
    pauses = watch.take()
    assert len(pauses) >= 1 and all(0 < pause < 5 for pause in pauses)
    watch.close()
    watch.take()
    gc.collect()
    assert watch.take() == []
    watch.close()


def test_what_nobody_asks_for_is_bounded() -> None:
    watch = GcWatch()
    for _ in range(2 * MOST_PAUSES):
        watch._note("start", {})
        watch._note("stop", {})
    assert len(watch.take()) == MOST_PAUSES
