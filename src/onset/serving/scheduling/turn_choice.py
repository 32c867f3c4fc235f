"""Whose turn it is among the streams of a worker."""

from collections.abc import Iterable

from onset.serving.scheduling.stream import Stream

COMFORT = 2.0
"""Seconds of audio every listener has ahead when a background stream may have a turn."""


def choose(streams: Iterable[Stream], now: float) -> Stream | None:
    """Whose turn it is; None if nobody may run.

    A stream that was stopped, to be put away; else of the listeners the one who runs dry first, and
    of those in the background, who run while no listener is within COMFORT of that or within their
    own longest turn, the one that has waited longest. Ties go to the first that came.
    """
    first: Stream | None = None
    patient: Stream | None = None
    longest = 0.0
    for stream in streams:
        if stream.halt.is_set:
            return stream
        if stream.background:
            if stream.may_run(now):
                longest = max(longest, stream.longest_turn)
                if patient is None or stream.last_turn_at < patient.last_turn_at:
                    patient = stream
        elif (first is None or stream.deadline < first.deadline) and stream.may_run(now):
            first = stream
    if first is None or patient is None:
        return first or patient
    return first if first.ahead(now) < max(COMFORT, 2 * longest) else patient
