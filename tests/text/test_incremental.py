"""No word of an incremental text is lost, doubled or halved, and none waits in vain."""

import random
import re
from itertools import pairwise
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import fake_engine, words
from onset.engine.audible_span import LEAD, REST, TAIL
from onset.engine.engine import Engine
from onset.errors import InvalidRequest
from onset.model.backend import AdainStatistics, Decoder, FrontOutput, Prosody
from onset.model.fake_backend import FakeBackend, FakeDecoder
from onset.text.incremental import TextStream
from onset.text.normalize import clean
from onset.text.readings import ReadingSource, readings
from onset.text.streamed_readings import StreamedReadings
from onset.trace import Trace
from onset.types import MAX_PHONEMES, Chunk, Floats, Halt, Pause, Reading, Request, Silence

TEXT = """# What it costs

Dr. Smith paid $3.50 at 10:30 on 12/05/2024 — see https://example.com/a?b=1. Really? It was \
3.14 times as much as No. 5, i.e. too much! When it had rained for five days, everybody who was \
there went (not gladly) into the old house near 221B Baker St. to dry their clothes; nobody came.

- [Kokoro](/kˈOkəɹO/) weighs 12 km or 5 kg
- the **second** item

"Yes," she said. "At 9 a.m. then." The U.S. Army left... J. K. Rowling of Foo Inc. wrote 1,234 \
books. Call 555-123-4567, or write to bob.smith@mail.co.uk. He left on 5 May 2024 and that is all"""


MOST = MAX_PHONEMES


def readings_from(stream: TextStream) -> ReadingSource:
    return StreamedReadings(stream, Request(""), "en-us", words)


def available(found: ReadingSource, most: int = MOST) -> list[Reading]:
    """The readings until one would have to wait."""
    got = []
    while isinstance(reading := found.next(most), Reading):
        got.append(reading)
    return got


