"""Whether resident memory rises steadily: a leak, and not something that was loaded.

Medians of half hours, six hours of them. A leak shows in nearly all differences, a step in one or
two. So each counts for no more than MOST_RISE, those beside the loading of a language not at all,
and where less than STEADY of them are rises there is no growth.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from onset.monitoring.recommendations.live_recommendations import ProcessSample

HALF_HOUR = 1800.0
"""Seconds of a median."""

DIFFERENCES, FEWEST = 12, 8
"""Between medians: how many are looked at, and how many it takes at least."""

MOST_RISE = 10e6
"""Bytes of one difference that count: a leak of 20 MB an hour."""

STEADY = 0.75
"""Share of the differences that have to be rises. With noise of 5 MB and none else half are."""

HalfHour = tuple[float, int, int]
"""Median of the bytes, and languages that were loaded at its begin and at its end."""


def memory_growth(samples: Sequence[ProcessSample]) -> float | None:
    """Bytes by which memory rose steadily in the last whole half hours; None: too few of them."""
    hours = half_hours(samples)
    if len(hours) <= FEWEST:
        return None
    medians = np.array([middle for middle, _, _ in hours])
    pairs = zip(hours, hours[1:], strict=False)
    loads = np.array([before != after for (_, before, _), (_, _, after) in pairs])
    if np.count_nonzero(~loads) < FEWEST:
        return None
    return float(steady_rise(medians, loads))


def half_hours(samples: Sequence[ProcessSample]) -> list[HalfHour]:
    """The last whole half hours, the newest last, as far back as there is one after another."""
    grouped: dict[int, list[ProcessSample]] = {}
    for sample in samples:
        grouped.setdefault(int(sample.at // HALF_HOUR), []).append(sample)
    found: list[HalfHour] = []
    number = max(grouped, default=0) - 1  # the newest one is not over
    while (group := grouped.get(number)) and len(found) <= DIFFERENCES:
        middle = float(np.median([sample.rss for sample in group]))
        found.insert(0, (middle, group[0].languages, group[-1].languages))
        number -= 1
    return found


def steady_rise(
    medians: npt.NDArray[np.float64], loads: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Bytes of each window [..., n + 1]; loads [..., n]: differences that tell nothing."""
    rises = np.where(loads, 0.0, np.clip(np.diff(medians), -MOST_RISE, MOST_RISE))
    steady = (rises > 0).sum(-1) >= STEADY * (~loads).sum(-1)
    return np.where(steady, rises.sum(-1), 0.0)
