"""Made-up looks at a process for tests: how its memory was, once a minute."""

from collections.abc import Mapping

from onset.monitoring.recommendations.live_recommendations import ProcessSample


def hours_of(
    hours: float, leak: float = 0.0, loads: Mapping[int, float] | None = None
) -> list[ProcessSample]:
    """So many hours. leak: bytes an hour. loads: bytes of a language, by the minute it came."""
    loaded = loads or {}
    return [
        ProcessSample(
            60.0 * minute,
            int(700e6 + leak * minute / 60 + sum(b for at, b in loaded.items() if at <= minute)),
            0.1,
            1 + sum(at <= minute for at in loaded),
        )
        for minute in range(round(60 * hours))
    ]
