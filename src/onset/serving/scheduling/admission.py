"""How many listeners an engine can keep up with, by what its work has cost until now.

A listener is a debt: from some moment on they need a second of audio every second. Work for all is
done in the order of their deadlines, so everybody gets their audio in time if and only if the work
due by any moment fits into the time until then: the processor-demand criterion (Baruah, Mok and
Rosier, "Preemptively Scheduling Hard-Real-Time Sporadic Tasks on One Processor", RTSS 1990).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HEADROOM = 0.8
"""Share of the engine's time that may be promised; the rest is a reserve.

With 0.95, four listeners where hardly four fitted ran dry three times in 300 s
(docs/log/2026-11-27-at-rest.md).
"""

PREBUFFER = 0.2
"""Seconds of audio that players hold back before they start."""

PATIENCE = 0.5
"""Seconds after which a new listener should hear something even when others are served first.

Shorter, and the new one would make those run dry who have just begun themselves; longer, and they
wait for the comfort of others. At least twice what a first sound costs.
"""

HALF_LIFE = 120.0
"""Seconds of audio after which a measurement counts half: half a minute's work for a crowd.

With less, one good moment of the machine lets in one too many, and for long.
"""

SECONDS_PER_CHARACTER = 1 / 15
"""Seconds of speech of one character until it is measured: English at speed 1 takes 1/19."""

BEGINNING = 2.0
"""Seconds of audio with which an answer has begun. They take more work than as many later: steps
are small, and what was read first is read again with more of its sentence."""

EPSILON = 1e-9
"""Seconds that rounding may be off."""


class ForgettingRate:
    """A ratio of two sums that decay: `half_life` of the denominator later, each counts half."""

    def __init__(self, half_life: float) -> None:
        self._half_life = half_life
        self._above = self._below = 0.0

    def add(self, above: float, below: float) -> None:
        """Add to both sums; either value may be 0."""
        decay = 0.5 ** (below / self._half_life)
        self._above = self._above * decay + above
        self._below = self._below * decay + below

    @property
    def value(self) -> float | None:
        """The ratio; None until there is something to divide by."""
        return self._above / self._below if self._below else None


@dataclass(frozen=True, slots=True)
class ListenerDebt:
    """`audio` seconds of it that play from `start` seconds on, and `work` seconds due by then.

    rtf: seconds of work for one of its audio; None: as for most.
    """

    start: float
    audio: float
    work: float = 0.0
    rtf: float | None = None


def fits(debts: Sequence[ListenerDebt], rtf: float) -> bool:
    """Whether everybody can be served in time. rtf: seconds of work for one of audio, of most.

    Work due grows faster than time only between a start and an end: these moments decide, in one
    sweep, as with hundreds of listeners it is asked often.
    """
    debts = sorted(debts, key=lambda debt: debt.start)
    start = np.array([debt.start for debt in debts])
    rates = np.array([rtf if debt.rtf is None else debt.rtf for debt in debts])
    end = start + [debt.audio for debt in debts]
    order = np.argsort(end, kind="stable")
    end, ending = end[order], rates[order]
    at = np.concatenate([start, end])
    begun, over = (np.searchsorted(moments, at + EPSILON, "right") for moments in (start, end))
    playing = at * _sums(rates)[begun] - _sums(rates * start)[begun]
    played = at * _sums(ending)[over] - _sums(ending * end)[over]
    due = _sums([debt.work for debt in debts])[begun] + playing - played
    return bool(np.all(due <= HEADROOM * at + PREBUFFER + EPSILON))


def _sums(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Sums of the first 0, 1, ... n values."""
    return np.concatenate([[0.0], np.cumsum(values)])


class Capacity:
    """What a model's work was measured to cost.

    usual: the RTF of a model that costs so little that its listeners may take of the reserve, as
    if it had been measured for some time; None: of Kokoro nothing is known until it has spoken.
    """

    def __init__(self, usual: float | None = None) -> None:
        self._usual = usual
        self._length: dict[str, ForgettingRate] = {}
        self.forget_costs()

    def forget_costs(self) -> None:
        """The machine is another than it was: what comes is measured anew."""
        self.work = ForgettingRate(HALF_LIFE)
        """Seconds of work over seconds of audio, of every turn; it may have made no audio."""
        self.first_audio = ForgettingRate(5)
        """Seconds of work over answers whose first audio it made."""
        self.beginnings = ForgettingRate(5)
        """Seconds of work over beginnings, beyond what as much audio takes later."""
        if self._usual is not None:
            # Else the first turns would count for all, which make little audio.
            self.work.add(self._usual * HALF_LIFE, HALF_LIFE)

    @property
    def rtf(self) -> float | None:
        """Seconds of work for a second of audio, all stages of all streams."""
        return self.work.value

    @property
    def first_cost(self) -> float | None:
        """Seconds of work until the first audio of an answer."""
        return self.first_audio.value

    @property
    def listeners(self) -> int | None:
        """How many it can serve without end, at least one."""
        return None if self.rtf is None else max(1, int(HEADROOM / self.rtf))

    @property
    def patience(self) -> float:
        """Seconds that a new listener may be made to wait."""
        return max(PATIENCE, 2 * (self.first_cost or 0.0))

    def beginning_left(self, cost: float, produced: float) -> float:
        """Seconds of work that a beginning still takes beyond what as much audio takes later.

        cost: seconds of its work until now; produced: of its audio.
        """
        if produced >= BEGINNING:
            return 0.0
        done = cost - (self.rtf or 0.0) * produced
        return max(0.0, (self.beginnings.value or 0.0) - max(0.0, done))

    def add_speech(self, language: str, characters: int, audio: float) -> None:
        """Note that a text of so many characters took `audio` seconds to say, at speed 1."""
        self._length.setdefault(language, ForgettingRate(10_000)).add(audio, characters)

    def length(self, language: str, characters: int) -> float:
        """About how many seconds a text takes to say at speed 1."""
        rate = self._length.get(language)
        return characters * ((rate.value if rate else None) or SECONDS_PER_CHARACTER)

    def admits(self, debts: Sequence[ListenerDebt], audio: float, later: float = 0.0) -> bool:
        """Whether one more can be served. One alone always is, and all before a cost is known.

        later: seconds that they wait beyond the patience.
        """
        rtf, first = self.rtf, self.first_cost or 0.0
        newcomer = ListenerDebt(self.patience + later, audio, first, rtf)
        if not debts or rtf is None or fits([*debts, newcomer], rtf):
            return True
        return self._usual is not None and self._in_reserve(debts)

    def _in_reserve(self, debts: Sequence[ListenerDebt]) -> bool:
        """Whether one more of a model that costs little goes into what nobody was promised."""
        own = self.rtf or 0.0
        alike = sum(debt.rtf is not None and debt.rtf <= own for debt in debts)
        return (alike + 1) * own <= 1 - HEADROOM + EPSILON

    def wait(self, debts: Sequence[ListenerDebt]) -> float:
        """About how many seconds until the first of them is done, for those who are refused."""
        shortest = min((debt.audio for debt in debts), default=0.0)
        return shortest * (self.rtf or 1.0) * max(1, len(debts))
