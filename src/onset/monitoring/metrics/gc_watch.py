"""How long Python pauses to collect garbage: everybody waits meanwhile."""

import gc
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any

MOST_PAUSES = 1000
"""Between two looks; more are forgotten."""


class GcWatch:
    """Notes pauses between `start` and `close`; `take` gives those since the last time.

    They are counted later, not as they happen: a collection may begin anywhere, also while a lock
    of the counter is held.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock, self._begun = clock, 0.0
        self._pauses: deque[float] = deque(maxlen=MOST_PAUSES)

    def start(self) -> None:
        """Begin."""
        gc.callbacks.append(self._note)

    def close(self) -> None:
        """End."""
        if self._note in gc.callbacks:
            gc.callbacks.remove(self._note)

    def take(self) -> list[float]:
        """Seconds of each pause since the last time."""
        return [self._pauses.popleft() for _ in range(len(self._pauses))]

    def _note(self, phase: str, _: dict[str, Any]) -> None:
        if phase == "start":
            self._begun = self._clock()
        else:
            self._pauses.append(self._clock() - self._begun)
