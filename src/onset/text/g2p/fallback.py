"""The fallback for words that a language's own G2P lacks: phonemes of any text, script by script.

Another script is read by espeak-ng in its own language; a character that no espeak voice can say is
called by its Unicode name.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from misaki.espeak import EspeakFallback, EspeakG2P
from misaki.token import MToken

from onset.text.g2p.vocabulary import PUNCTUATION, audible, punctuation, to_vocabulary
from onset.text.tables import table

LONGEST_RUN = 30
"""Most characters that espeak is given as one word."""

NAMES = 512
"""Characters the phonemes of whose names are cached."""

SCRIPTS: dict[str, str] = table("phonemes")["scripts"]
"""First word of a letter's Unicode name to the espeak-ng voice that reads the script."""

OPENING = frozenset("(“")


def pronounceable(text: str) -> bool:
    """Whether `text` has something that must be heard."""
    return any(map(str.isalnum, text))


def script(character: str) -> str | None:
    """LATIN, DIGIT or another first word of the Unicode name; None for a mark; "" for a character
    that belongs to the script before it."""
    category = unicodedata.category(character)
    if character in "'’" or category[0] == "M":
        return ""
    if category == "Nd":
        return "DIGIT"
    if not character.isalnum():
        return None
    return unicodedata.name(character, "UNKNOWN").split()[0]


def script_runs(text: str) -> Iterator[tuple[str | None, str]]:
    """Stretches of one script, none longer than LONGEST_RUN; marks one by one."""
    scripts: list[str | None] = []
    for character in text:
        name = script(character)
        scripts.append((scripts[-1] if scripts else None) if name == "" else name)
    for name, group in groupby(zip(scripts, text, strict=True), key=lambda pair: pair[0]):
        run = "".join(character for _, character in group)
        size = LONGEST_RUN if name is not None else 1
        yield from ((name, run[i : i + size]) for i in range(0, len(run), size))


def join_words(words: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The words of a chunk in a language that writes no spaces, with a space behind each sound.

    An opening mark is joined to the word behind it, any other mark to the word before.
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


def latin(english: Callable[[str], str], digit: Callable[[int], str]) -> Callable[[str], str]:
    """What FallbackG2P asks for as `latin`: letters in English, digits one by one by `digit`."""

    def phonemize(text: str) -> str:
        digits = text.replace(" ", "")
        if digits.isdecimal():
            return " ".join(digit(int(character)) for character in digits)
        return english(text)

    return phonemize


class EspeakEnglish:
    """espeak-ng's English in Kokoro's phonemes, as misaki writes it."""

    def __init__(self, british: bool) -> None:
        self._espeak = EspeakFallback(british=british)

    def __call__(self, text: str) -> str:
        token = MToken(text=text, tag="", whitespace="")
        return to_vocabulary(self._espeak(token)[0] or "")


class FallbackG2P:
    """Phonemes of any text. latin: converts Latin letters and digits in the text's language."""

    def __init__(self, english: Callable[[str], str], latin: Callable[[str], str]) -> None:
        self._english = english
        self._latin = latin
        self._foreign: dict[str, EspeakG2P] = {}
        self._named = lru_cache(maxsize=NAMES)(self._name)

    def phonemize(self, text: str) -> str:
        """The phonemes of `text`; audible if it has a letter or a digit."""
        phonemes = ""
        for name, run in script_runs(text):
            if name is None:
                phonemes += run if run in PUNCTUATION else ""
            else:
                joint = " " if phonemes and phonemes[-1] not in "(“" else ""
                phonemes += joint + self._run(name, run)
        return phonemes.strip()

    def words(self, text: str) -> Iterator[tuple[str, str]]:
        """Each run of one script, and each mark, with its phonemes."""
        for name, run in script_runs(text):
            yield run, punctuation(run) if name is None else self.phonemize(run)

    def words_around(
        self, own: re.Pattern[str], words: Callable[[str], Iterable[tuple[str, str]]], chunk: str
    ) -> Iterator[tuple[str, str]]:
        """The words of a chunk: `words` converts what `own` matches, this fallback the rest."""
        end = 0
        for match in own.finditer(chunk):
            yield from self.words(chunk[end : match.start()])
            yield from words(match[0])
            end = match.end()
        yield from self.words(chunk[end:])

    def _run(self, name: str, run: str) -> str:
        """One run: its language's espeak, else its letters, else its characters' names."""
        if name in SCRIPTS:
            phonemes = to_vocabulary(self._voice(SCRIPTS[name])(run)[0])
        else:
            phonemes = self._latin(run) if name == "LATIN" else ""
            if name == "DIGIT" or (name == "LATIN" and not audible(phonemes)):
                phonemes = self._latin(" ".join(run))
        return phonemes if audible(phonemes) else " ".join(map(self._named, run)).strip()

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
