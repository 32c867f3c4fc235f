"""One entry of a lexicon: a word, how it is said, in which languages, and whether case matters."""

import unicodedata
from dataclasses import dataclass

from onset.errors import InvalidRequest
from onset.text.g2p.languages import LANGUAGES, resolve_language
from onset.text.g2p.pronunciations import to_kokoro
from onset.text.given_sounds import given

LONGEST_WORD, LONGEST_SAID = 100, 200
"""Characters."""

CASES = ("any", "exact")
ALL = "*"
"""The language of an entry for every language."""


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """A word or several, and how it is said: `/phonemes/`, or other words.

    lang: one of LANGUAGES, "en" for both kinds of English, or "*". exact: whether capitals matter.
    """

    word: str
    said: str
    lang: str = ALL
    exact: bool = False

    @property
    def phonemes(self) -> str | None:
        """What stands between the slashes; None where it is said by other words."""
        return self.said[1:-1].strip() if self.said.startswith("/") else None

    def holds(self, lang: str) -> bool:
        """Whether it is for texts of `lang`, one of LANGUAGES."""
        return self.lang in (ALL, lang) or (self.lang == "en" and lang.startswith("en-"))

    def spoken(self, written: str, lang: str) -> str:
        """What to put in place of the word, as it is `written`."""
        if self.phonemes is None:
            return self.said
        return given(written, to_kokoro(self.phonemes, lang))


def lexicon_entry(word: str, said: str, lang: str = ALL, case: str = "any") -> LexiconEntry:
    """An entry of what a person wrote. Raises InvalidRequest for what cannot be said so."""
    word = " ".join(unicodedata.normalize("NFC", word).split())
    said = " ".join(unicodedata.normalize("NFC", said).split())
    if not any(map(str.isalnum, word)) or len(word) > LONGEST_WORD or set(word) & set("[]|\n"):
        message = (
            f"a word has a letter or digit, none of [ ] | and at most {LONGEST_WORD} characters"
        )
        raise InvalidRequest(f"The word {word!r} cannot be an entry: {message}.")
    if not said or len(said) > LONGEST_SAID or set(said) & set("[]|"):
        message = f"none of [ ] | and at most {LONGEST_SAID} characters"
        raise InvalidRequest(f"{word!r} has to be said by something: {message}.")
    if case not in CASES:
        raise InvalidRequest(f"No case {case!r}. Choices: {', '.join(CASES)}.")
    entry = LexiconEntry(word, said, _language(lang), case == "exact")
    if entry.phonemes is not None:
        if not (said.endswith("/") and len(said) > 2):
            raise InvalidRequest(f"{said!r} has no second slash; phonemes are written /so/.")
        to_kokoro(entry.phonemes, next(filter(entry.holds, LANGUAGES)))
    elif not any(map(str.isalnum, said)):
        raise InvalidRequest(f"There is nothing to say in {said!r}.")
    return entry


def _language(lang: str) -> str:
    lang = lang.strip().lower() or ALL
    if lang in (ALL, "en"):
        return lang
    if lang == "ja" or lang.startswith("ja-"):
        return "ja"  # without the packages that speak it
    return resolve_language(lang)
