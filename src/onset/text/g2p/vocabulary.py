"""Kokoro's vocabulary: the phonemes it has tokens for, and the nearest ones for all others."""

import re
import unicodedata
from functools import lru_cache

from onset.errors import InvalidRequest
from onset.text.word_tables import table

VOCABULARY: dict[str, int] = table("phonemes")["tokens"]
"""Phoneme to token: `vocab` of hexgrad/Kokoro-82M config.json (Apache-2.0). Token 0 is the pad."""

PUNCTUATION = frozenset(';:,.!?—…"()“”')
SILENT = PUNCTUATION | frozenset(" ˈˌːʰʲ\u0303↓→↗↘")
"""Tokens that make no sound by themselves: marks, stress, length, tones."""

MARK_RUN = re.compile(r"([;:,.!?—…\"()“”]{4})[;:,.!?—…\"()“”]+")
"""More marks than any sentence ends with; each costs the model a token and says nothing."""

NEAREST: dict[str, str] = table("phonemes")["nearest"]
"""Sounds of other languages that Kokoro has no token for, and the token nearest to them."""


def encode(phonemes: str) -> tuple[int, ...]:
    """Token ids of `phonemes`, one a character, without pads. Raises InvalidRequest."""
    unknown = sorted(set(phonemes) - VOCABULARY.keys())
    if unknown:
        choices = "".join(VOCABULARY)
        raise InvalidRequest(f"Unknown phoneme {unknown[0]!r}. Choices: {choices}", "input")
    return tuple(VOCABULARY[phoneme] for phoneme in phonemes)


def audible(phonemes: str) -> bool:
    """Whether there is a sound in `phonemes`, rather than only marks."""
    return not SILENT.issuperset(phonemes)


@lru_cache(maxsize=1024)
def _nearest(sound: str) -> str:
    """The tokens nearest to one IPA character; "" for what has none (tones, ties, diacritics)."""
    near = NEAREST.get(sound, sound)
    return "".join(c for c in unicodedata.normalize("NFD", near) if c in VOCABULARY)


def to_vocabulary(phonemes: str) -> str:
    """IPA as phonemes of the vocabulary, with single spaces and none at the ends."""
    if not VOCABULARY.keys() >= set(phonemes):
        phonemes = "".join(c if c in VOCABULARY else _nearest(c) for c in phonemes)
    return " ".join(MARK_RUN.sub(r"\1", phonemes).split())


def punctuation(phonemes: str) -> str:
    """The punctuation of `phonemes`."""
    return "".join(c for c in to_vocabulary(phonemes) if c in PUNCTUATION)
