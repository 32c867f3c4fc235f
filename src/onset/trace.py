"""Traces: where the time of one answer goes until its first samples. Bounded for any answer."""

from collections.abc import Callable
from time import perf_counter_ns

FIRST_SAMPLES = "step"
"""The mark of a generator step that made samples: the first one ends the stages of an answer."""


class _StageSums:
    """Nanoseconds of each stage since a moment."""

    def __init__(self, begin_ns: int) -> None:
        self.begin_ns = self.last_ns = begin_ns
        self.sums: dict[str, int] = {}

    def add(self, name: str, now_ns: int) -> None:
        """The stage `name` ran from the last mark until now."""
        self.sums[name] = self.sums.get(name, 0) + now_ns - self.last_ns
        self.last_ns = now_ns


class Trace:
    """Where the time of one answer goes. Each part of the server calls `mark` as its stage ends.

    A stage runs from the mark before it to its own; those of one name add up. Nothing is kept of
    what is marked after the first samples, so an answer of hours takes no more than a short one.
    made_ns: when it was made, or `begun_ns` if what it is of began before. clock: nanoseconds.
    cached: whether the beginning was made before; None: nobody looked. predicted: seconds until its
    first sound, as was predicted when it was admitted; None: nobody did. counted: seconds that the
    work since a worker last looked takes at the machine's pace, by the engine's count.
    """

    def __init__(
        self, clock: Callable[[], int] = perf_counter_ns, begun_ns: int | None = None
    ) -> None:
        self._clock, self._over = clock, False
        self.cached: bool | None = None
        self.predicted: float | None = None
        self.counted = 0.0
        self.made_ns = clock() if begun_ns is None else begun_ns
        self._stages = _StageSums(self.made_ns)

    @property
    def start_ns(self) -> int:
        """The moment that the stages count from: `made_ns`, or the last `restart`."""
        return self._stages.begin_ns

    def mark(self, name: str) -> None:
        """Note that the stage `name` has just ended."""
        if not self._over:
            self._stages.add(name, self._clock())
            self._over = name == FIRST_SAMPLES

    def restart(self) -> None:
        """Count from now, where only now there is text to go on; never after the first samples."""
        if not self._over:
            self._stages = _StageSums(self._clock())

    def stages(self) -> dict[str, float] | None:
        """Seconds of each stage from `start_ns` to the first samples; None if they never came."""
        if not self._over:
            return None
        return {name: nanoseconds / 1e9 for name, nanoseconds in self._stages.sums.items()}
