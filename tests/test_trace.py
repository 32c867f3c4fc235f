"""Marks and the stages between them."""

from collections.abc import Iterator

from onset.trace import FIRST_SAMPLES, Trace

SECOND = 1_000_000_000


def at(*seconds: float) -> Trace:
    """A trace whose clock shows these seconds, one after another."""
    moments: Iterator[float] = iter(seconds)
    return Trace(lambda: round(SECOND * next(moments)))


def test_stages_add_up_to_the_time_until_the_first_samples() -> None:
    trace = at(0, 3, 10, 11)
    trace.mark("phonemes")
    trace.mark("front")
    assert trace.stages() is None
    trace.mark(FIRST_SAMPLES)
    assert trace.stages() == {"phonemes": 3, "front": 7, FIRST_SAMPLES: 1}


def test_stages_of_one_name_add_up() -> None:
    trace = at(0, 1, 3, 4, 5, 6)
    for name in ("queue", "refine", "queue", "refine", FIRST_SAMPLES):
        trace.mark(name)
    assert trace.stages() == {"queue": 2, "refine": 3, FIRST_SAMPLES: 1}


def test_what_never_happened_is_none_not_zero() -> None:
    assert Trace().stages() is None


def test_nothing_is_kept_after_the_first_samples() -> None:
    trace = Trace()
    trace.mark(FIRST_SAMPLES)
    before = trace.stages()
    for n in range(1000):
        trace.mark(FIRST_SAMPLES)
        trace.mark(f"later {n}")
        trace.restart()
    assert trace.stages() == before and len(before or ()) == 1


def test_a_restart_forgets_the_wait_for_text() -> None:
    trace = at(0, 5, 6, 7)
    trace.mark("queue")
    trace.restart()
    trace.mark(FIRST_SAMPLES)
    assert (trace.made_ns, trace.start_ns) == (0, 6 * SECOND)
    assert trace.stages() == {FIRST_SAMPLES: 1}


def test_moments_are_those_of_a_clock() -> None:
    trace = Trace()
    trace.mark("front")
    trace.mark(FIRST_SAMPLES)
    assert min((trace.stages() or {}).values()) >= 0
