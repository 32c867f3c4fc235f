"""SSML as parts that are spoken; what is not understood is refused with its line, never spoken."""

import gc
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.errors import InvalidRequest
from onset.text.markup.speech_script import Manner, ScriptMark, ScriptText
from onset.text.markup.ssml import DEEPEST, MOST_ELEMENTS, parse_ssml
from onset.text.sentence_splitter import Break
from onset.types import Silence


def test_a_text_is_one_part_with_its_white_space_folded() -> None:
    assert parse_ssml("<speak>\n  Hello\n  there.  </speak>") == (
        ScriptText("Hello there.", Manner(), Break.END),
    )


def test_a_declaration_and_namespaces_are_taken() -> None:
    document = (
        '\ufeff<?xml version="1.0" encoding="UTF-16"?><speak version="1.1" '
        'xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">Café &amp; bar</speak>'
    )
    (part,) = parse_ssml(document)
    assert isinstance(part, ScriptText)
    assert part.text == "Café & bar" and part.manner.lang == "en-us"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ('time="1.5s"', 1.5),
        ('time="500ms"', 0.5),
        ('time="+.25s" strength="strong"', 0.25),
        ('strength="none"', 0.0),
        ('strength="x-strong"', 1.25),
        ("", 0.75),
    ],
)
def test_a_break_is_a_silence(written: str, seconds: float) -> None:
    assert parse_ssml(f"<speak>One <break {written}/> two.</speak>") == (
        ScriptText("One", Manner(), Break.WORD),
        Silence(seconds),
        ScriptText("two.", Manner(), Break.END),
    )


def test_paragraphs_and_sentences_end_where_they_end() -> None:
    parts = parse_ssml("<speak>a<p><s>One</s><s>two</s></p>three</speak>")
    ends = [(part.text, part.end) for part in parts if isinstance(part, ScriptText)]
    assert ends == [
        ("a", Break.PARAGRAPH),
        ("One", Break.SENTENCE),
        ("two", Break.PARAGRAPH),
        ("three", Break.END),
    ]


def test_a_mark_stands_between_the_texts_and_a_full_stop_before_it_ends_a_sentence() -> None:
    parts = parse_ssml('<speak>One. <mark name="m1"/>Two <mark name="m2"/>three</speak>')
    assert parts == (
        ScriptText("One.", Manner(), Break.SENTENCE),
        ScriptMark("m1"),
        ScriptText("Two", Manner(), Break.WORD),
        ScriptMark("m2"),
        ScriptText("three", Manner(), Break.END),
    )


def test_voices_languages_and_rates_hold_inside_their_elements() -> None:
    document = (
        '<speak>I <voice name="bf_emma">you <lang xml:lang="fr-FR">lui</lang></voice> '
        '<prosody rate="slow">they <prosody rate="+50%">we</prosody></prosody> she</speak>'
    )
    manners = {part.text: part.manner for part in parse_ssml(document, "en-us", lambda _: "en-gb")
               if isinstance(part, ScriptText)}  # fmt: skip
    assert manners == {
        "I": Manner(),
        "you": Manner("bf_emma", "en-gb"),
        "lui": Manner("bf_emma", "fr"),
        "they": Manner(rate=0.64),
        "we": Manner(rate=0.64 * 1.5),
        "she": Manner(),
    }


@pytest.mark.parametrize(
    ("rate", "factor"),
    [("x-fast", 2.0), ("1.2", 1.2), ("80%", 0.8), ("+20%", 1.2), ("-20%", 0.8), ("default", 1.0)],
)
def test_a_rate_is_written_in_several_ways(rate: str, factor: float) -> None:
    (part,) = parse_ssml(f'<speak><prosody rate="{rate}">a</prosody></speak>')
    assert isinstance(part, ScriptText)
    assert part.manner.rate == pytest.approx(factor)


def only_text(document: str, lang: str = "en-us") -> str:
    (part,) = parse_ssml(document, lang)
    assert isinstance(part, ScriptText)
    return part.text


