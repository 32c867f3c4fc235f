"""What the G2P of every language goes on from: phonemes of any text, script by script.

Another script is read by espeak-ng in its own language; a character that no espeak voice can say is
called by its Unicode name.
"""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from misaki.espeak import EspeakFallback, EspeakG2P
from misaki.token import MToken

from onset.text.g2p.vocabulary import PUNCTUATION, audible, punctuation, to_vocabulary
from onset.text.word_tables import table

LONGEST_RUN = 30
"""Most characters that espeak is given as one word."""

NAMES = 512
"""Characters the phonemes of whose names are cached."""

SCRIPTS: dict[str, str] = table("phonemes")["scripts"]
"""First word of a letter's Unicode name to the espeak-ng voice that reads the script."""

VARIANTS = ("<super>", "<sub>", "<fraction>")
"""Decompositions of characters that espeak-ng reads by what they are variants of."""

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
    if unicodedata.decomposition(character).startswith(VARIANTS):  # ª is a Latin letter, ² a digit
        return script(unicodedata.normalize("NFKC", character)[0])
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


class FallbackG2P:
    """Phonemes of any text; a language overrides what it knows better.

    british: which English says Latin letters and the names of characters.
    """

    def __init__(self, british: bool = False) -> None:
        self._espeak_english = EspeakFallback(british=british)
        self._foreign: dict[str, EspeakG2P] = {}
        self._named = lru_cache(maxsize=NAMES)(self._name)

    def convert(self, chunks: Sequence[str]) -> list[list[tuple[str, str]]]:
        """The words of each chunk with their phonemes, read as one sentence.

        A chunk has no spaces, and its words joined are the chunk. Where a language writes none
        between words, the phonemes of a word within a chunk end with the space instead.
        """
        return [[pair] for pair in zip(chunks, self._sentence(chunks), strict=True)]

    def phonemize(self, text: str) -> str:
        """The phonemes of `text` by script; audible if it has a letter or a digit."""
        phonemes = ""
        for name, run in script_runs(text):
            if name is None:
                phonemes += run if run in PUNCTUATION else ""
            else:
                joint = " " if phonemes and phonemes[-1] not in OPENING else ""
                phonemes += joint + self._run(name, run)
        return phonemes.strip()

    def _sentence(self, chunks: Sequence[str]) -> Sequence[str]:
        """The phonemes of each chunk, where each is one word."""
        return [self.phonemize(chunk) for chunk in chunks]

    def _checked(self, chunk: str, phonemes: str) -> str:
        """`phonemes` if they can be those of `chunk`, else its phonemes by script."""
        if not pronounceable(chunk):
            return punctuation(phonemes)
        phonemes = to_vocabulary(phonemes)
        return phonemes if audible(phonemes) else self.phonemize(chunk)

    def _latin(self, text: str) -> str:
        """Latin letters, or digits with spaces between, in the text's language."""
        return self._english(text)

    def _english(self, text: str) -> str:
        token = MToken(text=text, tag="", whitespace="")
        return to_vocabulary(self._espeak_english(token)[0] or "")

    def _run(self, name: str, run: str) -> str:
        """One run: its language's espeak, else its letters, else its characters' names."""
        if name in SCRIPTS:
            if name not in self._foreign:
                self._foreign[name] = EspeakG2P(SCRIPTS[name])
            phonemes = to_vocabulary(self._foreign[name](run)[0])
        else:
            phonemes = self._latin(run) if name == "LATIN" else ""
            if name == "DIGIT" or (name == "LATIN" and not audible(phonemes)):
                phonemes = self._latin(" ".join(run))
        return phonemes if audible(phonemes) else " ".join(map(self._named, run)).strip()

    def _name(self, character: str) -> str:
        """The Unicode name of a letter or digit as English words."""
        if not character.isalnum():
            return ""
        name = unicodedata.name(character, "unknown character").lower()
        return self._english(re.sub(r"[^a-z]+", " ", name))


class UnspacedG2P(FallbackG2P, ABC):
    """A language that writes no spaces between words. letters: what its own words are made of."""

    letters: re.Pattern[str]

    def convert(self, chunks: Sequence[str]) -> list[list[tuple[str, str]]]:
        return [join_words(self._chunk(chunk)) for chunk in chunks]

    @abstractmethod
    def _words(self, run: str) -> Iterable[tuple[str, str]]:
        """The words of a run of `letters`, with their phonemes."""

    @abstractmethod
    def _digit(self, digit: int) -> str:
        """The phonemes of a digit said by itself."""

    def _latin(self, text: str) -> str:
        digits = text.replace(" ", "")
        if digits.isdecimal():
            return " ".join(self._digit(int(character)) for character in digits)
        return self._english(text)

    def _chunk(self, chunk: str) -> Iterator[tuple[str, str]]:
        """Its words, the runs of other scripts and the marks between them."""
        end = 0
        for match in self.letters.finditer(chunk):
            yield from self._others(chunk[end : match.start()])
            yield from self._words(match[0])
            end = match.end()
        yield from self._others(chunk[end:])

    def _others(self, text: str) -> Iterator[tuple[str, str]]:
        for name, run in script_runs(text):
            yield run, punctuation(run) if name is None else self.phonemize(run)
