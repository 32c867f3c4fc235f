"""Makes the record of an answer where it ends."""

from collections.abc import Mapping
from time import perf_counter_ns, time

from onset.errors import Halted, InvalidRequest, OnsetError
from onset.model.voice_styles import ALIASES, VOICES
from onset.monitoring.answer_record import MIX, AnswerRecord, StreamOutcome, Way, refusal_reason
from onset.protocol.http_api import PURPOSE, Purpose
from onset.serving.error_codes import status_of
from onset.serving.scheduling.stream import Stream

PURPOSES: dict[str, Purpose] = {"user": "user", "bench": "bench", "probe": "probe"}


def purpose_of(headers: Mapping[str, str]) -> Purpose:
    """Whom a request is for, by its header PURPOSE. Raises InvalidRequest for an unknown one."""
    given = headers.get(PURPOSE, "user")
    if given not in PURPOSES:
        message = f"Unknown purpose {given[:20]!r}. Choices: {', '.join(PURPOSES)}."
        raise InvalidRequest(message, PURPOSE)
    return PURPOSES[given]


def stream_record(stream: Stream) -> AnswerRecord:
    """The record of an answer that is over; one that has not ended was left by its listener."""
    trace, delivery, background = stream.trace, stream.delivery, stream.background
    outcome = stream.outcome or StreamOutcome.LEFT
    return AnswerRecord(
        at=time(),
        purpose=stream.purpose,
        way=stream.way,
        outcome=outcome,
        lasted=(perf_counter_ns() - trace.start_ns) / 1e9,
        reason=refusal_reason(400) if outcome is StreamOutcome.REFUSED else None,
        characters=stream.characters,
        voice=known_voice(stream.request.voice),
        language=stream.language or None,
        speed=stream.request.speed,
        format=stream.format or None,
        decode=None if stream.exact is None else "exact" if stream.exact else "streaming",
        cold=stream.cold,
        ttfa=_seconds(trace.start_ns, delivery.audible_ns),
        first_audio=_seconds(trace.start_ns, delivery.sent_ns),
        ftts=(
            _seconds(trace.made_ns, delivery.audible_ns) if stream.way is Way.INCREMENTAL else None
        ),
        stages=delivery.stages(trace),
        audio=stream.produced,
        taken=stream.taken,
        work=stream.cost,
        stalls=None if background else stream.stalls.count,
        stalled=None if background else stream.stalls.seconds,
        longest_stall=None if background else stream.stalls.longest,
        plan=stream.plan.name,
        cached=trace.cached,
        predicted=trace.predicted,
    )


def unspoken_record(
    outcome: StreamOutcome, way: Way, purpose: Purpose, status: int, lasted: float
) -> AnswerRecord:
    """The record of what never became a stream. status: the HTTP status that it stands for."""
    reason = refusal_reason(status) if outcome is StreamOutcome.REFUSED else None
    return AnswerRecord(time(), purpose, way, outcome, lasted, reason)


def utterance_record(error: OnsetError, purpose: Purpose, lasted: float) -> AnswerRecord:
    """The record of an utterance that never became a stream."""
    left = isinstance(error, Halted)
    outcome = StreamOutcome.LEFT if left else outcome_of(status_of(error))
    return unspoken_record(outcome, Way.INCREMENTAL, purpose, status_of(error), lasted)


def outcome_of(status: int) -> StreamOutcome:
    """What an HTTP status without speech means; 0: the client left before there was any."""
    if not status:
        return StreamOutcome.LEFT
    return StreamOutcome.FAILED if status >= 500 and status != 503 else StreamOutcome.REFUSED


def known_voice(spec: str) -> str:
    """The voice's name, MIX for all that is not one of ours: no client's own words."""
    name = ALIASES.get(spec, spec)
    return name if name in VOICES else MIX


def _seconds(begin_ns: int, end_ns: int | None) -> float | None:
    return None if end_ns is None else (end_ns - begin_ns) / 1e9
