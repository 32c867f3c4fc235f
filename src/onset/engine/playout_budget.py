"""How far ahead of its listener an answer is, as a function of what was made, never of a clock.

The engine may only do work that is not heard at once where the listener has enough before him. To
make the same samples for the same request every time, it does not ask the time: it counts what was
made, and what that takes on a machine of a certain pace. Knows nothing of what the work is for.
"""

from collections.abc import Callable

from onset.types import SAMPLE_RATE

FRAME = 0.0125
"""Seconds of a decoder frame."""

STEP = 0.02
"""What a step costs whatever its size, in the work of a second of audio."""

RESERVE = 0.04
"""Seconds the listener keeps before him when all is paid: the next step, and a hiccup."""


class PlayoutBudget:
    """pace: seconds of work for a second of audio. spare: asked besides, where somebody listens
    and others may need the engine too: the seconds of work that may go before his next sound."""

    def __init__(self, pace: float, spare: Callable[[], float] | None = None) -> None:
        self.pace, self._spare = pace, spare
        self._ahead: float | None = None

    def works(self, share: float, frames: int, steps: int = 0) -> None:
        """So much was done. What happens before the first sound nobody waits for."""
        if self._ahead is not None:
            self._ahead -= self._cost(share, frames, steps)

    def hears(self, samples: int) -> None:
        """So much was made."""
        self._ahead = (self._ahead or 0.0) + samples / SAMPLE_RATE

    def ends(self) -> None:
        """The listener may have to wait: what he has before him is not known any more."""
        self._ahead = None

    def affords(self, share: float, frames: int) -> bool:
        """Whether so much can be done before the listener's next sound has to be there."""
        if self._ahead is None:
            return False
        needed = self._cost(share, frames, 0) + RESERVE
        return needed <= self._ahead and (self._spare is None or needed <= self._spare())

    def _cost(self, share: float, frames: int, steps: int) -> float:
        return self.pace * (share * frames * FRAME + steps * STEP)
