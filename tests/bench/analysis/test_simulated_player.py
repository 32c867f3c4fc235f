"""The simulated player: every stall found, none invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.bench.analysis.simulated_player import (
    STALL_FLOOR_SECONDS,
    SimulatedPlayback,
    play,
    required_prebuffer,
)

REAL_TIME = [(0.1 * i, 0.1) for i in range(20)]
ONE_GAP = [(0.1 * i + (0.5 if i >= 10 else 0.0), 0.1) for i in range(20)]
SLOW = [(0.12 * i, 0.1) for i in range(10)]


def played(pieces: list[tuple[float, float]], prebuffer: float = 0.0) -> SimulatedPlayback:
    """A playback that exists."""
    found = play(pieces, prebuffer)
    assert found is not None
    return found


def test_no_stall_when_the_stream_keeps_pace() -> None:
    assert played(REAL_TIME).stalls == ()


def test_one_gap_is_one_stall_though_all_later_pieces_are_late() -> None:
    heard = played(ONE_GAP)
    assert len(heard.stalls) == 1
    assert heard.stalls[0] == pytest.approx((1.0, 0.5))
    assert heard.efficiency == pytest.approx(2.0 / 2.5)
    assert not heard.smooth


def test_slow_drip_stalls_at_every_piece() -> None:
    heard = played(SLOW)
    assert len(heard.stalls) == 9
    assert heard.stall_seconds == pytest.approx(0.18)


def test_short_stalls_leave_the_stream_smooth() -> None:
    assert played([(0.0, 0.1), (0.115, 0.1)]).smooth


@pytest.mark.parametrize(("prebuffer", "start"), [(0.0, 0.0), (0.15, 0.1), (0.2, 0.1), (9.0, 1.9)])
def test_start_when_enough_is_buffered(prebuffer: float, start: float) -> None:
    assert played(REAL_TIME, prebuffer).start == pytest.approx(start)


def test_prebuffer_removes_the_stall() -> None:
    assert required_prebuffer(ONE_GAP) == pytest.approx(0.5)
    assert played(ONE_GAP, 0.6).stalls == ()


def test_nothing_is_played_of_nothing() -> None:
    assert play([], 0.0) is None
    assert play([(0.3, 0.0)], 0.0) is None
    assert required_prebuffer([]) is None


STREAMS = st.lists(st.tuples(st.floats(0, 0.5), st.floats(0.002, 0.5)), min_size=1, max_size=30)


@given(STREAMS)
def test_required_prebuffer_is_all_stalls_of_a_player_without(
    steps: list[tuple[float, float]],
) -> None:
    pieces, now = [], 0.0
    for gap, seconds in steps:
        now += gap
        pieces.append((now, seconds))
    # Waits under the floor are no stalls, so they may be missing from the sum.
    missing = len(pieces) * STALL_FLOOR_SECONDS
    needed = required_prebuffer(pieces)
    assert needed is not None
    assert -1e-9 <= needed - played(pieces).stall_seconds <= missing
