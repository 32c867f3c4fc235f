"""What happened to one request: every arrival with its time, and no figure computed from it.

Times are `perf_counter_ns` of this machine. The samples themselves are not stored, only how many
came when, where they became audible, and their digest.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from onset.types import SAMPLE_RATE


class RequestOutcome(StrEnum):
    """How a request ended: whole, stopped by the listener after the onset, or badly."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Recording:
    """One request. `due_ns`: when it was to be sent; `sent_ns`: when it was.

    arrivals: (perf_counter_ns, samples) of each piece received; onset: index of the sample where
    it becomes audible; ended_ns: when nothing more was to come; status: HTTP's; cache: what the
    server says of its cache; sha256: of all samples received; marks: other moments by name, such
    as "cancelled". None is "did not happen".
    """

    due_ns: int
    sent_ns: int
    headers_ns: int | None = None
    ended_ns: int | None = None
    status: int | None = None
    arrivals: tuple[tuple[int, int], ...] = ()
    sample_rate: int = SAMPLE_RATE
    onset: int | None = None
    outcome: RequestOutcome = RequestOutcome.FAILED
    detail: str = ""
    server_timing: str = ""
    decode: str = ""
    cache: str = ""
    sha256: str = ""
    marks: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(later < earlier for (earlier, _), (later, _) in pairwise(self.arrivals)):
            raise ValueError("arrivals must be in order of time")
