"""English is said as misaki says it, or espeak-ng; test_phonemizer has the rest."""

from collections.abc import Callable

import pytest

from onset.text.g2p.english import EnglishG2P
from onset.text.g2p.spacy_tagger import tagger


@pytest.fixture(scope="module")
def said() -> Callable[[str], list[str]]:
    reader = EnglishG2P(tagger(), british=False)
    return lambda text: [sound for ((_, sound),) in reader.convert(text.split())]


def test_a_word_sounds_as_its_sentence_asks(said: Callable[[str], list[str]]) -> None:
    assert said("I read the book.")[1] == "ɹˈɛd"
    assert said("I will read it.")[2] == "ɹˈid"


def test_what_misaki_cannot_read_is_spelled(said: Callable[[str], list[str]]) -> None:
    hello, other = said("hello привет")
    assert hello == "həlˈO" and other == "prʲivʲˈet"


def test_an_abbreviation_ends_the_sentence(said: Callable[[str], list[str]]) -> None:
    assert said("at nine P.M.")[-1].endswith(".")
