"""One thing to be spoken: its samples, its buffer, who asked for it, and the moments of it.

Knows nothing of sockets, devices, or whose turn it is.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum
from time import perf_counter_ns
from typing import Any, NamedTuple, TypeAlias

from onset.audio.onset_detection import OnsetDetector
from onset.errors import InvalidRequest
from onset.playback.player.jitter_buffer import JitterBuffer, PrebufferHistory
from onset.playback.player.sample_buffer import SampleBuffer, StreamFault

Event: TypeAlias = dict[str, Any]
Tell: TypeAlias = Callable[[Event], None]

PATIENCE = 30.0
"""Seconds that a stream which is not over may leave the device dry before it is given up."""

PLAYING_AHEAD, WAITING_AHEAD = 60.0, 10.0
"""Seconds of audio that may lie before what is heard, while it is on and while it waits."""

ARRIVALS = 256
"""Arrivals remembered until it is known in which the onset came: it lies in their last 50 ms."""

REORDERING = 0.3
"""Seconds that a missing piece is waited for while nothing plays."""


class TrackState(Enum):
    """Where an utterance is in its life."""

    WAITING = "waiting"
    PLAYING = "playing"
    DONE = "done"
    STOPPED = "stopped"


class TrackTotals(NamedTuple):
    """What an utterance adds to the daemon's counters. received, stalled: seconds. lost: samples.

    received: of what came, was or was not heard.
    """

    received: float = 0.0
    stalls: int = 0
    stalled: float = 0.0
    lost: int = 0

    def plus(self, other: "TrackTotals") -> "TrackTotals":
        """Both together."""
        return TrackTotals(
            self.received + other.received,
            self.stalls + other.stalls,
            self.stalled + other.stalled,
            self.lost + other.lost,
        )

    def minus(self, other: "TrackTotals") -> "TrackTotals":
        """The difference."""
        return self.plus(TrackTotals(-other.received, -other.stalls, -other.stalled, -other.lost))


class Track:
    """A stream of samples that a caller sends, or that is fetched for him.

    tell: takes its events. waited: whether anything but its source held it up. counted: what the
    programme has added up of it. Moments are
    `perf_counter_ns`: asked, first (samples came), onset_came; None until they were.
    """

    def __init__(self, rate: int, pace: PrebufferHistory, tell: Tell, *, label: str = "") -> None:
        self.tape = SampleBuffer(rate)
        self.jitter = JitterBuffer(pace)
        self.state = TrackState.WAITING
        self.label = label
        self.waited = False
        self.played_to = 0
        self.asked_ns = perf_counter_ns()
        self.first_ns: int | None = None
        self.onset_came_ns: int | None = None
        self.stages: dict[str, float] = {}
        self.started = False
        self.counted = TrackTotals()
        self._onset = OnsetDetector(rate)
        self._arrivals: deque[tuple[int, int]] = deque(maxlen=ARRIVALS)
        self._tell = tell
        self._came_ns = self.asked_ns
        self.on_begin: Callable[[], object] | None = None
        self.on_started: Callable[[Event], object] | None = None
        self.on_stop: Callable[[], object] | None = None

    @property
    def over(self) -> bool:
        """Whether nothing of it will be heard any more."""
        return self.state in (TrackState.DONE, TrackState.STOPPED)

    @property
    def onset(self) -> int | None:
        """Index of the sample where it becomes audible, None until that has come."""
        return self._onset.sample

    @property
    def uncounted(self) -> TrackTotals:
        """What it has to add to what was counted of it before."""
        counters, tape = self.jitter.counters, self.tape
        received = (tape.end - tape.lost) / tape.rate
        totals = TrackTotals(received, counters.stalls, counters.stalled, tape.lost)
        return totals.minus(self.counted)

    def tell(self, event: str, **fields: Any) -> None:
        """Say what happened to whoever asked for it."""
        self._tell({"event": event, **fields})

    def set_rate(self, rate: int) -> None:
        """Samples a second, as the source tells before the first. Raises InvalidRequest after."""
        if rate == self.tape.rate:
            return
        if self.tape.end or self.tape.waiting:
            raise InvalidRequest(f"The rate cannot become {rate} within a stream.", "rate")
        self.tape, self._onset = SampleBuffer(rate), OnsetDetector(rate)

    @property
    def limit(self) -> int:
        """Up to which sample more may come: back-pressure for whoever sends them."""
        ahead = PLAYING_AHEAD if self.state is TrackState.PLAYING else WAITING_AHEAD
        return self.played_to + round(ahead * self.tape.rate)

    def put(self, position: int, pcm: bytes) -> None:
        """Take samples, and tell what was wrong with them. Raises InvalidRequest."""
        before = self.tape.end
        faults = self.tape.put(position, pcm)
        self._came(before)
        self._report(faults)

    def finish(self, total: int) -> None:
        """No samples will come after `total`. Raises InvalidRequest."""
        self.tape.finish(total)

    def begin(self) -> None:
        """It is wanted soon; what makes it is told so once."""
        if self.on_begin is not None and not self.over:
            self._came_ns = perf_counter_ns()  # it was not its source that waited until now
            begin, self.on_begin = self.on_begin, None
            begin()

    def conceal(self) -> bool:
        """Give up what is missing; whether anything was."""
        before = self.tape.end
        faults = self.tape.conceal()
        self._came(before)
        self._report(faults)
        return bool(faults)

    def silent_for(self) -> float:
        """Seconds since samples came."""
        return (perf_counter_ns() - self._came_ns) / 1e9

    def stop(self, reason: str) -> None:
        """Nothing more of it will be heard; what makes it is told to stop."""
        if not self.over:
            self.state = TrackState.STOPPED
            self.tell("stopped", reason=reason, position=self.played_to)
            if self.on_stop is not None:
                self.on_stop()

    def break_off(self) -> None:
        """Its source failed: what came is all there is, and ends softly."""
        self.jitter.give_up(perf_counter_ns() / 1e9)
        self.tape.cut()

    def _came(self, before: int) -> None:
        count = self.tape.end - before
        if count == 0:
            return
        now = self._came_ns = perf_counter_ns()
        self.first_ns = self.first_ns or now
        self.jitter.arrive(now / 1e9, count / self.tape.rate)
        if self._onset.sample is not None:
            return
        self._arrivals.append((self.tape.end, now))
        onset = self._onset.feed(self.tape.pcm(before, count))
        if onset is not None:  # it may have come before it was known to be one
            self.onset_came_ns = next(at for end, at in self._arrivals if end > onset)
            self._arrivals.clear()

    def _report(self, faults: list[StreamFault]) -> None:
        for fault in faults:
            self.tell("fault", kind=fault.kind, position=fault.position, samples=fault.samples)
