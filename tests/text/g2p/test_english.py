"""English is said as misaki says it, or espeak-ng; test_phonemizer has the rest."""

import json
from collections.abc import Callable, Iterator
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st
from misaki import data

from onset.text.g2p.english import EnglishG2P
from onset.text.g2p.spacy_tagger import Doc, en, tagger


class CountingTagger:
    """spaCy's, which tells how many texts it tagged."""

    def __init__(self) -> None:
        self._nlp, self.tagged = tagger(), 0
        self.make_doc = self._nlp.make_doc

    def __call__(self, doc: Doc) -> Doc:
        self.tagged += 1
        return self._nlp(doc)


@pytest.fixture(scope="module")
def nlp() -> CountingTagger:
    return CountingTagger()


@pytest.fixture(scope="module")
def reader(nlp: CountingTagger) -> EnglishG2P:
    return EnglishG2P(nlp, british=False)


@pytest.fixture(scope="module")
def tagging(nlp: CountingTagger) -> Iterator[EnglishG2P]:
    """A reader for which every word needs its tag."""
    tagging = EnglishG2P(nlp, british=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tagging._misaki, "_untagged", lambda word: False)
        yield tagging


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


def words_of_misaki() -> list[str]:
    """All that its lexicon has an entry for, as it stands there."""
    names = ("us_gold.json", "us_silver.json")
    return sorted(
        {word for n in names for word in json.loads(resources.files(data).joinpath(n).read_bytes())}
    )


@given(
    st.lists(st.sampled_from(words_of_misaki()), min_size=1, max_size=4),
    st.sampled_from([str.lower, str.capitalize]),
    st.sampled_from(["", ".", "?", "!"]),
    st.booleans(),
)
def test_a_text_without_tags_sounds_as_with_them(
    reader: EnglishG2P,
    tagging: EnglishG2P,
    words: list[str],
    written: Callable[[str], str],
    end: str,
    comma: bool,
) -> None:
    chunks = [written(words[0]) + "," * comma, *words[1:]]
    chunks[-1] += end
    assert reader.convert(chunks) == tagging.convert(chunks)


def test_only_a_text_that_is_read_by_its_tags_is_tagged(
    reader: EnglishG2P, nlp: CountingTagger
) -> None:
    def tagged(text: str) -> bool:
        before = nlp.tagged
        reader.convert(text.split())
        return nlp.tagged > before

    assert not any(map(tagged, ["Good morning.", "Rusty market", "Yes, the train stops here!"]))
    assert all(map(tagged, ["I read it.", "Used cars.", "He is in.", "US", "co-worker", "3 cats"]))
