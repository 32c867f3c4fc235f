"""English is said as misaki says it, or espeak-ng; test_phonemizer has the rest."""

import json
from collections.abc import Callable
from importlib import resources

import pytest
from misaki import data

from onset.text.g2p.english import EnglishG2P
from onset.text.g2p.spacy_tagger import en, tagger


@pytest.fixture(scope="module")
def reader() -> EnglishG2P:
    return EnglishG2P(tagger(), british=False)


@pytest.fixture(scope="module")
def said(reader: EnglishG2P) -> Callable[[str], list[str]]:
    return lambda text: [sound for ((_, sound),) in reader.convert(text.split())]


def test_a_word_sounds_as_its_sentence_asks(said: Callable[[str], list[str]]) -> None:
    assert said("I read the book.")[1] == "ɹˈɛd"
    assert said("I will read it.")[2] == "ɹˈid"


def test_what_misaki_cannot_read_is_spelled(said: Callable[[str], list[str]]) -> None:
    hello, other = said("hello привет")
    assert hello == "həlˈO" and other == "prʲivʲˈet"


def test_an_abbreviation_ends_the_sentence(said: Callable[[str], list[str]]) -> None:
    assert said("at nine P.M.")[-1].endswith(".")


def test_a_word_has_its_entry_as_in_misakis_own_dictionary(reader: EnglishG2P) -> None:
    written = json.loads(resources.files(data).joinpath("us_gold.json").read_bytes())
    grown = en.Lexicon.grow_dictionary(written)
    assert len(grown) > 1.9 * len(written)
    assert [word for word, entry in grown.items() if reader.variants(word) != entry] == []
    assert reader.variants("HELLO") is None and reader.variants("q") is None
