"""Words that bring their pronunciation keep it, and the marks and letters beside them."""

import pytest

from given_words import without_sounds
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.given_sounds import STAND_IN, given, hold, restore
from onset.text.normalize import clean


@pytest.fixture(scope="module")
def phonemizer() -> Phonemizer:
    return Phonemizer()


SPOKEN = [
    # written, words, phonemes
    ("en-us", "I saw [Siobhan](/ʃəvˈɔn/). Then I left.", "I saw Siobhan. Then I left.",
     "ˌI sˈɔ ʃəvˈɔn. ðˈɛn ˌI lˈɛft."),
    ("en-us", "Who is [Siobhan](/ʃəvˈɔn/)?", "Who is Siobhan?", "hˌu ɪz ʃəvˈɔn?"),
    ("en-us", "[Siobhan](/ʃəvˈɔn/)'s book", "Siobhan's book", "ʃəvˈɔnz bˈʊk"),
    ("en-us", "[Rex](/ɹˈɛks/)’s and [Rick](/ɹˈɪk/)s", "Rex's and Ricks", "ɹˈɛksᵻz ænd ɹˈɪks"),
    ("en-us", "[Siobhan](/ʃəvˈɔn/)-like", "Siobhan-like", "ʃəvˈɔn lˈIk"),
    ("en-us", "in [Gana](/ɡ̇a'na/) now", "in Gana now", "ɪn ɡaˈna nˈW"),
    ("en-us", "a [button](/bˈʌtᵊn/) for $5", "a button for five dollars",
     "ɐ bˈʌtᵊn fɔɹ fˈIv dˈɑləɹz"),
    ("fr", "dis [bonjour](/bɔ̃ʒˈuʁ/), toi", "dis bonjour, toi", "dˈi bɔ̃ʒˈuʁ, twˈa"),
    ("en-us", "See [Contact us](/contact/) now.", "See Contact us now.",
     "sˈi kˈɑntækt ˌʌs nˈW."),
    ("en-us", "a [word](/❓/) here", "a word here", "ɐ wˈɜɹd hˈɪɹ"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "written", "words", "phonemes"), SPOKEN)
def test_a_word_is_said_as_it_is_given(
    phonemizer: Phonemizer, lang: str, written: str, words: str, phonemes: str
) -> None:
    found = phonemizer.words(clean(written, lang), lang)
    assert "".join(word.text + word.space for word in found) == words
    assert " ".join(word.phonemes for word in found) == phonemes


@pytest.mark.parametrize(
    ("lang", "written", "cleaned"),
    [
        ("ja", "私は[東京](/toːkʲoː/)に行く。", "私は [東京](/toːkʲoː/) に行く."),
        ("zh", "我在[北京](/pei↓/)。", "我在 [北京](/pei↓/)."),
        ("es", "[Pricing](/pricing/) 12", "Pricing 12"),
        ("pt-br", "[Contato](/contato/).", "Contato."),
    ],
)
def test_it_stands_alone_where_no_spaces_are_written(lang: str, written: str, cleaned: str) -> None:
    assert clean(written, lang) == cleaned


def test_a_word_that_a_rule_takes_away_comes_at_the_end() -> None:
    text, held = hold("a [b](/bˈi/) c", "en-us")
    assert text == f"a {STAND_IN} c"
    assert restore("a c", held, "en-us") == "a c [b](/bˈi/)"
    assert restore(text, held, "en-us") == "a [b](/bˈi/) c"


def test_the_stand_in_itself_is_left_alone() -> None:
    text = f"{STAND_IN} [b](/bˈi/)"
    assert hold(text, "en-us") == (text, [])


def test_plain_letters_get_a_stress_so_that_they_are_no_path() -> None:
    assert given("Pa", "pa") == "[Pa](/ˈpa/)"
    assert without_sounds(given("Pa", "pa") + "!") == "Pa!"
