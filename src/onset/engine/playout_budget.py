"""How much audio a listener has ahead, counted from what was produced, never by a clock.

Work that is not heard at once is done only where the listener has enough audio. No clock is read,
so that the same request gives the same samples every time: the budget counts the audio that was
produced, and what the work for it takes on a machine of a given pace.
"""

from collections.abc import Callable

from onset.model.backend import Backend
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Halt

FRAME = 0.0125
"""Seconds of a decoder frame."""

STEP = 0.02
"""What a step costs whatever its size, in the work of a second of audio."""

RESERVE = 0.04
"""Seconds of audio the listener keeps when all is paid: for the next step, and for a hiccup."""

PACES = (0.12, 0.25, 0.4, 0.7)
"""What a measured pace is rounded up to, so that one machine's is the same every time."""

MARGIN = 1.05
"""How much slower than measured the machine is taken to be: no work may cost more than counted."""


def pace_class(measured: float) -> float:
    """Seconds of work for a second of audio: one of PACES, or 1, with which nothing is refined."""
    return next((pace for pace in PACES if MARGIN * measured <= pace), 1.0)


class MachinePace:
    """The pace that answers are planned by. given: by a setting; it is measured otherwise.

    What else a machine does can only make it look slow. So a faster measurement counts at once,
    and a slower one when the next is slower too.
    """

    def __init__(self, backend: Backend, given: float | None) -> None:
        self._backend, self._given, self._slower = backend, given, False
        self.value = given or pace_class(backend.pace(Halt()))

    def measure(self, halt: Halt) -> float:
        """Measure again, as it is, not rounded. Raises Halted."""
        measured = self._backend.pace(halt)
        pace = pace_class(measured)
        if self._given is None and (pace < self.value or (pace > self.value and self._slower)):
            self.value, self._slower = pace, False
        else:
            self._slower = pace > self.value
        return measured


def work(pace: float, share: float, frames: int, steps: int = 0) -> float:
    """Seconds of work for a share of the work of `frames`, and for so many steps."""
    return pace * (share * frames * FRAME + steps * STEP)


class PlayoutBudget:
    """The listener's buffer of one answer, in seconds of audio.

    pace: seconds of work for a second of audio. spare: returns the seconds of work that may go
    before the listener's next sound, where others may need the engine too. ahead: of the listener,
    None while they wait. trace: told of the seconds of all work. vetoed: whether `spare`
    ever kept from work that else was affordable: what is made then is not what the same request
    gives alone.
    """

    def __init__(
        self, pace: float, spare: Callable[[], float] | None = None, trace: Trace | None = None
    ) -> None:
        self.pace, self._spare, self._trace = pace, spare, trace or Trace()
        self.ahead: float | None = None
        self.vetoed = False

    def spend(self, share: float, frames: int, steps: int = 0) -> None:
        """Spend compute time: a share of the work of `frames`. Free before the first sound."""
        self.count(share, frames, steps)
        if self.ahead is not None:
            self.ahead -= work(self.pace, share, frames, steps)

    def count(self, share: float, frames: int, steps: int = 0) -> None:
        """Note work that the listener is not charged for."""
        self._trace.counted += work(self.pace, share, frames, steps)

    def produced(self, samples: int) -> None:
        """Add produced audio to the listener's buffer."""
        self.ahead = (self.ahead or 0.0) + samples / SAMPLE_RATE

    def reset(self) -> None:
        """Forget the buffer: the listener may run dry, so what they have is no longer known."""
        self.ahead = None

    def affords(self, share: float, frames: int) -> bool:
        """Whether this work can be done before the listener's next sound has to be there."""
        if self.ahead is None:
            return False
        needed = work(self.pace, share, frames) + RESERVE
        return needed <= self.ahead and self._has(needed)

    def holds(self, seconds: float) -> bool:
        """Whether the listener has enough for work that is done sooner or later anyway."""
        return self.ahead is None or seconds + RESERVE <= self.ahead

    def urgent(self, share: float, frames: int) -> bool:
        """Whether the listener runs dry unless the next step, of this work, is made now."""
        if self.ahead is None:
            return False
        return not self._has(work(self.pace, share, frames, 1) + RESERVE)

    def _has(self, needed: float) -> bool:
        """Whether so many seconds of work may go before the listener's next sound, by `spare`."""
        held_back = self._spare is not None and needed > self._spare()
        self.vetoed |= held_back
        return not held_back