def cut(text: str, rng: random.Random) -> list[str]:
    """The text in random deltas: letters, tokens, or long stretches."""
    size = rng.choice([1, 4, 12, 60, 400])
    places = sorted(rng.sample(range(1, len(text)), min(len(text) - 1, len(text) // size)))
    return [text[a:b] for a, b in pairwise([0, *places, len(text)])]


def readings_of(deltas: list[str], rng: random.Random, eager: float) -> list[Reading]:
    """Readings of what is fed delta by delta, where the engine asks with probability `eager`."""
    stream = TextStream(100_000)
    found, got = readings_from(stream), []
    for delta in deltas:
        stream.feed(delta)
        if rng.random() < eager:
            got += available(found)
    stream.end()
    return got + available(found)


def plain(text: str) -> str:
    """Its words: where a text was cut, marks and spaces may differ."""
    return " ".join(re.findall(r"[\w'/]+", text))


def joined(found: list[Reading]) -> str:
    return "".join(reading.text for reading in found)


def test_a_thousand_ways_of_cutting_lose_no_word() -> None:
    rng = random.Random(7)
    whole = plain(clean(TEXT))
    for _ in range(1000):
        found = readings_of(cut(TEXT, rng), rng, rng.choice([0.05, 0.5, 1.0]))
        assert plain(joined(found)) == whole


def test_a_text_that_is_there_before_it_is_asked_for_is_cut_as_a_whole_text() -> None:
    rng = random.Random(3)
    whole = list(readings(TEXT, lambda text: words(text, "en-us")))
    for _ in range(20):
        assert readings_of(cut(TEXT, rng), rng, 0.0) == whole


class Recorded:
    """Gives what was recorded."""

    def __init__(self, found: list[Reading | Silence | Pause]) -> None:
        self._found = iter(found)

    def next(self, most: int) -> Reading | Silence | Pause | None:
        return next(self._found, None)


class Recording:
    """Records what another source gives."""

    def __init__(self, source: ReadingSource) -> None:
        self._source, self.found = source, list[Reading | Silence | Pause]()

    def next(self, most: int) -> Reading | Silence | Pause | None:
        reading = self._source.next(most)
        if reading is not None:
            self.found.append(reading)
        return reading


def audio(chunks: list[Chunk]) -> Floats:
    return np.concatenate([chunk.samples for chunk in chunks])


def speak(engine: Engine, deltas: list[str]) -> tuple[list[Chunk], list[Reading | Silence | Pause]]:
    """All chunks, where the engine runs as far as it can after each delta; and what it read."""
    stream, chunks = TextStream(100_000), []
    source = Recording(readings_from(stream))
    turns = engine.turns(Request(""), Trace(), Halt(), stream, source=source)
    for delta in [*deltas, None]:
        stream.end() if delta is None else stream.feed(delta)
        while stream.ready() and (turn := next(turns, stream)) is not stream:
            if isinstance(turn, Chunk):
                chunks.append(turn)
    return chunks, source.found


def test_the_audio_is_that_of_the_same_readings() -> None:
    rng, engine = random.Random(5), fake_engine()
    for _ in range(4):
        chunks, found = speak(engine, cut(TEXT, rng))
        again = engine.turns(Request("again"), Trace(), Halt(), source=Recorded(found))
        assert (audio(chunks) == audio([c for c in again if isinstance(c, Chunk)])).all()
        for before, after in pairwise(chunks):
            assert after.position == before.position + len(before.samples)


class Humming(FakeBackend):
    """Holds a noise behind every word, as some voices do: ten frames, of which four are waited for
    before anything may follow."""

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        front = super().front(tokens, style, speed, halt)
        front.energy[-2 * self.TAIL :][: 10 - REST] = -6.0
        return front

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


@settings(max_examples=60, derandomize=True)
@given(st.lists(st.text("bcdfgjklqvxz", min_size=3, max_size=8), max_size=25), st.data())
def test_every_word_survives_any_marks_flushes_and_rests(
    spoken: list[str], data: st.DataObject
) -> None:
    marks = st.sampled_from(
        [" ", ", ", ". ", "! ", "\n", "\n\n", " — ", "; ", "... ", "。", "\r\n"]
    )
    stream = TextStream(100_000)
    found, got = readings_from(stream), []
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


@settings(max_examples=100, derandomize=True)
@given(ANY)
def test_any_text_at_all_can_be_fed(deltas: list[str]) -> None:
    stream = TextStream(100_000)
    found = readings_from(stream)
    for delta in deltas:
        stream.feed(delta)
        available(found)
    stream.end()
    for reading in available(found):
        assert reading.phonemes
    assert found.next(MOST) is None


def test_the_first_reading_does_not_wait_for_the_end_of_its_sentence() -> None:
    stream = TextStream(1000)
    found = readings_from(stream)
    fed = ""
    for delta in re.findall(
        r"\S+\s*", "When it had rained for days, everybody who was there went in."
    ):
        stream.feed(delta)
        fed += delta
        if got := available(found):
            break
    assert got[0].text == "When it had rained "
    assert len(fed) < 58


def test_a_sentence_is_read_again_with_what_was_written_meanwhile() -> None:
    stream, got = TextStream(1000), list[Reading]()
    found = readings_from(stream)
    text = "When it had rained for days, everybody who was there went into the old house to dry."
    for delta in re.findall(r"\S+\s*", text):
        stream.feed(delta)
        got += available(found)
    stream.end()
    got += available(found)
    assert joined(got) == text
    assert len(got) > 1 and got[-1].last and not any(reading.last for reading in got[:-1])
    assert all(reading.begin > 0 and not reading.first for reading in got[1:])


def test_a_whole_sentence_does_not_wait_for_the_next_one() -> None:
    stream = TextStream(1000)
    found = readings_from(stream)
    stream.feed("That is a good question. Le")
    assert joined(available(found)) == ""
    stream.feed("t me")
    assert joined(available(found)) == "That is a good question. "


def test_flush_speaks_what_came_and_the_text_goes_on() -> None:
    stream = TextStream(1000)
    found = readings_from(stream)
    stream.feed("No")
    assert available(found) == []
    stream.flush()
    assert [reading.text for reading in available(found)] == ["No "]
    stream.feed("thing.")
    stream.end()
    assert [reading.text for reading in available(found)] == ["thing."]


def test_rest_keeps_what_may_be_half_a_word() -> None:
    stream = TextStream(1000)
    found = readings_from(stream)
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
    found = readings_from(stream)
    assert isinstance(found.next(MOST), Reading)
    assert stream.ready(), "the engine has a reading to speak"
    assert found.next(MOST) is Pause.NEED_TEXT
    assert stream.ready(), "what the reading left behind is to be heard"
    assert found.next(MOST) is Pause.NEED_TEXT
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
    source, found = readings_from(stream), list[Reading]()
    while (reading := source.next(MOST)) is not None:
        found += [reading] if isinstance(reading, Reading) else []
    feeding.join()
    assert plain(joined(found)) == plain(clean(TEXT))
