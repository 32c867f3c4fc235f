"""Where speech begins, ends and pauses: what an ear would notice there, as figures.

Clicks at the ends of segments, consonants cut off, noise in pauses. Knows nothing of thresholds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.quality.log_mel import level
from onset.quality.renditions import Renditions, SegmentPlace
from onset.types import SAMPLE_RATE, Floats

ENDING = SAMPLE_RATE // 5
"""Samples of the last 200 ms, where a final consonant is."""

BRIEF = SAMPLE_RATE // 500
"""Samples of the 2 ms around an end in which a click would be."""

FRAME = SAMPLE_RATE // 100
"""Samples of 10 ms."""

PAUSE_LEVEL = -50.0
PAUSE_FRAMES = 15
"""A pause: at least 150 ms whose every 10 ms of exact audio is below -50 dBFS."""

SPOKEN = -50.0
"""dBFS below which nothing is heard: what is cut off is measured against 200 ms of it at least, and
an ending ends with the last 10 ms above it."""


@dataclass(frozen=True, slots=True)
class BoundaryLevels:
    """The worst of a request's segments, in dB; None where it has no such place.

    click: largest step between neighbouring samples within 2 ms of a segment's ends or that of the
    audio, dBFS. cut: energy of the exact decode behind the last sample that is heard of it, of all
    from 200 ms before that; cut_before: the same of the beginning. ending: level of the last 200 ms
    that are heard, streaming less exact, the one furthest from 0. pause, pause_exact: loudest pause
    inside a segment of streaming, and the exact audio's level there, dBFS.
    """

    click: float
    cut: float
    cut_before: float
    ending: float | None
    pause: float | None
    pause_exact: float | None


def edges(pair: Renditions) -> BoundaryLevels:
    """Measure the ends and pauses of every segment of a pair."""
    endings = [each for u in pair.utterances if (each := _ending(pair, u)) is not None]
    pauses = [each for u in pair.utterances for each in _pauses(pair, u)]
    pause, pause_exact = max(pauses, default=(None, None))
    return BoundaryLevels(
        click=max(_click(pair.streaming, place) for place in _ends(pair)),
        cut=max(_cut(u.whole, u.last) for u in pair.utterances),
        cut_before=max(_cut(u.whole[::-1], len(u.whole) - u.first) for u in pair.utterances),
        ending=max(endings, key=abs, default=None),
        pause=pause,
        pause_exact=pause_exact,
    )


def _ends(pair: Renditions) -> Iterator[slice]:
    """The 2 ms behind each beginning and before each end."""
    for begin in {0, *(u.begin for u in pair.utterances)}:
        yield slice(begin, begin + BRIEF)
    for end in {len(pair.streaming), *(u.end for u in pair.utterances)}:
        yield slice(end - BRIEF, end)


def _click(samples: Floats, place: slice) -> float:
    """dBFS, the samples on either side counted in. Outside of the audio is silence."""
    around = np.pad(samples, 1)[place.start : place.stop + 2]
    return float(20 * np.log10(np.abs(np.diff(around)).max() + 1e-10))


def _cut(whole: Floats, end: int) -> float:
    """Energy of `whole` behind `end`, of all from 200 ms before `end`, dB."""
    energy = float(np.sum(whole[max(0, end - ENDING) :].astype(float) ** 2))
    behind = float(np.sum(whole[end:].astype(float) ** 2))
    least = ENDING * 10 ** (SPOKEN / 10)
    return float(10 * np.log10((behind + 1e-12) / max(energy, least)))


def _ending(pair: Renditions, place: SegmentPlace) -> float | None:
    (loud,) = np.nonzero(_frames(pair.exact[place.begin : place.end]) > 10 ** (SPOKEN / 10))
    if not len(loud):
        return None
    end = place.begin + (int(loud[-1]) + 1) * FRAME
    last = slice(max(place.begin, end - ENDING), end)
    return level(pair.streaming[last]) - level(pair.exact[last])


def _frames(samples: Floats) -> npt.NDArray[np.float64]:
    """Mean square of each whole 10 ms."""
    count = len(samples) // FRAME
    squares = samples[: count * FRAME].astype(float) ** 2
    found: npt.NDArray[np.float64] = squares.reshape(count, FRAME).mean(axis=1)
    return found


def _pauses(pair: Renditions, place: SegmentPlace) -> Iterator[tuple[float, float]]:
    """Level in streaming and in exact of each pause inside a segment, its outer 20 ms left out."""
    quiet = _frames(pair.exact[place.begin : place.end]) < 10 ** (PAUSE_LEVEL / 10)
    for first, last in _runs(quiet):
        if first == 0 or last == len(quiet) or last - first < PAUSE_FRAMES:
            continue  # the ends are not pauses
        inside = slice(place.begin + (first + 2) * FRAME, place.begin + (last - 2) * FRAME)
        yield level(pair.streaming[inside]), level(pair.exact[inside])


def _runs(found: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) of each run of True."""
    (changes,) = np.nonzero(np.diff(np.concatenate([[False], found, [False]])))
    yield from zip(map(int, changes[::2]), map(int, changes[1::2]), strict=True)
