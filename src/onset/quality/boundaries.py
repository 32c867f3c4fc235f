"""Ends and pauses: what is audible where speech begins, ends or pauses.

Each is the worst of a request's utterances, which end where nothing is joined:

- *Click*: largest step between neighbouring samples within 2 ms of an utterance's ends or the
  answer's. Joins lie in the middle of speech, which has larger steps of its own: the jumps of the
  seams tell of them.
- *Cut off*: energy of the whole exact decode behind the last sample kept of an utterance (what
  rings out under the next one is kept), of all from 200 ms before it on, taken as -50 dBFS at
  least; and the same of the beginning. A consonant that is cut off shows here.
- *Ending*: level of an utterance's 200 ms up to the last 10 ms that exact has above -50 dBFS,
  streaming less exact.
- *Pause*: 150 ms or more inside an utterance whose every 10 ms of exact is below -50 dBFS. What
  streaming adds is counted from -60 dBFS up.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.quality.log_mel import level
from onset.quality.renditions.renditions import Renditions
from onset.types import SAMPLE_RATE, Floats

LAST = SAMPLE_RATE // 5
"""Samples of the last 200 ms, where a final consonant is."""

NEAR = SAMPLE_RATE // 500
"""Samples of the 2 ms around an end in which a click would be."""

FRAME = SAMPLE_RATE // 100
"""Samples of 10 ms."""

PAUSE_FRAMES = 15
"""Frames of the shortest pause: 150 ms."""

AUDIBLE = -50.0
"""dBFS below which nothing is heard. What is cut off is measured against 200 ms of it at least."""

QUIET = -60.0
"""dBFS from which on noise in a pause counts."""


@dataclass(frozen=True, slots=True)
class BoundaryLevels:
    """The worst of a request's places, in dB or dBFS; None where it has no such place.

    ending: the one furthest from 0. pause, pause_exact: the loudest pause of streaming, and exact
    there.
    """

    click: float
    cut: float
    cut_before: float
    ending: float | None
    pause: float | None
    pause_exact: float | None

    @property
    def noise(self) -> float | None:
        """What streaming adds to the pause, from QUIET up."""
        if self.pause is None or self.pause_exact is None:
            return None
        return max(self.pause, QUIET) - max(self.pause_exact, QUIET)


def boundary_levels(pair: Renditions) -> BoundaryLevels:
    """Measure the ends and pauses of every part and utterance of a pair."""
    utterances = [slice(parts[0].begin, parts[-1].end) for parts in pair.utterances]
    endings = [level for place in utterances if (level := _ending(pair, place)) is not None]
    pauses = [levels for place in utterances for levels in _pauses(pair, place)]
    pause, pause_exact = max(pauses, default=(None, None))
    firsts, lasts = zip(*((parts[0], parts[-1]) for parts in pair.utterances), strict=True)
    return BoundaryLevels(
        click=max(_click(pair.streaming, place) for place in _ends(pair)),
        cut=max(_cut(part.whole, part.last) for part in lasts),
        cut_before=max(_cut(part.whole[::-1], len(part.whole) - part.first) for part in firsts),
        ending=max(endings, key=abs, default=None),
        pause=pause,
        pause_exact=pause_exact,
    )


def _ends(pair: Renditions) -> Iterator[slice]:
    """The 2 ms behind each beginning and before each end."""
    utterances = list(pair.utterances)
    yield from (slice(begin, begin + NEAR) for begin in (0, *(u[0].begin for u in utterances)))
    ends = len(pair.streaming), *(u[-1].end for u in utterances)
    yield from (slice(end - NEAR, end) for end in ends)


def _click(samples: Floats, place: slice) -> float:
    """Largest step in dBFS, samples on either side included. Outside of the audio is silence."""
    around = np.pad(samples, 1)[place.start : place.stop + 2]
    return float(20 * np.log10(np.abs(np.diff(around)).max() + 1e-10))


def _cut(whole: Floats, end: int) -> float:
    """Energy of `whole` behind `end` by all from 200 ms before `end`, dB."""
    energy = float(np.sum(whole[max(0, end - LAST) :].astype(float) ** 2))
    behind = float(np.sum(whole[end:].astype(float) ** 2))
    return float(10 * np.log10((behind + 1e-12) / max(energy, LAST * 10 ** (AUDIBLE / 10))))


def _ending(pair: Renditions, place: slice) -> float | None:
    (loud,) = np.nonzero(_frames(pair.exact[place]) > 10 ** (AUDIBLE / 10))
    if not len(loud):
        return None
    end = place.start + (int(loud[-1]) + 1) * FRAME
    last = slice(max(place.start, end - LAST), end)
    return level(pair.streaming[last]) - level(pair.exact[last])


def _frames(samples: Floats) -> npt.NDArray[np.float64]:
    """Mean square of each whole 10 ms."""
    count = len(samples) // FRAME
    squares = samples[: count * FRAME].astype(float) ** 2
    power: npt.NDArray[np.float64] = squares.reshape(count, FRAME).mean(axis=1)
    return power


def _pauses(pair: Renditions, place: slice) -> Iterator[tuple[float, float]]:
    """Level in streaming and exact of each pause inside an utterance, its outer 20 ms left out."""
    quiet = _frames(pair.exact[place]) < 10 ** (AUDIBLE / 10)
    (changes,) = np.nonzero(np.diff(np.pad(quiet, 1)))
    for first, last in changes.reshape(-1, 2).tolist():
        if first == 0 or last == len(quiet) or last - first < PAUSE_FRAMES:
            continue  # the ends are not pauses
        inside = slice(place.start + (first + 2) * FRAME, place.start + (last - 2) * FRAME)
        yield level(pair.streaming[inside]), level(pair.exact[inside])
