"""Whoever waits for their first sound is not kept waiting by watching; watching waits for them."""

import asyncio
from time import monotonic

from onset.monitoring import quiet_moment as module
from onset.monitoring.quiet_moment import LONGEST_WAIT, quiet_moment
from onset.monitoring.server_state import ServerState


def looks(awaited: list[int]) -> int:
    """How often the state was looked at until it was quiet. awaited: at each look, then for ever
    as the last says.
    """
    count = 0

    def state() -> ServerState:
        nonlocal count
        count += 1
        return ServerState(awaited=awaited[min(count, len(awaited)) - 1])

    asyncio.run(quiet_moment(state))
    return count


def test_where_nobody_waits_watching_does_not() -> None:
    assert looks([0]) == 1


def test_watching_waits_until_the_last_has_their_first_bytes() -> None:
    assert looks([2, 1, 1, 0]) == 4


def test_a_busy_server_is_watched_as_well() -> None:
    begun = monotonic()
    assert looks([1]) == round(LONGEST_WAIT / module.LOOK_EVERY)
    assert monotonic() - begun >= 0.9 * LONGEST_WAIT
