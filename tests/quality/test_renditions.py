"""A request spoken twice: the same length, and every place known."""

import numpy as np
import pytest

from fakes import fake_engine
from onset.config import Settings
from onset.engine.dsp import FADE_IN, FADE_OUT, limit
from onset.engine.engine import CHUNK_SAMPLES, Engine
from onset.engine.segment_decoder import CONTEXT, FIRST_STEPS, STEP
from onset.model.backend import FrontOutput, Prosody
from onset.model.fake_backend import FakeBackend
from onset.model.kokoro import KokoroBackend
from onset.quality.renditions import MemoizingBackend, speak_twice
from onset.types import Floats, Halt, Request

TEXT = "The first of all sentences is this one here. The second one follows after a pause, as ever."


class CountingBackend(FakeBackend):
    """Counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.fronts = self.trunks = 0

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        self.fronts += 1
        return super().front(tokens, style, speed, halt)

    def trunk(self, front: FrontOutput, halt: Halt) -> Prosody:
        self.trunks += 1
        return super().trunk(front, halt)


def twice() -> Engine:
    return fake_engine(backend=MemoizingBackend(FakeBackend()))


def test_both_are_what_a_listener_gets() -> None:
    pair = speak_twice(twice(), Request(TEXT))
    plain = fake_engine()
    assert pair.predicted
    assert np.array_equal(pair.streaming, plain.render(TEXT))
    assert np.array_equal(pair.exact, plain.render(TEXT, exact=True))


def test_what_is_decoded_once_for_both_is_what_each_alone_would_get(
    backend: KokoroBackend, settings: Settings
) -> None:
    fast = settings.model_copy(update={"pace": 0.1})
    text = "One of us went home early. It was late."
    pair = speak_twice(Engine(fast, backend=MemoizingBackend(backend)), Request(text))
    alone = Engine(fast, backend=backend)
    assert len(pair.segments) == 2 and not np.array_equal(pair.streaming, pair.exact)
    assert np.array_equal(pair.streaming, alone.render(text))
    assert np.array_equal(pair.exact, alone.render(text, exact=True))


def test_the_prosody_is_computed_once() -> None:
    backend = CountingBackend()
    pair = speak_twice(fake_engine(backend=MemoizingBackend(backend)), Request(TEXT))
    assert backend.fronts == backend.trunks == len(pair.segments) > 1


def test_a_pair_forgets_the_one_before() -> None:
    engine = twice()
    first, second = (speak_twice(engine, Request(text)) for text in (TEXT, "Something else."))
    assert len(first.segments) > len(second.segments) == 1


def test_steps_and_chunks_are_told_apart() -> None:
    pair = speak_twice(twice(), Request(TEXT))
    assert not set(pair.steps) & set(pair.chunks)
    assert max(np.diff(sorted({0, *pair.steps, *pair.chunks}))) <= CHUNK_SAMPLES + 4800
    assert len(pair.chunks) > len(pair.steps) > 3


def test_segments_lie_where_the_sound_is() -> None:
    pair = speak_twice(twice(), Request(TEXT))
    for place in pair.segments:
        inside = pair.exact[place.begin : place.end]
        cut = place.whole[place.first : place.first + place.end - place.begin]
        middle = slice(1000, len(inside) - 1000)
        assert np.array_equal(inside[middle], cut[middle])
        assert not place.tail and place.last == place.first + len(inside)
    for before, after in zip(pair.segments, pair.segments[1:], strict=False):
        assert not pair.exact[before.end : after.begin].any()
    assert pair.segments[-1].end == len(pair.exact)


def test_the_audio_is_the_sum_of_what_is_kept_of_each_decode(
    backend: KokoroBackend, settings: Settings
) -> None:
    """Tails that ring out under the next segment included: af_nova hums behind her words."""
    text = "He was asked to a wedding, and to another one, which he forgot about and never saw."
    pair = speak_twice(
        Engine(settings, backend=MemoizingBackend(backend)), Request(text, "af_nova")
    )
    total = np.zeros_like(pair.exact)
    for place in pair.segments:
        kept = place.whole[place.first : place.last].copy()
        kept[:FADE_IN] *= np.sin(np.pi / 2 * (np.arange(FADE_IN) + 0.5) / FADE_IN) ** 2
        fade = np.cos(np.pi / 2 * (np.arange(FADE_OUT) + 0.5) / FADE_OUT) ** 2
        kept[-FADE_OUT:] *= fade
        total[place.begin : place.begin + len(kept)] += kept
    assert len(pair.segments) > 1 and any(place.tail for place in pair.segments[:-1])
    assert np.abs(pair.exact - limit(total)).max() < 1e-6


def test_steps_are_where_the_generator_went_on() -> None:
    pair = speak_twice(twice(), Request(TEXT))
    place = pair.segments[0]
    within = [p for p in pair.steps if place.begin < p < place.end]
    sizes = [FIRST_STEPS[0] - CONTEXT, *FIRST_STEPS[1:], *[STEP] * len(within)]
    assert len(within) > len(FIRST_STEPS)
    assert within == [300 * sum(sizes[: n + 1]) for n in range(len(within))]


def test_a_voice_without_statistics_is_one_decode() -> None:
    pair = speak_twice(twice(), Request("Hello.", "af_sky"))
    assert not pair.predicted
    assert pair.streaming is not pair.exact and np.array_equal(pair.streaming, pair.exact)


def test_the_engine_must_record() -> None:
    with pytest.raises(TypeError, match="MemoizingBackend"):
        speak_twice(fake_engine(), Request("Hello."))
