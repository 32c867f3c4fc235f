"""Watching waits for moments in which nobody waits for their first sound."""

import asyncio

from onset.monitoring.server_state import StateSource

LONGEST_WAIT = 0.5
"""Seconds: a busy server is watched as well, only later."""

LOOK_EVERY = 0.02


async def quiet_moment(state: StateSource) -> None:
    """Return as soon as no answer is awaited, after LONGEST_WAIT at the latest."""
    for _ in range(round(LONGEST_WAIT / LOOK_EVERY)):
        if not state().awaited:
            return
        await asyncio.sleep(LOOK_EVERY)
