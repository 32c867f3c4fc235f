"""The figures of one idle probe: like for like on every day, whatever users ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """One probe. at: Unix time at its end; the others in seconds, rss in bytes. None: not known.

    first_audio: of one fixed sentence, from the turn at which the engine began with it; front: that
    stage of it. pace: the generator's work for a second of audio. host: a fixed piece of work that
    has nothing to do with speech.
    """

    at: float
    first_audio: float | None
    front: float | None
    pace: float | None
    host: float | None
    rss: int | None
