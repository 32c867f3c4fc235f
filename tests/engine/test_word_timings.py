"""When words are heard: the durations' arithmetic, what holds for any text, and the real voice."""

import base64
import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import fake_engine, words
from onset.engine.engine import Engine
from onset.engine.word_timings import EARLY, shift_words, word_times
from onset.errors import InvalidRequest
from onset.protocol.http_api import SpeechRequest
from onset.serving.http.speech_body import answer_body
from onset.text.normalize import clean
from onset.text.readings import readings
from onset.types import FRAME_SAMPLES, SAMPLE_RATE, Chunk, Reading, SpokenWord, Word

ENGINE = fake_engine()
TOKEN = 3 * FRAME_SAMPLES  # of the fake backend
LONG = (
    "When it had rained, everybody went (at once) into the house — to dry. Then, nothing.\n\nYes."
)


def words_of(chunks: list[Chunk]) -> list[SpokenWord]:
    return [word for chunk in chunks for word in chunk.words]


def durations(count: int) -> np.typing.NDArray[np.int64]:
    """Four frames for each of `count` tokens, ten for the pads."""
    return np.array([10, *[4] * count, 10], np.int64)


def reading(words: tuple[Word, ...], begin: int = 0, end: int | None = None) -> Reading:
    return Reading(words, begin, len(words) if end is None else end, 0.0, 1)


def test_a_space_is_shared_by_its_neighbours_and_a_mark_belongs_to_none() -> None:
    three = (Word("Hi,", "hˈI, ", " "), Word("you", "ju ", " "), Word("two.", "tu.", ""))
    begin = 10 * FRAME_SAMPLES - EARLY  # kept from where the first word is heard
    found = word_times(reading(three), durations(11), begin, 100_000)
    frame = 4 * FRAME_SAMPLES
    assert [(w.text, w.start / frame, w.end / frame) for w in found] == [
        ("Hi,", 0, 3),
        ("you", 4.5, 7.5),
        ("two.", 7.5, 10),
    ]


def test_words_never_leave_what_is_kept() -> None:
    two = (Word("one", "wʌn ", " "), Word("two", "tu", ""))
    found = word_times(reading(two), durations(6), 12 * FRAME_SAMPLES, 5000)
    assert [(w.start, w.end) for w in found] == [(0, 5000), (5000, 5000)]


def test_marks_alone_belong_to_the_word_before_or_else_behind() -> None:
    four = (
        Word("“", "“", ""),
        Word("yes", "jˈɛs ", " "),
        Word("—", "— ", " "),
        Word("no", "nO", ""),
    )
    found = word_times(reading(four), durations(10), 0, 100_000)
    assert [(w.text, w.space) for w in found] == [("“yes —", " "), ("no", "")]


def test_only_words_that_are_decoded_are_told() -> None:
    three = (Word("Hi,", "hˈI, ", " "), Word("you", "ju ", " "), Word("two.", "tu.", ""))
    whole = word_times(reading(three), durations(11), 0, 100_000)
    part = word_times(reading(three, 1, 2), durations(11), 0, 100_000)
    assert [(w.text, w.end) for w in part] == [("you", whole[1].end)]


def test_moving_keeps_everything_else() -> None:
    assert shift_words((SpokenWord("a", " ", 1, 2),), 10) == (SpokenWord("a", " ", 11, 12),)


def test_the_words_come_with_the_first_chunk_of_their_reading() -> None:
    chunks = list(ENGINE.speak(LONG))
    firsts = [chunk for chunk in chunks if chunk.words]
    assert [chunk.reading for chunk in firsts] == list(range(chunks[-1].reading + 1))
    assert all(chunk.words[0].start == chunk.position for chunk in firsts)


def test_times_are_those_of_the_answers_own_samples() -> None:
    """The fake voice hums while it speaks, and its pauses between sentences are silent."""
    chunks = list(ENGINE.speak(LONG))
    samples = np.concatenate([chunk.samples for chunk in chunks])
    for word in words_of(chunks):
        assert np.abs(samples[word.start : word.end]).max() > 0.15
    for before, after in pairwise(words_of(chunks)):
        if after.start - before.end > 2 * TOKEN:
            assert np.abs(samples[before.end + TOKEN : after.start]).min() == 0


def test_twice_as_fast_is_half_as_long() -> None:
    slow, fast = (words_of(list(ENGINE.speak("one two three", speed=s))) for s in (0.5, 1.5))
    assert [w.text for w in slow] == [w.text for w in fast] == ["one", "two", "three"]
    assert slow[1].end - slow[1].start == 3 * (fast[1].end - fast[1].start)


def test_events_tell_the_words_in_seconds_before_their_audio() -> None:
    chunks = list(ENGINE.speak(LONG))
    asked = SpeechRequest(input=LONG, response_format="pcm", stream_format="sse", timestamps=True)
    events = answer_body(asked)
    lines = b"".join([events.feed(chunk) for chunk in chunks]).decode().split("\n\n")
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line]
    words, heard = [], 0.0
    for event in told:
        if event["type"] == "speech.audio.words":
            assert event["words"][0]["start"] == pytest.approx(heard)
            words += event["words"]
        else:
            heard += len(base64.b64decode(event["audio"])) / 2 / SAMPLE_RATE
    assert [w["word"] for w in words] == [w.text for w in words_of(chunks)]
    assert [w["end"] for w in words] == [w.end / SAMPLE_RATE for w in words_of(chunks)]


@settings(max_examples=120, derandomize=True)
@given(st.text(max_size=200) | st.text("abc de,.;:—()!?\n\"'…1$", max_size=300))
def test_every_word_of_any_text_has_its_time(text: str) -> None:
    try:
        chunks = list(ENGINE.speak(text))
    except InvalidRequest:
        return
    found = words_of(chunks)
    assert "".join(w.text + w.space for w in found) == clean(text)
    end = chunks[-1].position + len(chunks[-1].samples)
    edges = [edge for word in found for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert edges[0] == 0 and edges[-1] <= end
    assert all(word.start < word.end for word in found)


def test_readings_carry_the_words_they_are_made_of() -> None:
    for found in readings(LONG, lambda text: words(text, "en-us"), 60):
        assert "".join(w.phonemes for w in found.words).strip() == found.phonemes
        decoded = found.words[found.begin : found.end]
        assert "".join(w.text + w.space for w in decoded) == found.text


@pytest.mark.parametrize("voice", ["af_heart", "bm_george"])
def test_the_real_voice_speaks_in_its_words_and_rests_between_them(
    engine: Engine, voice: str
) -> None:
    text = "No! Wait for me; it was late. Six, seven, eight. Two doors: red, blue. Good night."
    chunks = list(engine.speak(text, voice=voice))
    samples = np.concatenate([chunk.samples for chunk in chunks])

    def level(start: int, end: int) -> float:
        return float(10 * np.log10(np.mean(samples[start:end] ** 2) + 1e-10))

    found = words_of(chunks)
    spoken = [level(word.start, word.end) for word in found]
    assert min(spoken) > -45
    rests = [level(a.end, b.start) for a, b in pairwise(found) if b.start - a.end >= 1800]
    assert len(rests) >= 3
    assert np.median(rests) < np.median(spoken) - 15
