"""A simulated player: what a listener would hear of a recorded stream.

The player starts when `prebuffer` seconds of audio have arrived or the stream has ended. It pauses
when it runs dry, and continues with the next piece that arrives (the pausing player of ITU-T
G.1021, rebuffering delay 0).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

STALL_FLOOR_SECONDS = 0.001
"""A shorter wait is no stall: the buffers of sound devices are longer than that."""

SMOOTH_STALL_SECONDS = 0.020
"""A stream is smooth if no stall is longer."""

Piece = tuple[float, float]
"""(arrival in seconds on any clock, seconds of audio)"""


@dataclass(frozen=True, slots=True)
class SimulatedPlayback:
    """start: when playback began, on the pieces' clock. stalls: (when, how long) in seconds."""

    start: float
    stalls: tuple[tuple[float, float], ...]
    audio_seconds: float

    @property
    def stall_seconds(self) -> float:
        """Seconds of silence that are no part of the audio."""
        return sum(length for _, length in self.stalls)

    @property
    def smooth(self) -> bool:
        """Whether no stall is longer than SMOOTH_STALL_SECONDS."""
        return all(length <= SMOOTH_STALL_SECONDS for _, length in self.stalls)

    @property
    def efficiency(self) -> float:
        """Audio over audio plus stalls, 1.0 for an unbroken stream."""
        return self.audio_seconds / (self.audio_seconds + self.stall_seconds)


def play(pieces: Sequence[Piece], prebuffer: float) -> SimulatedPlayback | None:
    """Play the pieces in order; prebuffer in seconds. None when there is no audio."""
    audible = [piece for piece in pieces if piece[1] > 0]
    if not audible:
        return None
    buffered = accumulate(seconds for _, seconds in audible)
    filled = zip(audible, buffered, strict=True)
    full = (arrival for (arrival, _), seconds in filled if seconds >= prebuffer)
    start = needed = next(full, audible[-1][0])
    stalls = []
    for arrival, seconds in audible:
        if arrival - needed > STALL_FLOOR_SECONDS:
            stalls.append((needed, arrival - needed))
        needed = max(needed, arrival) + seconds
    return SimulatedPlayback(start, tuple(stalls), sum(seconds for _, seconds in audible))


def required_prebuffer(pieces: Sequence[Piece]) -> float | None:
    """Smallest wait in seconds after the first piece that would have avoided every stall."""
    audible = [piece for piece in pieces if piece[1] > 0]
    wait, received = 0.0, 0.0
    for arrival, seconds in audible:
        wait = max(wait, arrival - audible[0][0] - received)
        received += seconds
    return wait if audible else None
