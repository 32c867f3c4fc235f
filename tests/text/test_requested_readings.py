"""A request's readings: silences, voices and marks where they stand, and the user's words."""

from collections.abc import Iterator

import numpy as np
import pytest

from fakes import fake_engine, words
from onset.errors import InvalidRequest
from onset.text.incremental import TextStream
from onset.text.lexicon.lexicon import Lexicon
from onset.text.lexicon.lexicon_entry import lexicon_entry
from onset.text.requested_readings import request_lexicon, request_script, requested_readings
from onset.text.streamed_readings import StreamedReadings
from onset.types import SAMPLE_RATE, Pause, Reading, Request, Silence


def found(request: Request, *lexicons: Lexicon) -> Iterator[Reading | Silence | Pause]:
    source = requested_readings(request, "en-us", words, lexicons)
    while (reading := source.next(510)) is not None:
        yield reading


def told(request: Request) -> list[object]:
    """Texts with their voices and speeds, and silences in seconds."""
    return [
        item.seconds if isinstance(item, Silence) else (item.text.strip(), item.manner and (
            item.manner.voice, item.manner.speed))
        for item in found(request) if not isinstance(item, Pause)
    ]  # fmt: skip


def test_a_silence_stands_where_the_text_has_it() -> None:
    request = Request("[pause:1s]Hello there [pause:1.5s] my friend. [PAUSE:2s] Late.[pause:99s]")
    assert told(request) == [
        1.0, ("Hello there,", None), 1.5, ("my friend.", None), 2.0, ("Late.", None), 10.0
    ]  # fmt: skip


def test_ssml_is_spoken_in_its_voices_and_speeds() -> None:
    text = (
        '<speak>Hello <break time="2s"/> there. <voice name="am_adam">And <prosody rate="1.5">so'
        "</prosody></voice> on</speak>"
    )
    assert told(Request(text, "af_heart", 1.2, ssml=True)) == [
        ("Hello,", ("af_heart", 1.2)),
        2.0,
        ("there.", ("af_heart", 1.2)),
        ("And", ("am_adam", 1.2)),
        ("so", ("am_adam", pytest.approx(1.8))),
        ("on", ("af_heart", 1.2)),
    ]


def test_marks_come_with_the_words_behind_them_and_cut_no_utterance() -> None:
    text = '<speak><mark name="a"/>One <mark name="b"/><mark name="c"/>two three.</speak>'
    (reading,) = (item for item in found(Request(text, ssml=True)) if isinstance(item, Reading))
    assert [(word.text, word.marks) for word in reading.words] == [
        ("One", ("a",)), ("two", ("b", "c")), ("three.", ())
    ]  # fmt: skip


def test_the_words_of_a_request_go_before_those_of_the_file() -> None:
    file = Lexicon([lexicon_entry("gif", "/ɡɪf/"), lexicon_entry("nginx", "engine x")])
    own = request_lexicon([("gif", "jif")])
    (reading,) = (
        item for item in found(Request("a gif in nginx"), own, file) if isinstance(item, Reading)
    )
    assert reading.text == "a jif in engine x"


def test_a_speed_out_of_range_is_refused() -> None:
    request = Request('<speak><prosody rate="x-fast">a</prosody></speak>', speed=1.5, ssml=True)
    with pytest.raises(InvalidRequest, match="speed 3 is not between"):
        request_script(request, "en-us")


def test_too_many_words_or_wrong_ones_are_refused() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        request_lexicon([("a", "/ǃ/")])
    assert refusal.value.param == "pronunciations"
    with pytest.raises(InvalidRequest, match="at most 200"):
        request_lexicon([("a", "b")] * 201)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("[pause:10s]" * 31 + "a"), "longer than 300 seconds"),
        (Request("<speak><break/></speak>", ssml=True), "no text to speak"),
        (Request('<speak><voice name="bob">a</voice></speak>', ssml=True), "Unknown voice 'bob'"),
        (Request("a", pronunciations=(("a", "/ǃ/"),)), "no sound of IPA"),
    ],
)
def test_an_engine_refuses_before_any_work(request_: Request, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        fake_engine().check(request_)


def seconds_of(text: str, ssml: bool = False) -> float:
    engine = fake_engine()
    return len(engine.render(text)) / SAMPLE_RATE


def test_a_silence_is_heard_as_long_as_it_was_asked_for() -> None:
    more = seconds_of("Hello there. [pause:3s] My friend.") - seconds_of("Hello there. My friend.")
    assert 2.4 < more < 3.1
    ends = seconds_of("[pause:2s]Hello there.[pause:3s]") - seconds_of("Hello there.")
    assert ends == pytest.approx(5.0, abs=0.01)


def test_a_document_is_known_by_how_it_begins() -> None:
    assert Request('<?xml version="1.0"?>\n<speak version="1.1">a</speak>').is_document
    assert Request("\ufeff <speak>a</speak>").is_document
    for other in ("<speaker>a", "I <speak>", "speak"):
        assert not Request(other).is_document
    assert not Request("<speak>a</speak>", ssml=False).is_document
    assert not Request("<speak>a</speak>", reading="literal").is_document
    assert told(Request('<speak>a <voice name="am_adam">b</voice></speak>')) == [
        ("a", ("af_heart", 1.0)), ("b", ("am_adam", 1.0))
    ]  # fmt: skip


def test_turns_of_voices_are_spoken_in_them() -> None:
    text = "[voice:af_heart] Ready? [pause:1s] [voice:am_adam] Yes."
    assert told(Request(text)) == [
        ("Ready?", ("af_heart", 1.0)), 1.0, ("Yes.", ("am_adam", 1.0))
    ]  # fmt: skip
    assert Request("[voice:af_heart] a", reading="code").is_directed is False


def test_marks_behind_the_last_word_come_with_a_silence() -> None:
    *_, last = found(Request('<speak>One.<break time="1s"/><mark name="a"/></speak>'))
    assert isinstance(last, Silence) and last.marks == ("a",)


def test_no_document_and_no_stream_asks_for_more_silence_than_a_text_may() -> None:
    paragraph = "<p>a " + "[pause:10s]" * 20 + "</p>"
    with pytest.raises(InvalidRequest, match="longer than 300 seconds"):
        fake_engine().check(Request(f"<speak>{paragraph * 2}</speak>"))
    stream = TextStream(100_000)
    for _ in range(80):
        stream.feed("Hello there. [pause:10s] ")
    stream.end()
    source, seconds = StreamedReadings(stream, Request(""), "en-us", words), 0.0
    while (item := source.next(510)) is not None:
        seconds += item.seconds if isinstance(item, Silence) else 0
    assert seconds == 300


def test_a_volume_makes_the_same_samples_softer() -> None:
    engine = fake_engine()
    whole = engine.render("<speak>Hello there.</speak>")
    soft = engine.render('<speak><prosody volume="-20dB">Hello there.</prosody></speak>')
    assert np.allclose(soft, whole / 10, atol=1e-6)
