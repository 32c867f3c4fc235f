"""When to begin, and when to go on: an adaptive jitter buffer that waits only if it must.

It begins so long after the first samples as the source would have needed before, which its Pace
remembers: at once if it kept up with what is played. What is not known yet counts as coming just in
time. If what arrives does not keep up, the wait is what its pace says it takes to play HORIZON
without running dry.
Knows nothing of samples, devices or sockets; time is the caller's, in seconds.
"""

from collections import deque
from dataclasses import dataclass

HORIZON = 10.0
"""Seconds to be played without running dry, where the length is not known."""

LONGEST_WAIT = 3.0
"""Seconds of audio that are waited for at most, and seconds that are waited for them: a listener
would take silence for a fault."""

REBUFFER = 0.1
"""Seconds of audio that are waited for after an underrun at least."""

REMEMBERED = 8
"""Streams of a source whose need is remembered."""

MARGIN = 1.1
"""The pace must be so much better than needed, for the next second is not like the last."""

PLENTY = 0.1
"""Seconds of audio more than a source needed before are enough to begin sooner."""

MEASURABLE = 0.2
"""Seconds of arrivals before their pace means anything."""


class PrebufferHistory:
    """What the streams of one source needed before, newest last: seconds that each piece but the
    first came at most after all before it could have been played; less than none if all were early.
    """

    def __init__(self) -> None:
        self._needs: deque[float] = deque(maxlen=REMEMBERED)

    def remember(self, seconds: float) -> None:
        """A stream is over, and with so much of a delay it would not have run dry."""
        self._needs.append(seconds)

    @property
    def need(self) -> float:
        """To be on the safe side in most cases: the second largest of those remembered."""
        needs = sorted(self._needs)
        return needs[-2] if len(needs) > 1 else max([0.0, *needs])


@dataclass(frozen=True, slots=True)
class JitterCounters:
    """As WebRTC's, they only grow. Times in seconds.

    stalls: times it ran dry and went on. stalled: how long in all. prebuffer: audio that was there
    when it began. chosen: how much was wanted, or how long after the first samples it was to begin,
    whichever is more. None until it has begun.
    """

    stalls: int = 0
    stalled: float = 0.0
    longest: float = 0.0
    prebuffer: float | None = None
    chosen: float | None = None


class JitterBuffer:
    """Of one stream. It is told of arrivals and of running dry, and asked whether to go on.

    slack: seconds before the last of what is there at which a device may want more.
    """

    def __init__(self, pace: PrebufferHistory, slack: float = 0.0) -> None:
        self.counters = JitterCounters()
        self.slack = slack
        self._pace = pace
        self._arrived = 0.0
        self._first: float | None = None
        self._before = 0.0
        self._last = 0.0
        self._needed: float | None = None
        self._dry_at: float | None = None
        self._playing = False

    @property
    def playing(self) -> bool:
        """Whether it has begun and has not run dry since."""
        return self._playing

    def arrive(self, now: float, seconds: float) -> None:
        """So much audio has come."""
        if self._first is None:
            self._first = now
        else:
            late = (now - self._first) - self._arrived
            self._needed = late if self._needed is None else max(self._needed, late)
        self._before = self._arrived
        self._arrived += seconds
        self._last = now

    def wanted(self) -> float:
        """Seconds of audio that should be there before it begins, or goes on."""
        floor = REBUFFER if self._dry_at is not None else 0.0
        if self._first is not None and self._last - self._first >= MEASURABLE:
            pace = self._before / (self._last - self._first)
            floor = max(floor, (1 - pace / MARGIN) * HORIZON if pace < 1 else 0.0)
        return min(floor, LONGEST_WAIT)

    def delay(self) -> float:
        """Seconds after the first samples at which it begins."""
        return min(max(0.0, self._pace.need + self.slack), LONGEST_WAIT)

    def left(self, now: float) -> float:
        """Seconds of that still to come; 0 if it is not that which it waits for."""
        if self._playing or self._dry_at is not None or self._first is None:
            return 0.0
        return max(0.0, self._first + self.delay() - now)

    def ready(self, now: float, buffered: float, *, complete: bool) -> bool:
        """Whether to play now, with so many seconds there. complete: no more will come."""
        if self._playing:
            return True
        wanted = self.wanted()
        soon = self.left(now) > 0 and buffered < self.delay() + PLENTY
        enough = (buffered >= wanted and not soon) or complete or self._overdue(now, buffered)
        if buffered <= 0 or not enough:
            return False
        waited = 0.0 if self._first is None else now - self._first
        self._begin(now, buffered, max(wanted, min(self.delay(), waited)))
        return True

    def dry_for(self, now: float) -> float:
        """Seconds that the silence of now has lasted."""
        return 0.0 if self._dry_at is None else now - self._dry_at

    def give_up(self, now: float) -> None:
        """It is over while it is dry, and not as its source wanted: that was a stall as well."""
        if self._dry_at is not None:
            self._count_stall(now)

    def ran_dry(self, now: float) -> None:
        """Everything there was has been played, and the stream is not over."""
        if self._playing:
            self._playing, self._dry_at = False, now

    def finish(self, *, remember: bool) -> None:
        """The stream is over. remember: what it needed, since nothing but its source held it up."""
        if remember and self._needed is not None:
            self._pace.remember(min(self._needed, LONGEST_WAIT))

    def _overdue(self, now: float, buffered: float) -> bool:
        """Whether what is wanted would take longer than a listener bears."""
        since = self._first if self._dry_at is None else self._dry_at
        return buffered >= REBUFFER and since is not None and now - since >= LONGEST_WAIT

    def _begin(self, now: float, buffered: float, wanted: float) -> None:
        self._playing = True
        if self._dry_at is not None:
            self._count_stall(now)
        elif self.counters.prebuffer is None:
            self.counters = JitterCounters(prebuffer=buffered, chosen=wanted)

    def _count_stall(self, now: float) -> None:
        was, waited = self.counters, self.dry_for(now)
        longest = max(was.longest, waited)
        self.counters = JitterCounters(
            was.stalls + 1, was.stalled + waited, longest, was.prebuffer, was.chosen
        )
        self._dry_at = None
