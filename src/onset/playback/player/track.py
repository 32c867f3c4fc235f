"""One thing to be spoken: its samples, its jitter buffer, who asked for it, and its moments."""

from collections import deque
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, TypeAlias

import numpy as np

from onset.audio.onset_detection import OnsetDetector
from onset.errors import InvalidRequest
from onset.playback.player.jitter_buffer import JitterBuffer, PrebufferHistory
from onset.playback.player.playhead import FirstSound
from onset.playback.player.sample_buffer import SampleBuffer

Event: TypeAlias = dict[str, Any]
EventListener: TypeAlias = Callable[[Event], None]

LONGEST_DRY = 30.0
"""Seconds that a stream which is not over may leave the device dry before it is given up."""

PLAYING_AHEAD, WAITING_AHEAD = 60.0, 10.0
"""Seconds of audio that may lie before what is heard, while it is on and while it waits."""

LOST = 0
"""Samples that never came: none, since a stream with a hole is refused. Callers may read it."""

ARRIVALS = 256
"""Arrivals remembered until it is known in which the onset came: it lies in their last 50 ms."""


class Track:
    """A stream of samples that a caller sends, or that is fetched for the caller.

    listener: takes its events. caller: a name for reports. delayed: whether anything but its source
    held it up. played_to: the sample that is heard next. on: at the player now. over: nothing of it
    will be heard any more. Moments are `perf_counter_ns`: asked,
    first (samples came), onset_arrived, first_sound; None until they were. started: that was told.
    counted: what of it the statistics have. heard, concealed: seconds of it, and of silence in its
    stalls, that devices took. xruns: of the sink when it was put on. failed: its source broke off.
    """

    def __init__(
        self, rate: int, history: PrebufferHistory, listener: EventListener, *, caller: str = ""
    ) -> None:
        self.buffer = SampleBuffer(rate)
        self.jitter = JitterBuffer(history)
        self.on = self.over = False
        self.caller = caller
        self.delayed = False
        self.played_to = 0
        self.asked_ns = perf_counter_ns()
        self.first_ns: int | None = None
        self.onset_arrived_ns: int | None = None
        self.stages: dict[str, float] = {}
        self.first_sound: FirstSound | None = None
        self.started = False
        self.counted = np.zeros(3)
        self.heard = self.concealed = 0.0
        self.xruns = 0
        self.failed = False
        self.on_begin: Callable[[], object] | None = None
        self.on_started: Callable[[Event], object] | None = None
        self.on_over: Callable[[Event], object] | None = None
        self.on_stop: Callable[[], object] | None = None
        self._onset = OnsetDetector(rate)
        self._arrivals: deque[tuple[int, int]] = deque(maxlen=ARRIVALS)
        self._listener = listener
        self._arrived_ns = self.asked_ns

    @property
    def onset(self) -> int | None:
        """Index of the sample where it becomes audible, None until that has come."""
        return self._onset.sample

    @property
    def limit(self) -> int:
        """Up to which sample more may come: back-pressure for whoever sends them."""
        ahead = PLAYING_AHEAD if self.on else WAITING_AHEAD
        return self.played_to + round(ahead * self.buffer.rate)

    @property
    def seconds_since_arrival(self) -> float:
        """Seconds since samples came, or were first asked for."""
        return (perf_counter_ns() - self._arrived_ns) / 1e9

    def tell(self, event: str, **fields: Any) -> None:
        """Send an event to whoever asked for the track."""
        self._listener({"event": event, **fields})

    def set_rate(self, rate: int) -> None:
        """Samples a second, as the source tells before the first. Raises InvalidRequest after."""
        if rate == self.buffer.rate:
            return
        if self.buffer.end:
            raise InvalidRequest(f"The rate cannot become {rate} within a stream.", "rate")
        self.buffer, self._onset = SampleBuffer(rate), OnsetDetector(rate)

    def append(self, pcm: bytes) -> None:
        """Take the next samples. Raises InvalidRequest."""
        before = self.buffer.end
        self.buffer.append(pcm)
        count = self.buffer.end - before
        if not count:
            return
        now = self._arrived_ns = perf_counter_ns()
        self.first_ns = self.first_ns or now
        self.jitter.arrive(now / 1e9, count / self.buffer.rate)
        if self._onset.sample is not None:
            return
        self._arrivals.append((self.buffer.end, now))
        onset = self._onset.feed(self.buffer.pcm(before, count))
        if onset is not None:  # it may have come before it was known to be one
            self.onset_arrived_ns = next(at for end, at in self._arrivals if end > onset)
            self._arrivals.clear()

    def begin(self) -> None:
        """It is wanted soon: have its source start, once."""
        if self.on_begin is not None and not self.over:
            self._arrived_ns = perf_counter_ns()  # it was not its source that waited until now
            begin, self.on_begin = self.on_begin, None
            begin()

    def complete(self) -> None:
        """The device has played its last sample."""
        self.on, self.over = False, True
        self.jitter.finish(remember=not self.delayed)
        self.tell(
            "complete",
            samples=self.buffer.end,
            seconds=round(self.buffer.end / self.buffer.rate, 4),
            lost=LOST,
            stalls=self.jitter.counters.stalls,
            stalled_s=round(self.jitter.counters.stalled, 4),
        )

    def stop(self, reason: str) -> None:
        """Nothing more of it will be heard: stop its source."""
        if not self.over:
            self.on, self.over = False, True
            self.tell("stopped", reason=reason, position=self.played_to)
            self._stop_source()

    def fail(self, message: str, status: int | None = None) -> None:
        """Its source has failed, with an HTTP status if that is why: play what came."""
        self.failed = True
        self.tell("failed", message=message, status=status)
        self.cut_short()
        self._stop_source()

    def cut_short(self) -> None:
        """No more will come: play what came, and fade out there."""
        self.jitter.end_stall(perf_counter_ns() / 1e9)
        self.buffer.cut()

    def _stop_source(self) -> None:
        if self.on_stop is not None:
            stop, self.on_stop = self.on_stop, None
            stop()
