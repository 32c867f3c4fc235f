"""Whether a server keeps what it should let go: its resident memory over many requests.

Measured in the server's process, not in this one.
Knows nothing of time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from onset.bench.machine import resident_bytes
from onset.bench.recording import Extent, Outcome
from onset.bench.sides import Side
from onset.bench.texts import TextClass, workload
from onset.errors import ServerError

_MIX = (TextClass.TWO_WORDS, TextClass.FORTY, TextClass.SENTENCE)


@dataclass(frozen=True, slots=True)
class Growth:
    """rss_bytes[i]: after request i + 1; start_bytes: before the first."""

    start_bytes: int
    rss_bytes: tuple[int, ...]
    failures: int

    def summary(self) -> dict[str, object]:
        """Resident memory half way and at the end, and what the second half added.

        The slope is Theil and Sen's: the median over all pairs, which one jump does not move.
        """
        half = len(self.rss_bytes) // 2
        return {
            "schema": 1,
            "bench": "memory",
            "requests": len(self.rss_bytes),
            "failures": self.failures,
            "rss_start_bytes": self.start_bytes,
            "rss_half_requests": half,
            "rss_half_bytes": self.rss_bytes[half - 1],
            "rss_end_bytes": self.rss_bytes[-1],
            "rss_peak_bytes": max(self.rss_bytes),
            "growth_second_half_bytes": self.rss_bytes[-1] - self.rss_bytes[half - 1],
            "growth_bytes_per_request": slope(self.rss_bytes[half:]),
        }


def texts(requests: int, seed: int) -> Iterator[str]:
    """Texts of mixed lengths, none twice."""
    made = workload(seed).texts
    for number in range(requests):
        yield made[_MIX[number % len(_MIX)]][number // len(_MIX)]


def exercise(side: Side, pid: int, spoken: Sequence[str]) -> Iterator[tuple[int, bool]]:
    """Speak every text to its end; gives (resident bytes, went well) after each."""
    for text in spoken:
        recording = side.listen(text, Extent.WHOLE)
        yield resident(pid), recording.outcome is Outcome.COMPLETE


def resident(pid: int) -> int:
    """Resident bytes of the server. Raises ServerError when there is no such process."""
    found = resident_bytes(pid)
    if found is None:
        raise ServerError(f"There is no process {pid} to measure")
    return found


def slope(values: Sequence[int]) -> float | None:
    """Theil-Sen slope per step; None for fewer than two values."""
    pairs = combinations(enumerate(values), 2)
    slopes = [(later - earlier) / (j - i) for (i, earlier), (j, later) in pairs]
    return median(slopes) if slopes else None
