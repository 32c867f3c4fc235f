"""A request spoken twice: the same length, and every place known."""

from collections.abc import Sequence

import numpy as np
import pytest

from fakes import fake_engine
from onset.config import Settings
from onset.engine.dsp import FADE_IN, FADE_OUT, limit
from onset.engine.engine import CHUNK_SAMPLES, Engine, load_backend
from onset.engine.span_decoding import CONTEXT, FIRST_STEPS, STEP
from onset.model.backend import FrontOutput, Prosody
from onset.model.fake_backend import FakeBackend
from onset.model.kokoro import KokoroBackend
from onset.quality.discontinuities import JOIN
from onset.quality.renditions.memoizing_backend import DecodeMode, MemoizingBackend
from onset.quality.renditions.renditions import SpokenPart, speak_twice, spoken
from onset.types import Floats, Halt, Reading, Request

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

    def trunk(self, front: FrontOutput, halt: Halt, turns: float = 0.0) -> Prosody:
        self.trunks += 1
        return super().trunk(front, halt, turns)


def twice() -> Engine:
    return fake_engine(backend=MemoizingBackend(FakeBackend()))


def test_streaming_is_what_a_listener_gets_and_exact_what_was_asked_for_at_once() -> None:
    """The readings are the same here; a crossfade of equals is exact but for rounding."""
    pair = speak_twice(twice(), Request(TEXT))
    plain = fake_engine()
    assert pair.predicted
    assert np.array_equal(pair.streaming, plain.render(TEXT))
    assert np.allclose(pair.exact, plain.render(TEXT, exact=True), atol=1e-6)


def test_what_is_decoded_once_for_both_is_what_each_alone_would_get(
    backend: KokoroBackend, settings: Settings
) -> None:
    """Read whole, after an opening; the second sentence without one."""
    fast = settings.model_copy(update={"pace": 0.1})
    text = "One of us went home early and the others never did. It was late."
    pair = speak_twice(Engine(fast, backend=MemoizingBackend(backend)), Request(text))
    alone = Engine(fast, backend=backend)
    joins = [part.joined for part in pair.parts]
    assert joins == [(False, True), (True, False), (False, False)]
    assert not np.array_equal(pair.streaming, pair.exact)
    assert np.array_equal(pair.streaming, alone.render(text))
    assert np.allclose(pair.exact, alone.render(text, exact=True), atol=1e-6)


def test_what_is_read_in_two_readings_is_exact_in_two_readings(
    settings: Settings,
) -> None:
    """The truth is that of the readings, not of another: both are led over, and as long."""
    slow = settings.model_copy(update={"pace": 1.0, "generator": "onnx"})
    text = "The committee will announce the final results of the election in the main hall tomorrow"
    engine = Engine(slow, backend=MemoizingBackend(load_backend(slow)))
    pair = speak_twice(engine, Request(text + " afternoon, if it does not rain before."))
    wholes = {len(part.whole) for part in pair.parts}
    assert len(wholes) == 2 and len(list(pair.utterances)) == 1
    for part in pair.parts:
        inside = slice(part.begin + JOIN, part.end)
        whole = limit(part.whole[part.first + JOIN : part.first + part.end - part.begin])
        heard = pair.exact[inside][: -FADE_OUT if not part.joined[1] else None]
        assert np.array_equal(heard, whole[: len(heard)])


def test_everything_is_computed_once() -> None:
    backend = CountingBackend()
    pair = speak_twice(fake_engine(backend=MemoizingBackend(backend)), Request(TEXT))
    readings = 2
    assert backend.fronts == backend.trunks == readings < len(pair.parts)


def test_an_answer_is_spoken_as_far_as_it_is_wanted() -> None:
    heard: list[int] = []

    def enough(parts: Sequence[SpokenPart], samples: int) -> bool:
        heard.append(samples)
        return samples >= 6000

    begun = spoken(twice(), Request(TEXT), DecodeMode.PREDICTED, enough=enough)
    assert len(begun.samples) == heard[-1] < 6000 + CHUNK_SAMPLES
    assert np.array_equal(begun.samples, fake_engine().render(TEXT)[: len(begun.samples)])


def test_readings_may_be_given() -> None:
    engine = twice()
    (first, _) = engine.readings(Request(TEXT))
    source = iter([first])

    class Source:
        def next(self, most: int) -> Reading | None:
            return next(source, None)

    rendition = spoken(engine, Request(TEXT), DecodeMode.SILENT, Source())
    assert {part.part.reading for part in rendition.parts} == {first}
    assert not rendition.samples.any() and not rendition.decodes


def test_a_pair_forgets_the_one_before() -> None:
    engine = twice()
    first, second = (speak_twice(engine, Request(text)) for text in (TEXT, "Something else."))
    assert len(first.parts) > len(second.parts) == 1
    assert isinstance(engine.backend, MemoizingBackend) and len(engine.backend.decodes) == 0


def test_steps_and_chunks_are_told_apart() -> None:
    pair = speak_twice(twice(), Request(TEXT))
    assert not set(pair.steps) & set(pair.chunks)
    assert max(np.diff(sorted({0, *pair.steps, *pair.chunks}))) <= CHUNK_SAMPLES + 4800
    assert len(pair.chunks) > len(pair.steps) > 3


def test_parts_lie_where_the_sound_is() -> None:
    pair = speak_twice(twice(), Request(TEXT))
    for place in pair.parts:
        inside = pair.exact[place.begin : place.end]
        cut = place.whole[place.first : place.first + place.end - place.begin]
        middle = slice(1000, len(inside) - 1000)
        assert np.allclose(inside[middle], cut[middle], atol=1e-6)
        assert place.tail == (JOIN if place.joined[1] else 0)
        assert place.last == place.first + len(inside) + place.tail
    for before, after in zip(pair.parts, pair.parts[1:], strict=False):
        if before.joined[1]:
            assert before.end == after.begin and after.joined[0]
        else:
            assert not pair.exact[before.end : after.begin].any()
    assert pair.parts[-1].end == len(pair.exact)


def test_utterances_end_where_nothing_is_joined() -> None:
    pair = speak_twice(twice(), Request(TEXT))
    assert [len(parts) for parts in pair.utterances] == [2, 1]


def test_the_audio_is_the_sum_of_what_is_kept_of_each_decode(
    backend: KokoroBackend, settings: Settings
) -> None:
    """Tails that ring out under the next utterance included: af_nova hums behind her words."""
    text = "He was asked to a wedding, which he forgot about and never saw. He was not to blame."
    pair = speak_twice(
        Engine(settings, backend=MemoizingBackend(backend)), Request(text, "af_nova")
    )
    total = np.zeros_like(pair.exact)
    for place in pair.parts:
        kept = place.whole[place.first : place.last].copy()
        rise, fall = (
            JOIN if joined else usual
            for joined, usual in zip(place.joined, (FADE_IN, FADE_OUT), strict=True)
        )
        kept[:rise] *= np.sin(np.pi / 2 * (np.arange(rise) + 0.5) / rise) ** 2
        kept[-fall:] *= np.cos(np.pi / 2 * (np.arange(fall) + 0.5) / fall) ** 2
        total[place.begin : place.begin + len(kept)] += kept
    ends = [place for place in pair.parts if not place.joined[1]]
    assert len(ends) > 1 and any(place.tail for place in ends)
    assert np.abs(pair.exact - limit(total)).max() < 1e-6


def test_steps_are_where_the_generator_went_on() -> None:
    pair = speak_twice(twice(), Request(TEXT))
    place = pair.parts[0]
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
