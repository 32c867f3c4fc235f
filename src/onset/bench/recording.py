"""What happened to one request: every arrival with its time, and no figure computed from it.

Times are `perf_counter_ns` of this machine. The samples themselves are not kept, only how many
came when, where they became audible, and their digest.
Knows nothing of which side of a comparison it listens to.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from time import perf_counter_ns

import httpx

from onset.bench.audible import OnsetFinder
from onset.client import SAMPLE_BYTES, TIMEOUT, Speech, speak
from onset.errors import ServerError
from onset.types import SAMPLE_RATE
from onset.wire import DECODE, SERVER_TIMING, SpeechRequest


class Outcome(StrEnum):
    """How a request ended: whole, stopped by the listener after the onset, or badly."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"


class Extent(StrEnum):
    """How much of an answer the listener takes."""

    WHOLE = "whole"
    ONSET = "onset"


@dataclass(frozen=True, slots=True)
class Recording:
    """One request. `due_ns`: when it was to be sent; `sent_ns`: when it was.

    arrivals: (perf_counter_ns, samples) of each piece received; onset: index of the sample where
    it becomes audible; sha256: of all samples received. None is "did not happen".
    """

    due_ns: int
    sent_ns: int
    headers_ns: int | None = None
    arrivals: tuple[tuple[int, int], ...] = ()
    sample_rate: int = SAMPLE_RATE
    onset: int | None = None
    outcome: Outcome = Outcome.FAILED
    detail: str = ""
    server_timing: str = ""
    decode: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        if any(later < earlier for (earlier, _), (later, _) in pairwise(self.arrivals)):
            raise ValueError("arrivals must be in order of time")


class Recorder:
    """Collects one request's arrivals while they come."""

    def __init__(self, due_ns: int | None) -> None:
        self._due_ns = due_ns
        self._speech: Speech | None = None
        self._finder: OnsetFinder | None = None
        self._arrivals: list[tuple[int, int]] = []
        self._digest = hashlib.sha256()

    def listen(self, speech: Speech, extent: Extent) -> Outcome:
        """Read the answer, to its end or to its onset. Raises ServerError when it breaks off."""
        self._speech = speech
        for at_ns, pcm in speech:
            self._arrivals.append((at_ns, len(pcm) // SAMPLE_BYTES))
            self._digest.update(pcm)
            self._finder = self._finder or OnsetFinder(speech.sample_rate)
            if self._finder.feed(pcm) is not None and extent is Extent.ONSET:
                return Outcome.STOPPED
        return Outcome.COMPLETE

    def finish(self, asked_ns: int, outcome: Outcome, detail: str = "") -> Recording:
        """All that was noted. asked_ns: stands for `sent_ns` when nothing was ever answered."""
        speech = self._speech
        sent_ns = speech.sent_ns if speech else asked_ns
        return Recording(
            due_ns=sent_ns if self._due_ns is None else self._due_ns,
            sent_ns=sent_ns,
            headers_ns=speech.headers_ns if speech else None,
            arrivals=tuple(self._arrivals),
            sample_rate=speech.sample_rate if speech else SAMPLE_RATE,
            onset=self._finder.sample if self._finder else None,
            outcome=outcome,
            detail=detail,
            server_timing=speech.headers.get(SERVER_TIMING, "") if speech else "",
            decode=speech.headers.get(DECODE, "") if speech else "",
            sha256=self._digest.hexdigest() if self._arrivals else "",
        )


def record(
    url: str,
    request: SpeechRequest,
    *,
    extent: Extent = Extent.WHOLE,
    due_ns: int | None = None,
    timeout: httpx.Timeout = TIMEOUT,
) -> Recording:
    """Send one request over a new connection and note what arrives when. Never raises ServerError.

    due_ns None: it is due when it is sent (closed loop). A failure is a recording with what came
    until then; a success without an audible onset is a failure too.
    """
    recorder, asked_ns = Recorder(due_ns), perf_counter_ns()
    try:
        with speak(url, request, timeout=timeout) as speech:
            outcome = recorder.listen(speech, extent)
    except ServerError as error:
        return recorder.finish(asked_ns, Outcome.FAILED, str(error))
    recording = recorder.finish(asked_ns, outcome)
    if recording.onset is None:
        return recorder.finish(asked_ns, Outcome.FAILED, "no audible sound")
    return recording
