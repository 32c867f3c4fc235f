"""The seam test: silent where there is no seam, and not deaf."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from onset.quality import discontinuities
from onset.quality.discontinuities import (
    LEAST,
    MATCHED,
    PLACES,
    BorderRanks,
    border_ranks,
    border_test,
)
from onset.quality.renditions.renditions import PartPlace, Renditions
from onset.types import Floats, Request

LENGTH = 36_000
STEPS = tuple(range(4800, LENGTH, 4800))
CHUNKS = tuple(p for p in range(1200, LENGTH, 1200) if p not in STEPS)


def spoken(seed: int) -> Renditions:
    """Coloured noise that swells and fades; streaming is a little louder and a little different."""
    random = np.random.default_rng(seed)
    swell = 0.1 + np.abs(np.sin(np.arange(LENGTH) * random.uniform(5e-4, 9e-4)))
    exact = _coloured(random) * swell
    streaming = 1.02 * (exact + 0.1 * _coloured(random) * swell)
    loud, soft = streaming.astype(np.float32), exact.astype(np.float32)
    return Renditions(Request(f"Hm {seed}."), loud, soft, True, STEPS, CHUNKS, ())


def _coloured(random: np.random.Generator) -> Floats:
    noise = np.convolve(random.normal(0, 0.05, LENGTH), np.hanning(9), "same")
    return noise.astype(np.float32)


def with_clicks(pair: Renditions, size: float) -> Renditions:
    """A step of `size` at each border of a step, which fades within a millisecond."""
    streaming = pair.streaming.copy()
    for place in pair.steps:
        streaming[place : place + 24] += size * np.linspace(1, 0, 24, dtype=np.float32)
    return replace(pair, streaming=streaming)


def probability(pairs: list[Renditions], kind: str, measure: str) -> float:
    found = border_test([border_ranks(pair)[kind] for pair in pairs], measure)
    assert found is not None and found.requests == len(pairs)
    return found.p


def test_no_seam_is_seen_where_there_is_none() -> None:
    pairs = [spoken(k) for k in range(40)]
    for kind in ("step", "chunk"):
        for measure in ("jump", "flux"):
            assert probability(pairs, kind, measure) > 0.0025, (kind, measure)


def test_clicks_at_steps_are_seen_there_and_not_at_chunks() -> None:
    """Clicks of a fifth of the noise's level: 14 dB below it."""
    pairs = [with_clicks(spoken(k), 0.04) for k in range(LEAST)]
    assert probability(pairs, "step", "jump") < 1e-6
    assert probability(pairs, "chunk", "jump") > 0.0025


def with_joins(pair: Renditions, size: float) -> Renditions:
    """Joins at the places of steps, with clicks in exact too; the decodes joined have none."""
    fault = with_clicks(pair, size).streaming - pair.streaming
    parts = tuple(
        PartPlace(begin, end, pair.exact, begin, 0, (begin > 0, end < LENGTH))
        for begin, end in pairwise((0, *STEPS, LENGTH))
    )
    streaming, exact = pair.streaming + fault, pair.exact + fault
    return replace(pair, streaming=streaming, exact=exact, steps=(), parts=parts)


def test_joins_that_click_are_seen_even_where_exact_clicks_too() -> None:
    for size, seen in ((0.0, False), (0.04, True)):
        pairs = [with_joins(spoken(k), size) for k in range(40)]
        assert (probability(pairs, "join", "jump") < 1e-6) == seen
        assert probability(pairs, "chunk", "jump") > 0.0025


def test_the_same_pair_has_the_same_ranks() -> None:
    assert border_ranks(spoken(1)) == border_ranks(spoken(1))


def test_silence_has_no_borders() -> None:
    pair = spoken(1)
    silent = replace(pair, streaming=0 * pair.streaming, exact=0 * pair.exact)
    assert border_ranks(silent)["step"].count == 0


def test_the_definition_has_the_figures_of_the_code() -> None:
    definition = " ".join(str(discontinuities.__doc__).split())
    assert f"{MATCHED} other places" in definition and f"of {PLACES} drawn" in definition


def test_too_few_requests_are_no_test() -> None:
    one = BorderRanks(5, 0.1, -0.1)
    assert border_test([one] * (LEAST - 1), "jump") is None
    assert border_test([one] * LEAST, "jump") is not None
    assert border_test([BorderRanks(0, 0.0, 0.0)] * LEAST, "jump") is None
