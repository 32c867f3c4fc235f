"""Spelling: phonemes of any text without a lexicon, run by run of one script.

Another script is read by espeak-ng in its own language; what no voice can say is called by its
Unicode name. Ignorant of sentences, of what the reader of the whole text can say, and of the model.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from misaki.espeak import EspeakFallback, EspeakG2P
from misaki.token import MToken

from onset.text.g2p.vocabulary import PUNCTUATION, audible, known, marks

LONGEST_RUN = 30
"""Characters that espeak is given as one word."""

NAMES = 512
"""Characters whose names are kept as phonemes."""

SCRIPTS = {
    "CYRILLIC": "ru", "GREEK": "el", "CJK": "cmn", "HIRAGANA": "ja", "KATAKANA": "ja",
    "HANGUL": "ko", "ARABIC": "ar", "HEBREW": "he", "DEVANAGARI": "hi", "BENGALI": "bn",
    "TAMIL": "ta", "TELUGU": "te", "GUJARATI": "gu", "GURMUKHI": "pa", "KANNADA": "kn",
    "MALAYALAM": "ml", "THAI": "th", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am",
}  # fmt: skip
"""First word of a letter's Unicode name to the espeak-ng voice that reads the script."""


OPENING = frozenset("(“")


def speakable(text: str) -> bool:
    """Whether `text` has something that must be heard."""
    return any(map(str.isalnum, text))


def script(character: str) -> str | None:
    """LATIN, DIGIT, another first word of the Unicode name, None for a mark, "" to go on."""
    category = unicodedata.category(character)
    if character in "'’" or category[0] == "M":
        return ""
    if category == "Nd":
        return "DIGIT"
    if not character.isalnum():
        return None
    return unicodedata.name(character, "UNKNOWN").split()[0]


def runs(text: str) -> Iterator[tuple[str | None, str]]:
    """Stretches of one script, none longer than LONGEST_RUN; marks one by one."""
    scripts: list[str | None] = []
    for character in text:
        own = script(character)
        scripts.append((scripts[-1] if scripts else None) if own == "" else own)
    for name, group in groupby(zip(scripts, text, strict=True), key=lambda pair: pair[0]):
        run = "".join(character for _, character in group)
        size = LONGEST_RUN if name is not None else 1
        yield from ((name, run[i : i + size]) for i in range(0, len(run), size))


def spaced(words: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The words of a chunk in a language that writes no spaces: a space behind each sound instead.

    An opening mark is joined to the word behind it, any other to the word before.
    """
    joined: list[tuple[str, str]] = []
    opening = False
    for text, sound in words:
        alone = not audible(sound)
        if joined and (opening or (alone and text not in OPENING)):
            joined[-1] = (joined[-1][0] + text, joined[-1][1] + sound)
        else:
            joined.append((text, sound))
        opening = alone and text in OPENING
    return [(text, sound and sound + " ") for text, sound in joined[:-1]] + joined[-1:]


class EspeakEnglish:
    """espeak-ng's English in Kokoro's phonemes, as misaki writes it."""

    def __init__(self, british: bool) -> None:
        self._espeak = EspeakFallback(british=british)

    def __call__(self, text: str) -> str:
        token = MToken(text=text, tag="", whitespace="")
        return known(self._espeak(token)[0] or "")


class FallbackReader:
    """Says any text. latin: the phonemes of Latin letters and digits in the reader's language."""

    def __init__(self, english: Callable[[str], str], latin: Callable[[str], str]) -> None:
        self._english = english
        self._latin = latin
        self._foreign: dict[str, EspeakG2P] = {}
        self._named = lru_cache(maxsize=NAMES)(self._name)

    def spell(self, text: str) -> str:
        """The phonemes of `text`; audible if it has a letter or a digit."""
        spoken = ""
        for name, run in runs(text):
            if name is None:
                spoken += run if run in PUNCTUATION else ""
            else:
                joint = " " if spoken and spoken[-1] not in "(“" else ""
                spoken += joint + self._run(name, run)
        return spoken.strip()

    def words(self, text: str) -> Iterator[tuple[str, str]]:
        """Each run of one script, and each mark, with its phonemes."""
        for name, run in runs(text):
            yield run, marks(run) if name is None else self.spell(run)

    def _run(self, name: str, run: str) -> str:
        """One run: its language's espeak, else its letters, else its characters' names."""
        if name in SCRIPTS:
            said = known(self._voice(SCRIPTS[name])(run)[0])
        else:
            said = self._latin(run) if name == "LATIN" else ""
            if name == "DIGIT" or (name == "LATIN" and not audible(said)):
                said = self._latin(" ".join(run))
        return said if audible(said) else " ".join(map(self._named, run)).strip()

    def _voice(self, language: str) -> EspeakG2P:
        if language not in self._foreign:
            self._foreign[language] = EspeakG2P(language)
        return self._foreign[language]

    def _name(self, character: str) -> str:
        """The Unicode name of a letter or digit as English words."""
        if not character.isalnum():
            return ""
        name = unicodedata.name(character, "unknown character").lower()
        return self._english(re.sub(r"[^a-z]+", " ", name))
