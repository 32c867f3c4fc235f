"""How much longer work takes than it should at the machine's pace, as others may take from it too.

The pace is measured while nobody is there. What listeners get is decided by what work takes now.
"""

import time
from collections.abc import Callable

from onset.serving.scheduling.admission import ForgettingRate

RISING, FALLING = 0.25, 2.0
"""Seconds of counted work after which a measurement counts half: what is slow now, and what was.

The slower of both is believed. So a burden is felt within a sentence, and forgotten over some
answers: too low, a listener runs dry; too high, they hear a little more that is predicted.
"""

IDLE = 30.0
"""Seconds without work after which nothing is known any more."""


class Slowness:
    """Times as long as counted that work takes now, at least 1. clock: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """The pace is another: work is counted anew."""
        self._last = self._clock()
        self._rates = [ForgettingRate(RISING), ForgettingRate(FALLING)]
        self._note(RISING, RISING)

    def add(self, seconds: float, counted: float) -> None:
        """Some work took so many seconds. counted: by its amount and the machine's pace."""
        if self._clock() - self._last > IDLE:
            self.forget()
        self._last = self._clock()
        self._note(seconds, counted)

    def _note(self, seconds: float, counted: float) -> None:
        for rate in self._rates:
            rate.add(seconds, counted)

    @property
    def value(self) -> float:
        """As it was measured last."""
        if self._clock() - self._last > IDLE:
            return 1.0
        return max(1.0, *(rate.value or 1.0 for rate in self._rates))
