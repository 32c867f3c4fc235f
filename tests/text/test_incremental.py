"""No word of an incremental text is lost, doubled or halved, and none waits in vain."""

import random
import re
from collections.abc import Iterator
from itertools import pairwise
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import fake_engine, predictor, words
from onset.config import load_settings
from onset.engine.audible_span import LEAD, REST, TAIL
from onset.engine.engine import Engine
from onset.errors import InvalidRequest
from onset.model.backend import AdainStatistics, Decoder, FrontOutput, Prosody
from onset.model.fake_backend import FakeBackend, FakeDecoder
from onset.text.incremental import TextStream
from onset.text.normalize import clean
from onset.text.segmentation import segments
from onset.trace import Trace
from onset.types import Chunk, Floats, Halt, Pause, Request, Segment

TEXT = """# What it costs

Dr. Smith paid $3.50 at 10:30 on 12/05/2024 — see https://example.com/a?b=1. Really? It was \
3.14 times as much as No. 5, i.e. too much! When it had rained for five days, everybody who was \
there went (not gladly) into the old house near 221B Baker St. to dry their clothes; nobody came.

- [Kokoro](/kˈOkəɹO/) weighs 12 km or 5 kg
- the **second** item

"Yes," she said. "At 9 a.m. then." The U.S. Army left... J. K. Rowling of Foo Inc. wrote 1,234 \
books. Call 555-123-4567, or write to bob.smith@mail.co.uk. He left on 5 May 2024 and that is all"""


def segments_from(stream: TextStream) -> Iterator[Segment | Pause]:
    return stream.segments(lambda text: words(text, "en-us"))


def available(found: Iterator[Segment | Pause]) -> list[Segment]:
    """The segments until one would have to wait."""
    got = []
    for segment in found:
        if isinstance(segment, Pause):
            break
        got.append(segment)
    return got