@pytest.mark.parametrize(
    ("inside", "lang", "text"),
    [
        ('<say-as interpret-as="characters">ab-1</say-as>', "en-us", "A B dash 1"),
        ('<say-as interpret-as="spell-out">a@b</say-as>', "es", "A arroba B"),
        ('<say-as interpret-as="digits">402</say-as>', "fr", "4 0 2"),
        ('<say-as interpret-as="telephone">+1 555-0100</say-as>', "en-us",
         "plus 1, 5 5 5, 0 1 0 0"),
        ('<say-as interpret-as="ordinal">3</say-as>', "en-us", "3rd"),
        ('<say-as interpret-as="ordinal">12</say-as>', "en-us", "12th"),
        ('<say-as interpret-as="ordinal">3</say-as>', "pt-br", "3º"),
        ('<say-as interpret-as="date" format="dmy">7.1.25</say-as>', "en-us", "2025-01-07"),
        ('<say-as interpret-as="date" format="mdy">1/7/1925</say-as>', "it", "1925-01-07"),
        ('<say-as interpret-as="cardinal">12</say-as>', "en-us", "12"),
        ('<sub alias="World Wide Web">WWW</sub>', "en-us", "World Wide Web"),
        ('<phoneme ph="təˈmɑːtoʊ">tomato</phoneme>', "en-us", "[tomato](/təˈmɑtO/)"),
        ('<phoneme alphabet="ipa" ph="təˈmɑːtəʊ">tomato</phoneme>', "en-gb",
         "[tomato](/təˈmɑːtQ/)"),
        ('<phoneme alphabet="kokoro" ph="kˈOkəɹO">Kokoro</phoneme>', "en-us",
         "[Kokoro](/kˈOkəɹO/)"),
    ],
)  # fmt: skip
def test_what_a_text_is_decides_how_it_is_written(inside: str, lang: str, text: str) -> None:
    assert only_text(f"<speak>{inside}</speak>", lang) == text


REFUSED = {
    "hello": "syntax error",
    "<speak>a & b</speak>": "not well-formed",
    "<speak>a": "no element found",
    "<speak>&nbsp;</speak>": "undefined entity",
    "<html>a</html>": "the document is no <speak>",
    "<speak><speak>a</speak></speak>": "<speak> is not supported. Choices: p, s, break",
    '<speak>\n<audio src="a"/></speak>': "line 2: <audio> is not supported. Choices: p, s",
    '<speak><prosody pitch="high">a</prosody></speak>': "prosody has no 'pitch' here",
    "<speak><prosody>a</prosody></speak>": "prosody needs 'rate'",
    '<speak><prosody rate="quick">a</prosody></speak>': "Choices: x-slow, slow",
    '<speak><prosody rate="-100%">a</prosody></speak>': "not above 0",
    '<speak><break time="1h"/></speak>': "no time, such as",
    '<speak><break time="11s"/></speak>': "longer than 10 seconds",
    '<speak><break strength="huge"/></speak>': "Choices: none, x-weak",
    "<speak><break>text</break></speak>": "break has no text in it",
    "<speak>" + '<break time="10s"/>' * 31 + "</speak>": "longer than 300 seconds together",
    "<speak>" + "<p>" * DEEPEST + "</p>" * DEEPEST + "</speak>": "within each other",
    "<speak>" + '<mark name="a"/>' * MOST_ELEMENTS + "</speak>": "more than 20000 elements",
    '<speak><say-as interpret-as="song">a</say-as></speak>': "Choices: characters",
    '<speak><say-as interpret-as="ordinal">x</say-as></speak>': "no whole number",
    '<speak><say-as interpret-as="date" format="dmy">1/31/25</say-as></speak>': "is not dmy",
    '<speak><sub alias="a"><p>b</p></sub></speak>': "no <p> may be inside <sub>",
    '<speak><phoneme alphabet="sapi" ph="a">a</phoneme></speak>': "Choices: ipa, kokoro",
    '<speak><phoneme ph="ʘʘ">a</phoneme></speak>': "no sound of IPA",
    '<speak><lang xml:lang="xx">a</lang></speak>': "Choices: en-gb",
    '<speak><voice>a</voice></speak>': "voice needs 'name'",
    "<speak>\0</speak>": "not well-formed",
}  # fmt: skip


