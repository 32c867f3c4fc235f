"""Phonemizer: any text as words with phonemes, in the languages of Kokoro's voices.

Each language has a G2P (grapheme to phoneme). Here a text is cut into chunks for it, and its answer
becomes words. Every phoneme is one of the model's vocabulary, and every word with a letter or a
digit has a sound.
"""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from threading import Lock

from onset.text.g2p.english import EnglishG2P
from onset.text.g2p.espeak import EspeakG2P
from onset.text.g2p.fallback import FallbackG2P
from onset.text.g2p.japanese import JapaneseG2P
from onset.text.g2p.languages import resolve_language
from onset.text.g2p.mandarin import MandarinG2P
from onset.text.g2p.spacy_tagger import Language, tagger
from onset.text.g2p.vocabulary import VOCABULARY, audible
from onset.types import Word

CACHED = 512
"""Texts whose words are cached, each at most CACHED_LENGTH characters: about 10 MB when full."""

CACHED_LENGTH = 300

EXPLICIT = re.compile(
    r"([^\w\s\[\]]*)([^\s\[\]]*?)\[([^\[\]]+)\]\(/([^/()\[\]]+)/\)([^\s\[\]]*?)([^\w\s]*)(?!\S)"
)
"""A word with its phonemes, `[Kokoro](/kˈOkəɹO/)`, with letters and marks on both sides."""

ENDING = re.compile("['’]?s")
"""Of a possessive or a plural in English."""

CHUNK = re.compile(rf"{EXPLICIT.pattern}|\S+")
HISSING, VOICELESS = frozenset("szʃʒʧʤʦʣ"), frozenset("ptkfθ")


def _brings_phonemes(match: re.Match[str]) -> bool:
    """Whether what EXPLICIT matched has phonemes of the vocabulary."""
    sounds = match[4]
    return sounds is not None and VOCABULARY.keys() >= set(sounds) and audible(sounds)


def _chunks(text: str) -> Iterator[str]:
    """The words of `text`, cut at spaces; a word with phonemes is one."""
    for match in CHUNK.finditer(text):
        whole = match[3] is None or _brings_phonemes(match)
        yield from [match[0]] if whole else match[0].split()


def _ending(sounds: str) -> str:
    """How an "s" sounds behind these phonemes, in English."""
    last = sounds.rstrip("ˈˌː")[-1:]
    return "ᵻz" if last in HISSING else "s" if last in VOICELESS else "z"


class Phonemizer:
    """Text to words with phonemes. May be called from any thread; one at a time computes."""

    def __init__(self) -> None:
        self._lock, self._loading = Lock(), Lock()
        self._g2ps: dict[str, FallbackG2P] = {}
        self._cached = lru_cache(maxsize=CACHED)(self._convert)

    def load(self, lang: str = "en-us") -> None:
        """Load what `lang` needs (English 1.5 s, the others less), else the first call does."""
        self._g2p(resolve_language(lang))

    def words(self, text: str, lang: str) -> tuple[Word, ...]:
        """The words of `text`; joining their `text + space` gives it back, but for phonemes.

        `[word](/phonemes/)` is the word, spoken with those phonemes if the model has them. Raises
        InvalidRequest for a language that is not one of LANGUAGES, never for a text.
        """
        convert = self._cached if len(text) <= CACHED_LENGTH else self._convert
        return convert(text, resolve_language(lang))

    def cache_info(self) -> tuple[int, int, int]:
        """Looks into the cache of words that found something, and that did not; its entries."""
        info = self._cached.cache_info()
        return info.hits, info.misses, info.currsize

    def _convert(self, text: str, lang: str) -> tuple[Word, ...]:
        """The words, with the phonemes that the text brings, else by the G2P."""
        chunks = list(_chunks(text))
        given = [self._given(chunk, lang) for chunk in chunks]
        asked = ["it" if own else chunk for own, chunk in zip(given, chunks, strict=True)]
        g2p = self._g2p(lang)
        with self._lock:
            converted = g2p.convert(asked)
        rest = text.lstrip()
        result = [Word("", "", text[: len(text) - len(rest)])]
        for chunk, own, words in zip(chunks, given, converted, strict=True):
            behind = rest[len(chunk) :]
            rest = behind.lstrip()
            *parts, last = [own] if own else words
            result += [Word(*part, "") for part in parts]
            result.append(Word(*last, behind[: len(behind) - len(rest)]))
        return tuple(word for word in result if word.text or word.space)

    @property
    def loaded(self) -> tuple[str, ...]:
        """The languages that are there, in alphabetical order."""
        return tuple(sorted(tuple(self._g2ps)))

    def _given(self, chunk: str, lang: str) -> tuple[str, str] | None:
        """The word of a chunk that brings its phonemes, and those; None for any other chunk."""
        match = EXPLICIT.fullmatch(chunk)
        if match is None or not _brings_phonemes(match):
            return None
        before, prefix, word, sounds, suffix, after = match.groups()
        sounds = sounds.strip()
        if suffix and lang.startswith("en-") and ENDING.fullmatch(suffix):
            sounds += _ending(sounds)
        else:
            sounds = " ".join([*self._glued(prefix, lang), sounds, *self._glued(suffix, lang)])
        marked = "".join(c for c in before + sounds + after if c in VOCABULARY)
        return before + prefix + word + suffix + after, marked

    def _glued(self, letters: str, lang: str) -> list[str]:
        """The phonemes of what is written together with a word that brings its own."""
        if not any(map(str.isalnum, letters)):
            return []
        g2p = self._g2p(lang)
        with self._lock:
            (words,) = g2p.convert([letters.strip("-'’")])
        return ["".join(sound for _, sound in words).strip()]

    def _g2p(self, lang: str) -> FallbackG2P:
        """The G2P of a language. While one is loaded, others can be used."""
        if lang in self._g2ps:
            return self._g2ps[lang]
        with self._loading:
            if lang not in self._g2ps:
                self._g2ps[lang] = self._create(lang)
            return self._g2ps[lang]

    def _create(self, lang: str) -> FallbackG2P:
        match lang:
            case "ja":
                return JapaneseG2P()
            case "zh":
                return MandarinG2P()
            case "en-us" | "en-gb":
                return EnglishG2P(self._tagger, british=lang == "en-gb")
        return EspeakG2P(lang)

    @cached_property
    def _tagger(self) -> Language:
        return tagger()
