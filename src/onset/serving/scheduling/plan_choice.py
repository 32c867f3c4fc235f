"""Which plan an answer gets, when it is admitted.

What was asked for, or the best that keeps the promise now; and for a listener who would be refused
the fast voice, where there is one.
"""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

from onset.engine.engine import Engine
from onset.engine.plans import PLANS, Plan, may_be_fast
from onset.monitoring.answer_record import TARGET
from onset.serving.scheduling.admission import HEADROOM
from onset.types import Mode, PlanName, Request

LADDER: tuple[PlanName, ...] = ("quality", "balanced", "fast")
"""What "auto" chooses from, the best first."""

RESERVE = 1.5
"""How much sooner than the promise a first sound must be predicted: predictions are of medians."""

LOOKED_AT, MISSED = 20, 6
"""Of so many answers, how many must have broken the promise for one step down."""

GOOD = 50
"""Answers that must keep it, in a row, for a step up again."""

IDLE = 30.0
"""Seconds without any answer after which nothing is held against the plans any more."""


class PlanChoice:
    """Chooses plans. mode: for requests that name none. clock: seconds. Any thread may use it."""

    def __init__(
        self, mode: Mode, fallback: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._mode, self._fallback, self._clock = mode, fallback, clock
        self._lock = Lock()
        self._recent: deque[bool] = deque(maxlen=LOOKED_AT)
        self._good = self._down = 0
        self._last = clock()

    @property
    def may_be_fast(self) -> bool:
        """Whether answers that do not ask for it may be spoken by a student."""
        return may_be_fast(self._mode, self._fallback)

    @property
    def down(self) -> int:
        """How many of the best plans are passed over now."""
        with self._lock:
            self._forget()
            return self._down

    def note(self, missed: bool) -> None:
        """A listener was served in time, or was not."""
        with self._lock:
            self._forget()
            self._last = self._clock()
            self._recent.append(missed)
            self._good = 0 if missed else self._good + 1
            if sum(self._recent) >= MISSED:
                self._down = min(self._down + 1, len(LADDER) - 1)
                self._recent.clear()
            elif self._good >= GOOD:
                self._down, self._good = max(0, self._down - 1), 0

    def _forget(self) -> None:
        if self._clock() - self._last > IDLE:
            self._recent.clear()
            self._good = self._down = 0

    def candidates(
        self,
        engine: Engine,
        request: Request,
        background: bool,
        listeners: int,
        slowness: float = 1.0,
    ) -> list[PlanName]:
        """Plans to be tried in this order. listeners: who are served by Kokoro already. slowness:
        times as long as counted that its work takes now.

        In the background nobody waits, so all is exact unless the request itself names a plan. An
        answer that is to be exact is never made otherwise.
        """
        if request.exact:
            return ["exact"]
        if background and request.plan is None:
            return ["exact"]
        mode = request.plan or self._mode
        # Looked at only where it may be wanted: that loads a package. A text may say
        # that it is spoken in several voices.
        directed = request.is_directed or request.turns
        may = may_be_fast(mode, self._fallback) and not directed
        quick = may and engine.students.has(request.voice, engine.language(request))
        if mode == "auto":
            plans = self._affordable(engine, request, quick, slowness * (1 + listeners))
        elif mode == "fast" and not quick:
            plans = ["balanced"]
        else:
            plans = [mode]
        if self._fallback and quick and plans != ["exact"] and "fast" not in plans:
            plans.append("fast")
        return plans

    def _affordable(
        self, engine: Engine, request: Request, quick: bool, times: float
    ) -> list[PlanName]:
        """The plans of LADDER, from the best on that keeps the promise and up with the listener.

        times: seconds that a second of an answer's work takes, beside others and on this machine.
        """
        there = [name for name in LADDER if quick or name != "fast"]
        phonemes, pace, shares = len(request.text), engine.pace, engine.backend.shares

        def keeps(plan: Plan) -> bool:
            first = RESERVE * plan.first_seconds(pace, phonemes, shares)
            return times * first <= TARGET and times * plan.rtf(pace) <= HEADROOM

        kept = [name for name in there if keeps(PLANS[name])]
        return kept[self.down :] or there[-1:]
