"""Marks and the stages between them."""

from onset.trace import Trace


def test_stages_add_up_to_the_time_until_the_mark() -> None:
    trace = Trace([("start", 0), ("phonemes", 3_000_000), ("front", 10_000_000)])
    assert trace.stages("phonemes") == {"phonemes": 0.003}
    assert trace.stages("front") == {"phonemes": 0.003, "front": 0.007}


def test_stages_of_one_name_add_up() -> None:
    trace = Trace([("start", 0), ("a", 1_000_000_000), ("a", 3_000_000_000), ("b", 4_000_000_000)])
    assert trace.stages("b") == {"a": 3.0, "b": 1.0}


def test_what_never_happened_is_none_not_zero() -> None:
    assert Trace().stages("generator") is None


def test_marks_are_in_order() -> None:
    trace = Trace()
    trace.mark("a")
    trace.mark("b")
    assert [name for name, _ in trace.marks] == ["start", "a", "b"]
    assert sorted(at for _, at in trace.marks) == [at for _, at in trace.marks]
