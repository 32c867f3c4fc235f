"""espeak-ng's phonemes in misaki's notation, word by word, and no word without a sound."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from misaki import espeak

from onset.text.g2p.espeak import VOICES, EspeakG2P
from onset.text.g2p.vocabulary import audible, encode, to_vocabulary

G2PS = {lang: EspeakG2P(lang) for lang in VOICES}

SENTENCES = {
    "es": "El perro de mi vecina ladra, y nadie duerme.",
    "fr": "Il y a les amis de ma sœur, et vous avez raison!",
    "hi": "नमस्ते, आप कैसे हैं?",
    "it": "La finestra è aperta, perché fa caldo.",
    "pt-br": "O vizinho aprendeu a tocar, mas ninguém dormiu.",
}


def said(lang: str, text: str) -> list[str]:
    return [" ".join(sound for _, sound in parts) for parts in G2PS[lang].convert(text.split())]


@pytest.mark.parametrize("lang", VOICES)
def test_a_sentence_sounds_as_misaki_says_it(lang: str) -> None:
    sentence = SENTENCES[lang]
    assert " ".join(said(lang, sentence)) == to_vocabulary(
        espeak.EspeakG2P(VOICES[lang])(sentence)[0]
    )


def test_words_are_linked_to_their_neighbours() -> None:
    assert said("fr", "les amis")[0] == "lez" and said("fr", "les chats")[0] == "le"


def test_a_number_of_several_words_is_one_word_of_the_text() -> None:
    assert said("es", "cuesta 1200 euros") == ["kwˈesta", "mˈil ðosθjˈentos", "ˈeʊɾos"]


def test_nasal_vowels_keep_their_tilde() -> None:
    assert "ã" in said("hi", "पाँच")[0] or "a\u0303" in said("hi", "पाँच")[0]


@pytest.mark.parametrize("lang", VOICES)
def test_other_scripts_are_read_in_theirs(lang: str) -> None:
    assert audible(said(lang, "привет")[0]) and audible(said(lang, "你好")[0])


WORDS = st.lists(st.text("aeionsrtñçãéúà'’-.,!?123привет你नम ", min_size=1, max_size=8), max_size=8)


@settings(max_examples=60, derandomize=True)
@given(WORDS, st.sampled_from(sorted(VOICES)))
def test_every_chunk_has_its_sound(words: list[str], lang: str) -> None:
    chunks = " ".join(words).split()
    for chunk, parts in zip(chunks, G2PS[lang].convert(chunks), strict=True):
        assert "".join(text for text, _ in parts) == chunk
        for text, sound in parts:
            encode(sound)
            assert audible(sound) == any(map(str.isalnum, text))
