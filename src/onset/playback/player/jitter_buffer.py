"""An adaptive jitter buffer: decides when to begin playing, and when to go on after running dry.

It waits only if it must. It begins so long after the first samples as the earlier streams of the
source would have needed, which PrebufferHistory remembers: at once if the source kept up with what
was played. A source that is not known yet counts as just in time. If samples arrive more slowly
than they are played, the wait is what their pace asks for to play HORIZON without running dry.
It holds no samples, and takes the time from its caller, in seconds.
"""

from collections import deque
from dataclasses import dataclass

HORIZON = 10.0
"""Seconds to be played without running dry, where the length is not known."""

LONGEST_WAIT = 3.0
"""The longest wait, in seconds of audio and in seconds: a listener would take more silence for a
fault."""

REBUFFER = 0.1
"""The shortest wait after an underrun, in seconds of audio."""

REMEMBERED = 8
"""Streams of a source whose need is remembered."""

MARGIN = 1.1
"""How much better than needed the pace must be, since the next second is not like the last."""

PLENTY = 0.1
"""Seconds of audio more than a source needed before are enough to begin sooner."""

MEASURABLE = 0.2
"""Seconds of arrivals before their pace means anything."""


class PrebufferHistory:
    """By how many seconds a piece came at most after all before it could have been played: of each
    earlier stream of a source, newest last. Negative if every piece was early.
    """

    def __init__(self) -> None:
        self._needs: deque[float] = deque(maxlen=REMEMBERED)

    def remember(self, seconds: float) -> None:
        """A stream is over; with this delay at its beginning it would not have run dry."""
        self._needs.append(seconds)

    @property
    def need(self) -> float:
        """The delay that would have been enough for all but one: the second largest."""
        needs = sorted(self._needs)
        return needs[-2] if len(needs) > 1 else max([0.0, *needs])


@dataclass(slots=True)
class JitterCounters:
    """What happened so far; as WebRTC's counters they only grow. Times in seconds.

    stalls: times it ran dry and went on. stalled: how long in all; longest: the longest of them.
    prebuffer: audio that was there when it began. chosen: the audio it waited for, or its delay
    after the first samples, whichever is more. Both None until it has begun.
    """

    stalls: int = 0
    stalled: float = 0.0
    longest: float = 0.0
    prebuffer: float | None = None
    chosen: float | None = None


class JitterBuffer:
    """The jitter buffer of one stream: told of arrivals and of running dry, asked whether to play.

    slack: seconds of audio that must still be there when the device asks for more. playing: it has
    begun and has not run dry since.
    """

    def __init__(self, history: PrebufferHistory, slack: float = 0.0) -> None:
        self.counters = JitterCounters()
        self.slack = slack
        self._history = history
        self._arrived = self._arrived_before = self._last = 0.0
        self._first: float | None = None
        self._needed: float | None = None
        self._dry_at: float | None = None
        self.playing = False

    def arrive(self, now: float, seconds: float) -> None:
        """Note that so much audio has come."""
        if self._first is None:
            self._first = now
        else:
            late = (now - self._first) - self._arrived
            self._needed = late if self._needed is None else max(self._needed, late)
        self._arrived_before = self._arrived
        self._arrived += seconds
        self._last = now

    def wanted(self) -> float:
        """Seconds of audio that should be there before it begins, or goes on."""
        floor = REBUFFER if self._dry_at is not None else 0.0
        if self._first is not None and self._last - self._first >= MEASURABLE:
            pace = self._arrived_before / (self._last - self._first)
            floor = max(floor, (1 - pace / MARGIN) * HORIZON if pace < 1 else 0.0)
        return min(floor, LONGEST_WAIT)

    def delay(self) -> float:
        """Seconds after the first samples at which it begins."""
        return min(max(0.0, self._history.need + self.slack), LONGEST_WAIT)

    def delay_left(self, now: float) -> float:
        """Seconds until that delay is over; 0 if it waits for something else, or for nothing."""
        if self.playing or self._dry_at is not None or self._first is None:
            return 0.0
        return max(0.0, self._first + self.delay() - now)

    def ready(self, now: float, buffered: float, *, complete: bool) -> bool:
        """Whether to play now, with so many seconds there. complete: no more will come."""
        if self.playing:
            return True
        wanted = self.wanted()
        soon = self.delay_left(now) > 0 and buffered < self.delay() + PLENTY
        since = self._first if self._dry_at is None else self._dry_at
        overdue = since is not None and now - since >= LONGEST_WAIT and buffered >= REBUFFER
        enough = (buffered >= wanted and not soon) or complete or overdue
        if buffered <= 0 or not enough:
            return False
        waited = 0.0 if self._first is None else now - self._first
        self.playing = True
        self.end_stall(now)
        if self.counters.prebuffer is None:
            self.counters.prebuffer = buffered
            self.counters.chosen = max(wanted, min(self.delay(), waited))
        return True

    def dry_for(self, now: float) -> float:
        """Seconds that it has been dry; 0 if it is not."""
        return 0.0 if self._dry_at is None else now - self._dry_at

    def end_stall(self, now: float) -> None:
        """If it was dry, that was a stall: it goes on, or the stream was ended from here."""
        if self._dry_at is None:
            return
        waited = self.dry_for(now)
        self.counters.stalls += 1
        self.counters.stalled += waited
        self.counters.longest = max(self.counters.longest, waited)
        self._dry_at = None

    def ran_dry(self, now: float) -> None:
        """All that had come has been played, and the stream is not over."""
        if self.playing:
            self.playing, self._dry_at = False, now

    def finish(self, *, remember: bool) -> None:
        """The stream is over. remember: note what it needed, as only its source held it up."""
        if remember and self._needed is not None:
            self._history.remember(min(self._needed, LONGEST_WAIT))
