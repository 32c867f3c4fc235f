"""When a step that waits is computed: with the steps of which other streams.

A turn may end where a step waits to be computed with others (`Pause.STEP`). Its stream has no other
turn until the round is over; then all that wait have theirs, the first of which computes for all.
"""

from collections import deque
from collections.abc import Collection, Iterable

from onset.serving.scheduling.stream import AHEAD, Stream
from onset.serving.scheduling.turn_choice import COMFORT, choose

SPREAD = 0.2
"""Seconds for which a round may wait for listeners who may not run yet: what a step makes, in which
all of those who have AHEAD come by."""


class StepRound:
    """The rounds of one worker. most: steps that are computed together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[Stream, None] = {}
        self._due: deque[Stream] = deque()
        self._begun = self._cost = 0.0
        self._resuming = False

    def note(self, stream: Stream, begin: float, waits: bool) -> None:
        """A stream's turn, begun then, is over; waits: where a step waits.

        The longest of a round is about what its step took.
        """
        now = stream.last_turn_at
        if self._resuming:
            self._cost = max(self._cost, now - begin)
        if waits:
            if not self._waiting:
                self._begun = now
            self._waiting[stream] = None

    def choose(self, streams: Collection[Stream], now: float) -> Stream | None:
        """Whose turn it is; None if nobody may run before time passes."""
        if not self._due and not self._waiting:
            self._resuming = False
            return choose(streams, now)
        while self._due:
            if (stream := self._due.popleft()) in streams:
                return stream
        if (left := next((s for s in self._waiting if s.halt.is_set), None)) is not None:
            del self._waiting[left]
            return left
        others = [stream for stream in streams if stream not in self._waiting]
        chosen = choose(others, now)
        self._resuming = self._over(chosen, others, now)
        if not self._resuming:
            return chosen
        self._cost = 0.0
        self._due.extend(sorted(self._waiting, key=lambda stream: stream.deadline))
        self._waiting.clear()
        return self._due.popleft()

    def _over(self, chosen: Stream | None, others: Iterable[Stream], now: float) -> bool:
        """Whether those who wait have their turns now, rather than the one chosen of the others."""
        if len(self._waiting) >= self._most:
            return True
        waited = now - self._begun
        if any(_urgent(stream, now) for stream in self._waiting):
            return chosen is None or not _urgent(chosen, now) or waited >= self._cost
        if chosen is not None:
            return waited >= max(SPREAD, self._cost)
        rests = (s.ahead(now) - AHEAD for s in others if not s.background)
        return not any(0 < rest <= SPREAD - waited for rest in rests)


def _urgent(stream: Stream, now: float) -> bool:
    return not stream.background and stream.ahead(now) < COMFORT
