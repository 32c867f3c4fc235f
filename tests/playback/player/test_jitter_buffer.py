"""The jitter buffer: no wait where none is needed, enough where one is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.playback.player.jitter_buffer import (
    LONGEST_WAIT,
    REBUFFER,
    JitterBuffer,
    PrebufferHistory,
)


def play(buffer: JitterBuffer, arrivals: list[tuple[float, float]]) -> float:
    """Play (seconds, audio seconds) to the end as a player would; when it began."""
    now = began = played = arrived = 0.0
    left = list(arrivals)
    step = 0.005
    while left or arrived - played > step / 2:
        while left and left[0][0] <= now:
            _, seconds = left.pop(0)
            buffer.arrive(now, seconds)
            arrived += seconds
        if buffer.ready(now, arrived - played, complete=not left):
            began = began or now
            played += step
            if played > arrived and left:
                played = arrived
                buffer.ran_dry(now)
        now += step
    return began


def even(pace: float, count: int = 200, piece: float = 0.05) -> list[tuple[float, float]]:
    """Pieces that come `pace` times as fast as they are played."""
    return [(i * piece / pace, piece) for i in range(count)]


@settings(max_examples=30)
@given(st.floats(1.2, 20.0))
def test_a_server_that_keeps_up_is_not_waited_for(pace: float) -> None:
    buffer = JitterBuffer(PrebufferHistory())
    assert play(buffer, even(pace)) <= 0.005
    assert buffer.counters.stalls == 0
    assert buffer.counters.chosen == 0.0


def test_after_an_underrun_it_waits_for_what_the_pace_asks() -> None:
    buffer = JitterBuffer(PrebufferHistory())
    play(buffer, even(0.8))
    assert 1 <= buffer.counters.stalls <= 3
    assert buffer.counters.stalled > REBUFFER


def test_one_hole_costs_one_stall() -> None:
    arrivals = even(2.0)
    holed = [(at if at < 1 else at + 3.0, seconds) for at, seconds in arrivals]
    buffer = JitterBuffer(PrebufferHistory())
    play(buffer, holed)
    assert buffer.counters.stalls == 1
    assert buffer.counters.longest == pytest.approx(buffer.counters.stalled)


def test_a_source_that_was_late_twice_is_waited_for() -> None:
    pace = PrebufferHistory()
    for _ in range(2):
        late = JitterBuffer(pace)
        play(late, [(0.0, 0.1), *((0.6 + at, s) for at, s in even(2.0))])
        late.finish(remember=True)
    assert pace.need == pytest.approx(0.5, abs=0.02)
    careful = JitterBuffer(pace)
    play(careful, [(0.0, 0.1), *((0.6 + at, s) for at, s in even(2.0))])
    assert careful.counters.stalls == 0
    assert careful.counters.chosen is not None
    assert pace.need <= careful.counters.chosen <= LONGEST_WAIT


def test_what_is_not_known_yet_counts_as_coming_just_in_time() -> None:
    """A device that takes 15 ms at once and keeps 10 wants the second piece 25 ms early."""
    pieces = [(0.0, 0.065), *((0.058 + 0.06 * i, 0.1) for i in range(20))]
    pace = PrebufferHistory()
    for _ in range(3):
        buffer = JitterBuffer(pace, slack=0.025)
        began = play(buffer, pieces)
        assert began <= 0.03
        assert buffer.counters.chosen == pytest.approx(buffer.delay(), abs=0.001)
        buffer.finish(remember=True)
    assert pace.need == pytest.approx(-0.005, abs=1e-6)


def test_a_source_that_is_early_is_not_waited_for_once_it_is_known() -> None:
    pace = PrebufferHistory()
    for _ in range(2):
        buffer = JitterBuffer(pace, slack=0.025)
        play(buffer, even(3.0))
        buffer.finish(remember=True)
    buffer = JitterBuffer(pace, slack=0.025)
    assert buffer.delay() == 0.0
    assert play(buffer, even(3.0)) <= 0.005


def test_plenty_is_not_waited_with() -> None:
    buffer = JitterBuffer(PrebufferHistory(), slack=0.025)
    buffer.arrive(0.0, 0.5)
    assert buffer.ready(0.0, 0.5, complete=False)


def test_what_others_held_up_is_not_remembered() -> None:
    pace = PrebufferHistory()
    buffer = JitterBuffer(pace)
    play(buffer, even(0.5))
    buffer.finish(remember=False)
    assert pace.need == 0.0


@settings(max_examples=30)
@given(st.floats(0.01, 1.0))
def test_no_wait_is_longer_than_a_listener_bears(pace: float) -> None:
    buffer = JitterBuffer(PrebufferHistory())
    for at, seconds in even(pace, 40):
        buffer.arrive(at, seconds)
    assert buffer.wanted() <= LONGEST_WAIT


@settings(max_examples=20)
@given(st.floats(0.05, 0.9))
def test_no_silence_is_longer_than_a_listener_bears_where_there_is_something(pace: float) -> None:
    buffer = JitterBuffer(PrebufferHistory())
    play(buffer, even(pace, 100))
    piece = 0.05 / pace
    assert buffer.counters.longest <= max(LONGEST_WAIT, REBUFFER / pace) + piece + 0.01


def test_a_silence_that_somebody_ends_was_a_stall() -> None:
    buffer = JitterBuffer(PrebufferHistory())
    buffer.arrive(0.0, 0.1)
    assert buffer.ready(0.0, 0.1, complete=False)
    buffer.ran_dry(0.2)
    assert buffer.dry_for(1.2) == 1.0
    buffer.end_stall(2.2)
    buffer.end_stall(3.2)
    assert (buffer.counters.stalls, buffer.counters.stalled) == (1, 2.0)
    assert buffer.dry_for(4.2) == 0.0


def test_the_end_does_not_wait() -> None:
    pace = PrebufferHistory()
    pace.remember(2.0)
    pace.remember(2.0)
    buffer = JitterBuffer(pace)
    buffer.arrive(0.0, 0.2)
    assert not buffer.ready(0.0, 0.2, complete=False)
    assert buffer.ready(0.0, 0.2, complete=True)
