"""Listeners for tests: take streams of a scheduler to their end, in an event loop."""

import asyncio
from collections.abc import Coroutine
from threading import Event
from typing import Any

import numpy as np

from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.stream import Stream
from onset.trace import Trace
from onset.types import Floats, Request

TEXT = "one two three four five six seven eight nine ten"


def soon(task: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives; fails if that takes ten seconds."""
    return asyncio.run(asyncio.wait_for(task, 10))


async def listen(stream: Stream) -> Floats:
    return np.concatenate([chunk.samples async for chunk in stream])


async def speak(scheduler: Scheduler, text: str = TEXT) -> Floats:
    return await listen(scheduler.open(Request(text), Trace()))


async def until(event: Event) -> None:
    assert await asyncio.to_thread(event.wait, 5)


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now
