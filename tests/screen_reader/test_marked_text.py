"""Messages as texts with marks; what is broken is spoken all the same."""

import pytest

from onset.screen_reader.marked_text import TextMark, marked_texts


def test_marks_stand_before_words() -> None:
    message = '<speak><mark name="a"/>One <mark name="b"/>two.<mark name="c"/></speak>'
    (text,) = marked_texts(message)
    assert text.text == "One two."
    assert text.marks == [TextMark("a", 0), TextMark("b", 1), TextMark("c", 2)]


def test_a_mark_inside_a_word_does_not_cut_it() -> None:
    (text,) = marked_texts('<speak>hel<mark name="a"/>lo</speak>')
    assert text.text == "hello" and text.marks == [TextMark("a", 1)]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("<speak>1 &lt; 2 &amp; more</speak>", "1 < 2 & more"),
        ("<speak>1 < 2 & more", "1 < 2 & more"),
        ("no tags at all", "no tags at all"),
        ("<speak>a <blink>b</blink> c</speak>", "a b c"),
        ("<speak>a <emphasis level='x'>b</emphasis></speak>", "a b"),
        ("<speak></speak>", ""),
    ],
)
def test_what_is_broken_or_unknown_is_spoken_without_tags(message: str, text: str) -> None:
    assert "".join(part.text for part in marked_texts(message)) == text


def test_manners_and_silences_make_parts() -> None:
    message = (
        '<speak>One <prosody rate="150%">two<mark name="m"/> three</prosody>'
        '<break time="1s"/><lang xml:lang="fr">quatre</lang></speak>'
    )
    first, second, third = marked_texts(message)
    assert (first.text.strip(), second.text.strip()) == ("One", "two three")
    assert (second.faster, second.marks) == (1.5, [TextMark("m", 1)])
    assert (third.text.strip(), third.lang, third.silence) == ("quatre", "fr", 1.0)
