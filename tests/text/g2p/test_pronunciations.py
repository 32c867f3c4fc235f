"""Pronunciations that users write become Kokoro's phonemes, or are refused."""

import pytest

from onset.errors import InvalidRequest
from onset.text.g2p.languages import LANGUAGES
from onset.text.g2p.pronunciations import LONGEST, to_kokoro
from onset.text.g2p.vocabulary import VOCABULARY


@pytest.mark.parametrize(
    ("written", "lang", "phonemes"),
    [
        ("ʃəˈvɔːn", "en-us", "ʃəˈvɔn"),
        ("ʃəˈvɔːn", "en-gb", "ʃəˈvɔːn"),
        ("/ˈt͡ʃɛk/", "en-us", "ˈʧɛk"),
        ("[ˈdʒoʊ]", "en-us", "ˈʤO"),
        ("nəʊ", "en-gb", "nQ"),
        ("nəʊ", "en-us", "nO"),
        ("ˈbɝːd", "en-us", "ˈbɜɹd"),
        ("ˈbʌtɚ", "en-us", "ˈbʌtəɹ"),
        ("ˈɡa.na", "en-us", "ˈɡana"),
        ("'gana", "en-us", "ˈɡana"),
        ("bɛd / ", "en-us", None),
        ("kˈOkəɹO", "en-us", "kˈOkəɹO"),
        ("pɾeˈɣunta", "es", "pɾeˈɣunta"),
        ("bɔ̃ʒuʁ", "fr", "bɔ̃ʒuʁ"),
        ("", "en-us", None),
        ("ˈˌ", "en-us", None),
        ("hello, you", "en-us", None),
        ("ǃxóõ", "en-us", None),
        ("字", "zh", None),
        ("a" * (LONGEST + 1), "en-us", None),
    ],
)
def test_ipa_and_kokoro_are_both_taken(written: str, lang: str, phonemes: str | None) -> None:
    if phonemes is None:
        with pytest.raises(InvalidRequest):
            to_kokoro(written, lang)
    else:
        assert to_kokoro(written, lang) == phonemes


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_comes_out_is_in_the_vocabulary(lang: str) -> None:
    assert set(to_kokoro("ˈt͡ʃɛsː d͡zaɪ ɝ", lang)) <= VOCABULARY.keys()