@pytest.mark.parametrize("document", REFUSED)
def test_what_is_not_understood_is_refused_with_its_line(document: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_ssml(document)
    assert re.match(r"SSML, line \d+: ", refusal.value.message)
    assert REFUSED[document] in refusal.value.message
    assert refusal.value.param == "input"


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "'
    + "&a;" * 10
    + '"><!ENTITY c "'
    + "&b;" * 10
    + '">]><speak>&c;</speak>'
)


@pytest.mark.parametrize(
    "document",
    [
        LAUGHS,
        '<!DOCTYPE s SYSTEM "file:///etc/passwd"><speak>a</speak>',
        '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>&x;</speak>',
    ],
)
def test_entities_are_never_expanded(document: str) -> None:
    with pytest.raises(InvalidRequest, match="a document type is refused"):
        parse_ssml(document)


def test_an_unknown_voice_is_refused_by_who_knows_the_voices() -> None:
    def language(voice: str) -> str:
        raise InvalidRequest(f"Unknown voice {voice!r}.", "voice")

    with pytest.raises(InvalidRequest, match="SSML, line 2: Unknown voice 'bob'"):
        parse_ssml('<speak>\n<voice name="bob">a</voice></speak>', "en-us", language)


@given(st.text(st.sampled_from('<>/"= &;abspeakbr!x1'), max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for document in (text, f"<speak>{text}</speak>"):
        try:
            parse_ssml(document)
        except InvalidRequest as refusal:
            assert refusal.message.startswith("SSML, line")


WORDS = st.lists(st.sampled_from(["one", "two.", "three"]), min_size=1, max_size=20)


@given(WORDS, st.lists(st.sampled_from(["<break/>", '<mark name="a"/>', "<p>x</p>", " "])))
def test_no_word_is_lost(words: list[str], between: list[str]) -> None:
    gaps = [*between, *[" "] * len(words)]
    body = "".join(f"{word} {gap}" for word, gap in zip(words, gaps, strict=False))
    parts = parse_ssml(f"<speak>{body}</speak>")
    said = " ".join(part.text for part in parts if isinstance(part, ScriptText)).split()
    assert [word for word in said if word != "x"] == words


@pytest.mark.parametrize("piece", ['<mark name="a"/>word ', "." * 20, "a" * 20, "&amp;[(/" * 3])
def test_time_grows_with_the_length(piece: str) -> None:
    def seconds(n: int) -> float:
        gc.disable()  # it would look at all that other tests left
        begin = time.process_time()
        parse_ssml(f"<speak>{piece * n}</speak>")
        gc.enable()
        return time.process_time() - begin

    short = min(seconds(1000) for _ in range(3))
    assert seconds(8000) < 20 * max(short, 0.002)


@pytest.mark.parametrize(
    ("volume", "factor"),
    [("silent", 0), ("soft", 0.5), ("x-loud", 4), ("+6.02dB", 2), ("-20dB", 0.1), ("30", 0.3),
     ("50%", 0.5), ("+20%", 1.2), ("-20%", 0.8)],
)  # fmt: skip
def test_a_volume_is_a_factor(volume: str, factor: float) -> None:
    (part,) = parse_ssml(f'<speak><prosody volume="{volume}">a</prosody></speak>')
    assert isinstance(part, ScriptText)
    assert part.manner.volume == pytest.approx(factor, rel=1e-3)


@pytest.mark.parametrize("volume", ["huge", "+40dB", "6dB", "2000", "-200%"])
def test_another_volume_is_refused_with_the_choices(volume: str) -> None:
    with pytest.raises(InvalidRequest, match="no volume .* Choices: silent"):
        parse_ssml(f'<speak><prosody volume="{volume}">a</prosody></speak>')


def test_volumes_within_each_other_have_a_limit() -> None:
    loud = '<prosody volume="x-loud">' * 5 + "a" + "</prosody>" * 5
    (part,) = parse_ssml(f"<speak>{loud}</speak>")
    assert isinstance(part, ScriptText) and part.manner.volume == 10
