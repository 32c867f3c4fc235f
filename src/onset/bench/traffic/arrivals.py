"""Sends planned requests when they are due: one at a time, in a closed loop, or at planned times.

A late request is sent at once and stays late: the schedule is never moved, and latency counts
from when a request was due, so a slow server cannot make its own load lighter unnoticed.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import accumulate
from time import perf_counter_ns

from onset.bench.records.plan import Case, LoadShape, PlannedRequest
from onset.bench.records.recording import Recording
from onset.bench.records.run_folder import Trial

Listen = Callable[[PlannedRequest, int | None], Awaitable[Recording]]
"""Makes one request, due at a `perf_counter_ns` or now."""

Rest = Callable[[Trial], Awaitable[None]]
"""Waits, after a request, until its server is at rest."""

MOST_IN_FLIGHT = 1_000
"""Requests in flight at once; more would measure this machine's sockets."""

LEAD_SECONDS = 0.05
"""From the start of a schedule to its zero, for setting up."""

FINE_SECONDS = 0.002
"""A timer wakes within a millisecond; for the rest the event loop is polled."""


async def send(
    case: Case,
    asks: Sequence[PlannedRequest],
    listen: Listen,
    rest: Rest,
    done: Callable[[Trial], None],
    most: int = MOST_IN_FLIGHT,
) -> None:
    """Make all requests of a case as its shape says. most: requests that may wait at once."""
    match case.shape:
        case LoadShape.SERIAL:
            for ask in asks:
                trial = Trial(ask, await listen(ask, None))
                await rest(trial)
                done(trial)
        case LoadShape.CLOSED:
            await _closed(case.concurrency, asks, listen, done)
        case LoadShape.OPEN:
            await _open(asks, listen, done, most)


def poisson(rate: float, count: int, seed: str) -> list[float]:
    """Times in seconds of `count` independent arrivals, `rate` a second.

    Exponential gaps, the first one too; never rescaled.
    """
    rng = random.Random(seed)
    return list(accumulate(rng.expovariate(rate) for _ in range(count)))


def bursts(size: int, every: float, count: int) -> list[float]:
    """Times in seconds of `count` arrivals, `size` at once, every so many seconds."""
    return [every * (number // size) for number in range(count)]


async def _closed(
    concurrency: int, asks: Sequence[PlannedRequest], listen: Listen, done: Callable[[Trial], None]
) -> None:
    waiting = iter(asks)

    async def listener() -> None:
        for ask in waiting:
            done(Trial(ask, await listen(ask, None)))

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(listener())


async def _open(
    asks: Iterable[PlannedRequest], listen: Listen, done: Callable[[Trial], None], most: int
) -> None:
    zero_ns = perf_counter_ns() + round(LEAD_SECONDS * 1e9)
    in_flight: set[asyncio.Task[None]] = set()

    async def one(ask: PlannedRequest, due_ns: int) -> None:
        done(Trial(ask, await listen(ask, due_ns)))

    async with asyncio.TaskGroup() as group:
        for ask in asks:
            due_ns = zero_ns + round((ask.due_s or 0.0) * 1e9)
            await _until(due_ns)
            if len(in_flight) >= most:
                detail = f"not sent: {most} requests were already waiting"
                done(Trial(ask, Recording(due_ns, perf_counter_ns(), detail=detail)))
                continue
            task = group.create_task(one(ask, due_ns))
            in_flight.add(task)
            task.add_done_callback(in_flight.discard)


async def _until(due_ns: int) -> None:
    while (left := (due_ns - perf_counter_ns()) / 1e9) > 0:
        await asyncio.sleep(left - FINE_SECONDS / 2 if left > FINE_SECONDS else 0)
