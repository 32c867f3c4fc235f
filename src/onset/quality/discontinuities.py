"""Seams: whether one can tell where streaming goes on with another step, chunk or decode.

At each border inside a reading, between two steps of the generator or only two chunks of 50 ms, and
at each join, where the next decode fades in, where both are as loud and where the last one is out,
two measures of streaming, less the same of exact at the same place; of a join, less that of the
exact decode of the later reading, which goes on there as if nothing were joined:

- *Jump*: the largest third difference of the samples across it, dB.
- *Flux*: root mean square change between the spectra of the 5 ms on either side, dB.

Each is ranked among those at 25 other places of the same audio: the nearest in loudness of 400
drawn, 5 ms or more from any border. If a border is like any other place, the mean rank is 1/2.
Test: a sign-flip test of the requests' sums of (rank - 1/2), which is a Mann-Whitney test whose
unit is the request, since places of one audio are not independent. Silence is left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import erfc, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from onset.engine.audible_span import CROSSFADE
from onset.model.backend import DECODER_FRAME_SAMPLES
from onset.quality.renditions.renditions import Renditions
from onset.types import SAMPLE_RATE

SPAN = SAMPLE_RATE // 200
"""Samples of 5 ms: of each side of the flux, and the least distance of other places to a border."""

JOIN = CROSSFADE * DECODER_FRAME_SAMPLES
"""Samples in which one decode goes over into the next at a join."""

PLACES = 400
"""Other places looked at in an audio, drawn once; fewer if it is too short."""

MATCHED = 25
"""How many of them a border is ranked among: those nearest in the exact audio's loudness."""

FAINT = 1e-7
"""Mean square (-70 dBFS) of 10 ms of exact below which a place is silent and left out."""

JUMP_FLOOR = 1e-5
FLUX_FLOOR = 1e-8
"""Added before logarithms: -100 dBFS for jumps, -80 dBFS in each band for flux."""

LEAST = 30
"""Fewest requests of which the test is made."""

Values = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BorderRanks:
    """Of one request and kind of border: how many, and the sums of (rank - 1/2), ranks 0 to 1."""

    count: int
    jump: float
    flux: float


@dataclass(frozen=True, slots=True)
class BorderTest:
    """Of one measure at one kind of border over all requests. p: two-sided.

    share: probability that the measure is larger at a border than elsewhere, 1/2 if alike.
    """

    borders: int
    requests: int
    share: float
    p: float


def border_ranks(pair: Renditions) -> dict[str, BorderRanks]:
    """Ranks of the borders "step", "chunk" and "join" of a pair."""
    streaming, exact = pair.streaming.astype(float), pair.exact.astype(float)
    starts = [part.begin for part in pair.parts if part.joined[0]]
    joins = [start + share * JOIN // 2 for start in starts for share in range(3)]
    random = np.random.default_rng(pair.seed)
    drawn = random.integers(0, max(1, len(exact)), 3 * PLACES)
    for border in (*pair.steps, *pair.chunks, *joins):
        drawn = drawn[np.abs(drawn - border) >= SPAN]
    others = _audible(exact, drawn[:PLACES])
    kinds = ("step", pair.steps, exact), ("chunk", pair.chunks, exact)
    return {
        kind: _ranks(
            _Measured(streaming, reference, _audible(reference, np.array(borders, np.int64))),
            _Measured(streaming, exact, others),
        )
        for kind, borders, reference in (*kinds, ("join", joins, _seamless(pair)))
    }


def _seamless(pair: Renditions) -> Values:
    """Exact, with the later reading alone on both sides of each join."""
    samples = pair.exact.astype(float)
    for part in pair.parts:
        if part.joined[0]:
            before, behind = min(JOIN, part.begin, part.first), min(2 * JOIN, part.end - part.begin)
            whole = part.whole[part.first - before : part.first + behind]
            samples[part.begin - before : part.begin + behind] = whole
    return samples


def border_test(ranks: Iterable[BorderRanks], measure: str) -> BorderTest | None:
    """Whether `measure` ("jump" or "flux") is alike at borders and elsewhere.

    The sum over requests divided by the root of the sum of squares is the sign-flip test's normal
    approximation. None if fewer than LEAST requests have borders.
    """
    counted = [each for each in ranks if each.count]
    if len(counted) < LEAST:
        return None
    sums = np.array([getattr(each, measure) for each in counted])
    count = sum(each.count for each in counted)
    spread = float(np.sqrt(np.sum(sums**2)))
    z = float(np.sum(sums)) / spread if spread else 0.0
    share = 0.5 + float(np.sum(sums)) / count
    return BorderTest(count, len(counted), share, erfc(abs(z) / sqrt(2)))


class _Measured(NamedTuple):
    """Places of streaming, and what they are held against."""

    streaming: Values
    reference: Values
    places: Places

    def by(self, measure: Callable[[Values, Places], Values]) -> Values:
        return measure(self.streaming, self.places) - measure(self.reference, self.places)

    @property
    def loudness(self) -> Values:
        return _loudness(self.reference, self.places)


def _ranks(borders: _Measured, others: _Measured) -> BorderRanks:
    if not len(borders.places) or len(others.places) < MATCHED:
        return BorderRanks(0, 0.0, 0.0)
    apart = np.abs(borders.loudness[:, None] - others.loudness)
    nearest = np.argsort(apart, axis=1, kind="stable")[:, :MATCHED]
    sums = []
    for measure in (_jump, _flux):
        here, there = borders.by(measure)[:, None], others.by(measure)[nearest]
        below = (there < here).mean(1) + 0.5 * (there == here).mean(1)
        sums.append(float(np.sum(below - 0.5)))
    return BorderRanks(len(borders.places), *sums)


def _audible(exact: Values, places: Places) -> Places:
    """Those far enough from both ends, and not in silence."""
    inside = places[(places >= 2 * SPAN) & (places <= len(exact) - 2 * SPAN)]
    return np.compress(_loudness(exact, inside) > 10 * np.log10(FAINT), inside)


def _windows(samples: Values, places: Places, begin: int, end: int) -> Values:
    """[n, end - begin]: the samples from `begin` to `end` around each place."""
    return np.take(samples, places[:, None] + np.arange(begin, end))


def _loudness(samples: Values, places: Places) -> Values:
    """dBFS of the 10 ms around each place."""
    power: Values = np.mean(_windows(samples, places, -SPAN, SPAN) ** 2, axis=1)
    return 10 * np.log10(power + 1e-12)


def _jump(samples: Values, places: Places) -> Values:
    """Largest third difference that straddles the place, in dB: smooth sound has little of it."""
    around = np.diff(_windows(samples, places, -3, 3), 3, axis=1)
    decibels: Values = 20 * np.log10(np.abs(around).max(1) + JUMP_FLOOR)
    return decibels


def _flux(samples: Values, places: Places) -> Values:
    """Root mean square change in dB between the spectra of the 5 ms before and after."""
    before = _spectra(_windows(samples, places, -SPAN, 0))
    after = _spectra(_windows(samples, places, 0, SPAN))
    change: Values = np.sqrt(np.mean((after - before) ** 2, axis=1))
    return change


def _spectra(windows: Values) -> Values:
    power = np.abs(np.fft.rfft(windows * np.hanning(SPAN), axis=1)) ** 2
    return 10 * np.log10(power / SPAN + FLUX_FLOOR)
