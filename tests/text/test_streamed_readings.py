"""Turns of voices in a text that is still being written, and documents that come in pieces."""

import random
import re

import pytest

from fakes import words
from onset.errors import InvalidRequest
from onset.model.voice_styles import language
from onset.text.incremental import TextStream
from onset.text.markup.voice_turns import MOST_TURNS
from onset.text.readings import ReadingSource
from onset.text.requested_readings import requested_readings
from onset.text.streamed_readings import StreamedReadings
from onset.types import MAX_PHONEMES, Pause, Reading, Request, Silence

DIALOGUE = """They met at 9 p.m. [voice:af_heart] Ready? When it had rained for days, everybody who
was there went in, and so did we.

[VOICE: if_sara ] Sì, alle 10.[voice:af_heart(2)+am_adam(1)][pause:1s] It was 3.14 [sic] times as
much [voice:am_michael] as that."""

REQUEST = Request("", speed=1.2)


def stream_of(text: str = "", ssml: bool | None = None) -> tuple[TextStream, StreamedReadings]:
    stream = TextStream(100_000, "en-us", ssml, language)
    if text:
        stream.feed(text)
    return stream, StreamedReadings(stream, REQUEST, "en-us", words)


def available(source: ReadingSource) -> list[Reading | Silence]:
    """What can be read until more text must come."""
    got = list[Reading | Silence]()
    while (reading := source.next(MAX_PHONEMES)) is not None and not isinstance(reading, Pause):
        got.append(reading)
    return got


def said(found: list[Reading | Silence]) -> list[tuple[str, list[str]]]:
    """Who says which words, turn by turn."""
    turns = list[tuple[str, list[str]]]()
    for reading in found:
        if isinstance(reading, Reading):
            voice = reading.manner.voice if reading.manner else REQUEST.voice
            if not turns or turns[-1][0] != voice:
                turns.append((voice, []))
            turns[-1][1].extend(re.findall(r"\w+", reading.text))
    return turns


def in_deltas(text: str, rng: random.Random, eager: float) -> list[Reading | Silence]:
    """The readings of a text in random deltas; `eager`: how probably they are asked after each."""
    stream, source = stream_of()
    size, got = rng.choice([1, 4, 12, 60]), list[Reading | Silence]()
    while text:
        length = rng.randint(1, 2 * size)
        stream.feed(text[:length])
        text = text[length:]
        if rng.random() < 0.1:
            stream.rest()
        if rng.random() < eager:
            got += available(source)
    stream.end()
    return got + available(source)


def whole(text: str) -> list[Reading | Silence]:
    request = Request(text, speed=1.2)
    return available(requested_readings(request, "en-us", words, (), language))


def test_however_it_is_cut_each_voice_says_its_words_and_no_tag_is_said() -> None:
    rng, expected = random.Random(11), said(whole(DIALOGUE))
    assert [voice for voice, _ in expected] == [
        "af_heart", "if_sara", "af_heart(2)+am_adam(1)", "am_michael"
    ]  # fmt: skip
    for _ in range(300):
        found = in_deltas(DIALOGUE, rng, rng.choice([0.05, 0.5, 1.0]))
        assert said(found) == expected
        assert sum(item.seconds for item in found if isinstance(item, Silence)) == 1.0


def test_a_dialogue_that_is_there_before_it_is_asked_for_is_read_as_over_http() -> None:
    stream, source = stream_of(DIALOGUE)
    stream.end()
    for found, expected in zip(available(source), whole(DIALOGUE), strict=True):
        if isinstance(found, Reading) and isinstance(expected, Reading):
            assert (found.words, found.pause) == (expected.words, expected.pause)
        else:
            assert found == expected


def test_a_turn_lets_what_is_before_it_be_spoken_with_the_pause_of_a_sentence() -> None:
    stream, source = stream_of("Are you there ")
    assert available(source) == []
    stream.feed("[voice:am_adam]")
    (reading,) = available(source)
    assert isinstance(reading, Reading) and reading.text.strip() == "Are you there"
    assert reading.pause == 0.25
    stream.feed(" Yes.")
    stream.end()
    (answer,) = available(source)
    assert isinstance(answer, Reading) and answer.manner is not None
    assert (answer.manner.voice, answer.manner.speed) == ("am_adam", 1.2)


def test_each_voice_reads_in_its_own_language() -> None:
    langs = list[str]()

    def noted(text: str, lang: str) -> tuple[object, ...]:
        langs.append(lang)
        return words(text, lang)

    stream = TextStream(1000, "en-us", None, language)
    source = StreamedReadings(stream, REQUEST, "en-us", noted)  # type: ignore[arg-type]
    stream.feed("One. [voice:if_sara] Due. [voice:jf_alpha] 三。")
    stream.end()
    available(source)
    assert langs == ["en-us", "it", "ja"]


def test_a_turn_alone_takes_no_place_and_is_no_text() -> None:
    stream, source = stream_of("[voice:am_adam]")
    assert not stream.ready()
    stream.feed(" Hello there. ")
    stream.flush()
    assert stream.ready() and said(available(source)) == [("am_adam", ["Hello", "there"])]


@pytest.mark.parametrize("deltas", [["[voice:bob] No."], ["[voi", "ce:bo", "b] No."]])
def test_an_unknown_voice_is_refused_and_nothing_of_its_tag_is_said(deltas: list[str]) -> None:
    stream, source = stream_of("This is heard. ")
    with pytest.raises(InvalidRequest, match="Unknown voice 'bob'"):
        for delta in deltas:
            stream.feed(delta)
    stream.end()
    assert said(available(source)) == [("af_heart", ["This", "is", "heard"])]


def test_too_many_turns_are_refused() -> None:
    stream, _ = stream_of("[voice:am_adam] a " * MOST_TURNS)
    with pytest.raises(InvalidRequest, match="at most"):
        stream.feed("[voice:am_adam]")


def test_what_only_looks_like_a_turn_is_text_when_more_of_it_is_there() -> None:
    stream, source = stream_of("One [voice of many] and [v] two. ")
    stream.flush()
    assert said(available(source)) == [("af_heart", "One voice of many and v two".split())]
    stream.feed("A list [")
    stream.end()
    assert said(available(source)) == [("af_heart", ["A", "list"])]


DOCUMENT = '<?xml version="1.0"?>\n<speak>One <break time="1s"/> two.</speak>'


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_document_is_kept_until_it_is_whole(size: int) -> None:
    stream, _ = stream_of()
    for at in range(0, len(DOCUMENT), size):
        assert stream.document in (None, DOCUMENT[:at])
        stream.feed(DOCUMENT[at : at + size])
        stream.rest()
        assert not stream.ready()
    with pytest.raises(InvalidRequest, match=r"text\.done"):
        stream.flush()
    stream.end()
    assert stream.document == DOCUMENT and stream.ready()


@pytest.mark.parametrize("text", ["<3 you all.", "<speaker> one.", "<?php one", "<", "<spe"])
def test_what_only_begins_like_a_document_is_text(text: str) -> None:
    stream, source = stream_of()
    for character in text:
        stream.feed(character)
    stream.end()
    assert stream.document is None
    letters = "".join(
        re.findall(r"\w", "".join(w for _, turn in said(available(source)) for w in turn))
    )
    assert letters or not any(map(str.isalnum, text))


def test_text_that_is_said_to_be_none_is_no_document() -> None:
    stream, source = stream_of("<speak>One two three four.</speak> And", ssml=False)
    stream.end()
    assert stream.document is None
    assert said(available(source)) == [("af_heart", "One two three four And".split())]
