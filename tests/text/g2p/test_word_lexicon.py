"""Acronyms, brands and technical names are said as they are said, with their endings and marks."""

import pytest

from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.vocabulary import VOCABULARY
from onset.text.g2p.word_lexicon import WORDS, known


def ended(phonemes: str) -> str:
    return phonemes + "z"


def test_every_phoneme_is_one_of_the_model() -> None:
    assert {p for entry in WORDS.values() for sound in entry for p in sound} <= VOCABULARY.keys()


@pytest.mark.parametrize(
    ("chunk", "said"),
    [("(YAML),", "(jˈæmᵊl),"), ("JSON's", "ʤˈAsənz"), ("LoRAs.", "lˈɔɹəz."),
     ("Nginx", "ˌɛnʤənˈɛks"),
     ("L’Oréal", "lˌɔɹiˈæl"), ("GitHub", "ɡˈɪthˌʌb")],
)  # fmt: skip
def test_a_known_word_keeps_its_marks_and_its_ending(chunk: str, said: str) -> None:
    assert known(chunk, british=False, plural=ended) == said


@pytest.mark.parametrize("chunk", ["yaml", "table", "JSONX", "", "...", "SUNY-like"])
def test_other_words_are_left_to_misaki(chunk: str) -> None:
    assert known(chunk, british=False, plural=ended) is None


def test_british_speakers_say_it_their_way() -> None:
    assert known("TOML", british=True, plural=ended) == "tˈɒmᵊl"


def test_letters_among_letters_are_no_article() -> None:
    words = Phonemizer().words("A.T. and T, A B C, a dog", "en-us")
    assert [w.phonemes[:2] for w in words if w.text.lower() == "a"] == ["ˈA", "ɐ"]
