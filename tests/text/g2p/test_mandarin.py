"""Mandarin is in misaki's notation, with spaces between words, and every character is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.text.g2p.mandarin import MandarinG2P, syllable_phonemes
from onset.text.g2p.vocabulary import audible, encode

G2P = MandarinG2P()


def said(text: str) -> str:
    return " ".join("".join(sound for _, sound in parts) for parts in G2P.convert(text.split()))


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        # as misaki 0.9.4 ZHG2P() says them
        ("你好, 世界!", "ni↓xau↓, ʂɨ↘ʨje↘!"),
        ("现在怎么办?", "ɕjɛ↘nʦai↘ ʦə↓nmɤpa↘n?"),
        ("银行行长", "i↗nxa↗ŋxa↗ŋꭧa↓ŋ"),
        ("儿子", "ɚ↗ʦɨ"),
    ],
)
def test_a_sentence_sounds_as_misaki_says_it(text: str, phonemes: str) -> None:
    assert said(text) == phonemes


def test_marks_belong_to_words() -> None:
    words = [text for text, _ in G2P.convert(["“现在怎么办?”警长(老王)问道."])[0]]
    assert words == ["“现在", "怎么办?”", "警长", "(老王)", "问道."]


def test_a_space_is_heard_between_words_but_not_at_the_end() -> None:
    sounds = [sound for _, sound in G2P.convert(["我们在学校"])[0]]
    assert all(sound.endswith(" ") for sound in sounds[:-1]) and not sounds[-1].endswith(" ")


def test_other_scripts_and_rare_characters_are_said() -> None:
    assert "həlˈO" in said("我在hello买")
    assert all(audible(said(text)) for text in ("嗯", "呣", "㐀", "𠀀", "〇", "々", "123", "こん"))


def test_what_is_no_syllable_has_no_phonemes() -> None:
    assert syllable_phonemes("xyz9") == ""
    assert syllable_phonemes("zhong1") == "ꭧʊ→ŋ"


@settings(max_examples=150, derandomize=True)
@given(st.text("你好世界一不嗯儿𠀀〇abc12んア.,!?“”()—é", min_size=1, max_size=30))
def test_any_chunk_is_said_and_kept(chunk: str) -> None:
    (parts,) = G2P.convert([chunk])
    assert "".join(text for text, _ in parts) == chunk
    for text, sound in parts:
        encode(sound)
        assert audible(sound) == any(map(str.isalnum, text)), text
