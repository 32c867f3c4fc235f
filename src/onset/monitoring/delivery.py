"""When the audio of one answer was handed to the transport, and when what is audible of it was."""

from dataclasses import dataclass
from time import perf_counter_ns

from onset.audio.encoders import PcmEncoder
from onset.audio.onset_detection import OnsetDetector
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Floats

SEARCHED = 10 * SAMPLE_RATE
"""Samples in which the audible onset is looked for. An answer that is silent for longer has none.
"""


@dataclass(slots=True)
class DeliveryStalls:
    """How often a listener without prebuffer ran dry, and for how many seconds in all.

    The sum is also the smallest prebuffer that would have avoided every stall. longest: seconds.
    """

    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)


class AnswerDelivery:
    """What was sent of an answer, and when. Times are `perf_counter_ns`; None: not yet.

    sent_ns: when the first bytes were handed to the transport. audible_ns: when the piece was that
    has the audible onset, as `ttfa_audible` of the benchmark counts it. encode_ns: how long the
    first bytes took to encode; rest_ns: how long they waited for more than the first piece, as
    those of a whole answer do. A piece of which a codec gave no bytes yet goes with the next one.
    """

    def __init__(self) -> None:
        self.sent_ns: int | None = None
        self.audible_ns: int | None = None
        self.encode_ns = self.rest_ns = 0
        self._encoded_ns: int | None = None
        self._detector = OnsetDetector(SAMPLE_RATE)
        self._samples = 0
        self._ends: list[tuple[int, int]] = []  # of each piece: its last sample, and when

    def encoded(self, begin_ns: int, end_ns: int) -> None:
        """A piece, or the end, was encoded then; after the first bytes it does not count."""
        if self.sent_ns is not None:
            return
        if self._encoded_ns is not None:
            self.rest_ns += begin_ns - self._encoded_ns
        self.encode_ns += end_ns - begin_ns
        self._encoded_ns = end_ns

    def sent(self, samples: Floats, handed: bool = True, at_ns: int | None = None) -> None:
        """A piece was sent. handed: whether any bytes of it were handed to the transport.

        at_ns: when that began, now if None. A listener may have the bytes before who handed them
        over has the processor again.
        """
        self._samples += len(samples)
        searching = self.audible_ns is None and self._samples <= SEARCHED
        if searching:
            self._detector.feed(PcmEncoder().feed(samples))
        if not handed:
            return
        if self.sent_ns is None or searching:
            self._note(at_ns or perf_counter_ns())

    def _note(self, now_ns: int) -> None:
        if self.sent_ns is None:
            self.sent_ns = now_ns
        self._ends.append((self._samples, now_ns))
        onset = self._detector.sample
        if onset is not None:
            self.audible_ns = next(at for end, at in self._ends if onset < end)
            self._ends.clear()

    def stages(self, trace: Trace, until_ns: int | None = None) -> dict[str, float] | None:
        """Seconds of each stage up to the first bytes; their sum is the time they took.

        until_ns: up to that moment, for what is about to be sent. "other" is what belongs to no
        stage: handing over between threads, the head of the answer. None without audio.
        """
        stages, end = trace.stages(), until_ns or self.sent_ns
        if stages is None or end is None:
            return None
        own = {"encode": self.encode_ns, "rest": self.rest_ns}
        stages |= {name: nanoseconds / 1e9 for name, nanoseconds in own.items() if nanoseconds}
        total = (end - trace.start_ns) / 1e9
        return stages | {"other": max(0.0, total - sum(stages.values()))}
