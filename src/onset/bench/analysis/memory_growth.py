"""Whether a server keeps what it should let go: its resident memory over many requests.

Measured in the server's process, not in this one.
Knows nothing of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import MachineSample, Run
from onset.errors import ServerError


@dataclass(frozen=True, slots=True)
class MemoryGrowth:
    """rss_bytes[i]: after request i + 1; start_bytes: before the first."""

    start_bytes: int
    rss_bytes: tuple[int, ...]
    failures: int

    @classmethod
    def of(cls, run: Run, scenario: str) -> "MemoryGrowth":
        """From the samples of a run. Raises ServerError when the process could not be read."""
        arm = run.manifest.arms[0].name
        trials = [trial for trial in run.trials if trial.ask.scenario == scenario]
        samples = [sample for sample in run.system if sample.scenario == scenario]
        read = [(sample.at_ns, _resident(sample, arm)) for sample in samples]
        after = [
            next(size for at_ns, size in read if at_ns >= (trial.recording.ended_ns or 0))
            for trial in trials
        ]
        failures = sum(trial.recording.outcome is RequestOutcome.FAILED for trial in trials)
        return cls(read[0][1], tuple(after), failures)

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


def _resident(sample: MachineSample, arm: str) -> int:
    found = sample.servers[arm].rss_bytes
    if found is None:
        raise ServerError("There is no process to measure")
    return found


def slope(values: Sequence[int]) -> float | None:
    """Theil-Sen slope per step; None for fewer than two values."""
    pairs = combinations(enumerate(values), 2)
    slopes = [(later - earlier) / (j - i) for (i, earlier), (j, later) in pairs]
    return median(slopes) if slopes else None
