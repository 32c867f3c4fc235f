"""The record of one answer, made where it ends, and the feed that hands it to all who count.

Log line, metrics, live window and history are made of these records alone, so that they cannot
disagree. A record has no text, no id, and nothing that tells who asked.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from onset.protocol.http_api import Decode, Purpose
from onset.types import PlanName

TARGET = 0.8
"""Seconds to the first audible audio that are promised (scenarios.toml, `ttfa_audible`)."""

MIX = "mix"
"""Stands for every mix of voices: a record has no name that a client made up."""

_log = logging.getLogger("onset.server")


class StreamOutcome(StrEnum):
    """How an answer ended. LEFT: the listener closed it. REFUSED: nothing could be spoken."""

    SPOKEN = "spoken"
    LEFT = "left"
    REFUSED = "refused"
    LATE = "late"
    STOPPED = "stopped"
    FAILED = "failed"


class Way(StrEnum):
    """How an answer was asked for; figures of one way say nothing about another.

    INCREMENTAL: its text came while it was being written. BACKGROUND: nobody listened meanwhile.
    """

    HTTP = "http"
    INCREMENTAL = "incremental"
    BACKGROUND = "background"


class RefusalReason(StrEnum):
    """Why nothing was spoken."""

    INVALID = "invalid"
    KEY = "key"
    ORIGIN = "origin"
    SIZE = "size"
    TIME = "time"
    FULL = "full"
    UNAVAILABLE = "unavailable"


_REASONS = {
    401: RefusalReason.KEY,
    403: RefusalReason.ORIGIN,
    408: RefusalReason.TIME,
    413: RefusalReason.SIZE,
    429: RefusalReason.FULL,
    503: RefusalReason.UNAVAILABLE,
}


def refusal_reason(status: int) -> RefusalReason:
    """The reason that an HTTP status stands for."""
    return _REASONS.get(status, RefusalReason.INVALID)


PromiseResult = Literal["good", "bad", "unmeasured"]
"""What an answer says about the promise: kept, broken, or nothing, since nobody waited so long."""


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """One answer. Times in seconds; None: not known, or it never happened.

    at: Unix time at its end. reason: of a refusal. ttfa: until the piece with the audible onset was
    handed to the transport; first_audio: until the first bytes were. They and `stages`, whose sum
    is first_audio, count from when the request was there or, of a text that is being written, from
    when there was enough of it to begin; ftts: from its first words, to the audible onset. lasted:
    until it was over. audio: made; taken: of it sent on; work: that took. stalls, stalled,
    longest_stall: of a listener without prebuffer. cold: whether its language was loaded for it.
    plan: in which way it was made. predicted: until the first samples, by who admitted it. cached:
    whether its beginning was in the cache; None: none was asked.
    """

    at: float
    purpose: Purpose
    way: Way
    outcome: StreamOutcome
    lasted: float
    reason: RefusalReason | None = None
    characters: int | None = None
    voice: str | None = None
    language: str | None = None
    speed: float | None = None
    format: str | None = None
    decode: Decode | None = None
    cold: bool | None = None
    ttfa: float | None = None
    first_audio: float | None = None
    ftts: float | None = None
    stages: Mapping[str, float] | None = None
    audio: float = 0.0
    taken: float = 0.0
    work: float = 0.0
    stalls: int | None = None
    stalled: float | None = None
    longest_stall: float | None = None
    plan: PlanName | None = None
    cached: bool | None = None
    predicted: float | None = None

    @property
    def over_prediction(self) -> float | None:
        """First samples over what was predicted; None where nothing was, or not of this work."""
        if self.first_audio is None or not self.predicted or self.cold or self.cached:
            return None
        waited = (self.stages or {}).get("rest", 0.0)  # for more than the first samples
        return (self.first_audio - waited) / self.predicted

    @property
    def rtf(self) -> float | None:
        """Seconds of the engine's work for a second of audio; None without audio."""
        return self.work / self.audio if self.audio else None

    def promise(self) -> PromiseResult | None:
        """Whether it kept the promise of TARGET; None for what was refused.

        A failure breaks it. Who left before TARGET without audio tells nothing, and neither does
        speech without an audible onset.
        """
        if self.outcome is StreamOutcome.REFUSED:
            return None
        if self.ttfa is not None:
            return "good" if self.ttfa <= TARGET else "bad"
        if self.outcome is StreamOutcome.LEFT:
            late = self.first_audio is None and self.lasted > TARGET
            return "bad" if late else "unmeasured"
        return "unmeasured" if self.outcome is StreamOutcome.SPOKEN else "bad"

    @property
    def is_promised(self) -> bool:
        """Whether a user waited for it to be made, whichever model spoke."""
        return self.purpose == "user" and self.way is Way.HTTP and not self.cached

    @property
    def is_counted(self) -> bool:
        """Whether it belongs to the population that figures of time are about: Kokoro's answers.

        A student's are counted apart, as they would hide how soon Kokoro is.
        """
        return self.is_promised and self.plan != "fast"


AnswerListener = Callable[[AnswerRecord], None]


class AnswerFeed:
    """Hands every record to its listeners, which must be quick: they run in the event loop."""

    def __init__(self) -> None:
        self.listeners: list[AnswerListener] = []

    def publish(self, record: AnswerRecord) -> None:
        """Tell all. A listener's fault costs its own count, and no answer."""
        for listener in self.listeners:
            try:
                listener(record)
            except Exception as error:
                _log.error("A listener of answers failed: %s", type(error).__name__)