def cut(text: str, rng: random.Random) -> list[str]:
    """The text in random deltas: letters, tokens, or long stretches."""
    size = rng.choice([1, 4, 12, 60, 400])
    places = sorted(rng.sample(range(1, len(text)), min(len(text) - 1, len(text) // size)))
    return [text[a:b] for a, b in pairwise([0, *places, len(text)])]


def segments_of(deltas: list[str], rng: random.Random, eager: float) -> list[Segment]:
    """Segments of what is fed delta by delta, where the engine asks with probability `eager`."""
    stream = TextStream(100_000)
    found, got = segments_from(stream), []
    for delta in deltas:
        stream.feed(delta)
        if rng.random() < eager:
            got += available(found)
    stream.end()
    return got + available(found)


def plain(text: str) -> str:
    """Its words: where a text was cut, marks and spaces may differ."""
    return " ".join(re.findall(r"[\w'/]+", text))


def joined(found: list[Segment]) -> str:
    return "".join(segment.text for segment in found)


def test_a_thousand_ways_of_cutting_lose_no_word() -> None:
    rng = random.Random(7)
    whole = plain(clean(TEXT))
    for _ in range(1000):
        found = segments_of(cut(TEXT, rng), rng, rng.choice([0.05, 0.5, 1.0]))
        assert plain(joined(found)) == whole


def test_a_text_that_is_there_before_it_is_asked_for_is_cut_as_a_whole_text() -> None:
    rng = random.Random(3)
    whole = list(segments(TEXT, lambda text: words(text, "en-us")))
    for _ in range(20):
        assert segments_of(cut(TEXT, rng), rng, 0.0) == whole


class Recorded(Engine):
    """Speaks given segments."""

    def __init__(self, found: list[Segment]) -> None:
        super().__init__(
            load_settings({}), backend=FakeBackend(), words=words, predictor=predictor()
        )
        self._found = found

    def segments(self, request: Request) -> Iterator[Segment]:
        return iter(self._found)


def audio(chunks: list[Chunk]) -> Floats:
    return np.concatenate([chunk.samples for chunk in chunks])


def speak(engine: Engine, deltas: list[str]) -> list[Chunk]:
    """All chunks, where the engine runs as far as it can after each delta."""
    stream, chunks = TextStream(100_000), []
    turns = engine.turns(Request(""), Trace(), Halt(), stream)
    for delta in [*deltas, None]:
        stream.end() if delta is None else stream.feed(delta)
        while stream.ready() and (turn := next(turns, stream)) is not stream:
            if isinstance(turn, Chunk):
                chunks.append(turn)
    return chunks


def test_the_audio_is_that_of_the_same_segments() -> None:
    rng, engine = random.Random(5), fake_engine()
    for _ in range(4):
        deltas = cut(TEXT, rng)
        chunks = speak(engine, deltas)
        found = segments_of(deltas, rng, 1.0)
        assert (audio(chunks) == Recorded(found).render("as recorded")).all()
        for before, after in pairwise(chunks):
            assert after.position == before.position + len(before.samples)


class Humming(FakeBackend):
    """Holds a noise behind every word, as some voices do: ten frames, of which four are waited for
    before anything may follow."""

    def trunk(self, front: FrontOutput, halt: Halt) -> Prosody:
        front.energy[-2 * self.TAIL :][: 10 - REST] = -6.0
        return super().trunk(front, halt)

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        decoder = FakeDecoder(self, prosody, start, halt)
        decoder.samples += np.float32(0.001)
        return decoder


def test_what_rings_on_is_heard_where_the_writer_rests() -> None:
    engine, noise = fake_engine(backend=Humming()), 300 * (10 - TAIL)
    stream = TextStream(1000)
    turns = engine.turns(Request(""), Trace(), Halt(), stream)
    stream.feed("The first of all. ")
    stream.flush()
    rested = []
    while stream.ready():
        if isinstance(turn := next(turns), Chunk):
            rested.append(turn)
    stream.feed("The second.")
    stream.end()
    chunks = [*rested, *(turn for turn in turns if isinstance(turn, Chunk))]
    alone = [engine.render(text) for text in ("The first of all.", "The second.")]
    assert np.array_equal(audio(rested), alone[0])
    assert np.array_equal(audio(chunks)[-len(alone[1]) :], alone[1])
    pause = len(audio(chunks)) - len(alone[0]) - len(alone[1])
    assert pause == 0.25 * 24_000 - 300 * (TAIL + LEAD) - noise


ANY = st.lists(st.text(max_size=30) | st.sampled_from([". ", "\n", "\n\n", " 3", ".", "\r", "。"]))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(st.text("bcdfgjklqvxz", min_size=3, max_size=8), max_size=25), st.data())
def test_every_word_survives_any_marks_flushes_and_rests(
    spoken: list[str], data: st.DataObject
) -> None:
    marks = st.sampled_from(
        [" ", ", ", ". ", "! ", "\n", "\n\n", " — ", "; ", "... ", "。", "\r\n"]
    )
    stream = TextStream(100_000)
    found, got = segments_from(stream), []
    for word in spoken:
        half = len(word) // 2
        for delta in (word[:half], word[half:] + data.draw(marks)):
            stream.feed(delta)
            if data.draw(st.booleans()):
                stream.rest()
            got += available(found) if data.draw(st.booleans()) else []
        if data.draw(st.booleans()):
            stream.flush()
    stream.end()
    text = joined(got + available(found))
    assert re.findall(r"[^\W_]+", text) == spoken


@settings(deadline=None, max_examples=100, derandomize=True)
@given(ANY)
def test_any_text_at_all_can_be_fed(deltas: list[str]) -> None:
    stream = TextStream(100_000)
    found = segments_from(stream)
    for delta in deltas:
        stream.feed(delta)
        available(found)
    stream.end()
    for segment in available(found):
        assert segment.phonemes
    assert next(found, None) is None


def test_the_first_segment_does_not_wait_for_the_end_of_its_sentence() -> None:
    stream = TextStream(1000)
    found = segments_from(stream)
    fed = ""
    for delta in re.findall(
        r"\S+\s*", "When it had rained for days, everybody who was there went in."
    ):
        stream.feed(delta)
        fed += delta
        if got := available(found):
            break
    assert got[0].text == "When it had rained for days, "
    assert len(fed) < 58


def test_a_whole_sentence_does_not_wait_for_the_next_one() -> None:
    stream = TextStream(1000)
    found = segments_from(stream)
    stream.feed("That is a good question. Le")
    assert joined(available(found)) == ""
    stream.feed("t me")
    assert joined(available(found)) == "That is a good question. "


def test_flush_speaks_what_came_and_the_text_goes_on() -> None:
    stream = TextStream(1000)
    found = segments_from(stream)
    stream.feed("No")
    assert available(found) == []
    stream.flush()
    assert [segment.text for segment in available(found)] == ["No "]
    stream.feed("thing.")
    stream.end()
    assert [segment.text for segment in available(found)] == ["thing."]


def test_rest_keeps_what_may_be_half_a_word() -> None:
    stream = TextStream(1000)
    found = segments_from(stream)
    stream.feed("I will ask Dr. Smi")
    stream.rest()
    assert joined(available(found)) == "I will ask "
    stream.feed("th.")
    stream.end()
    assert joined(available(found)) == "Doctor Smith."


def test_it_is_ready_only_when_there_is_something_to_do() -> None:
    stream = TextStream(1000)
    assert not stream.ready()
    stream.feed("Half")
    assert not stream.ready()
    stream.feed(" of it is here. The other ")
    assert stream.ready()
    found = segments_from(stream)
    assert isinstance(next(found), Segment)
    assert stream.ready(), "the engine has a segment to speak"
    assert next(found) is Pause.NEED_TEXT
    assert stream.ready(), "what the segment left behind is to be heard"
    assert next(found) is Pause.NEED_TEXT
    assert not stream.ready()
    stream.end()
    assert stream.ready()


def test_too_much_text_and_text_behind_the_end_are_refused() -> None:
    stream = TextStream(5)
    stream.feed("12345")
    with pytest.raises(InvalidRequest, match="more than 5"):
        stream.feed("6")
    stream.end()
    stream.end()
    with pytest.raises(InvalidRequest, match="ended"):
        stream.feed("")


def test_it_can_be_fed_and_taken_by_two_threads() -> None:
    stream = TextStream(100_000)
    deltas = cut(TEXT, random.Random(1))

    def feed() -> None:
        for delta in deltas:
            stream.feed(delta)
        stream.end()

    feeding = Thread(target=feed)
    feeding.start()
    found = list(segments_from(stream))
    feeding.join()
    assert plain(joined([s for s in found if isinstance(s, Segment)])) == plain(clean(TEXT))
