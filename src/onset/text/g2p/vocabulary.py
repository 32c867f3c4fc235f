"""Kokoro's vocabulary: the phonemes it has tokens for, and the nearest ones for all others."""

import re
import unicodedata
from functools import lru_cache

from onset.errors import InvalidRequest

VOCABULARY: dict[str, int] = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, "—": 9, "…": 10, '"': 11, "(": 12, ")": 13,
    "“": 14, "”": 15, " ": 16, "\u0303": 17, "ʣ": 18, "ʥ": 19, "ʦ": 20, "ʨ": 21, "ᵝ": 22,
    "\uab67": 23, "A": 24, "I": 25, "O": 31, "Q": 33, "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42,
    "a": 43, "b": 44, "c": 45, "d": 46, "e": 47, "f": 48, "h": 50, "i": 51, "j": 52, "k": 53,
    "l": 54, "m": 55, "n": 56, "o": 57, "p": 58, "q": 59, "r": 60, "s": 61, "t": 62, "u": 63,
    "v": 64, "w": 65, "x": 66, "y": 67, "z": 68, "ɑ": 69, "ɐ": 70, "ɒ": 71, "æ": 72, "β": 75,
    "ɔ": 76, "ɕ": 77, "ç": 78, "ɖ": 80, "ð": 81, "ʤ": 82, "ə": 83, "ɚ": 85, "ɛ": 86, "ɜ": 87,
    "ɟ": 90, "ɡ": 92, "ɥ": 99, "ɨ": 101, "ɪ": 102, "ʝ": 103, "ɯ": 110, "ɰ": 111, "ŋ": 112,
    "ɳ": 113, "ɲ": 114, "ɴ": 115, "ø": 116, "ɸ": 118, "θ": 119, "œ": 120, "ɹ": 123, "ɾ": 125,
    "ɻ": 126, "ʁ": 128, "ɽ": 129, "ʂ": 130, "ʃ": 131, "ʈ": 132, "ʧ": 133, "ʊ": 135, "ʋ": 136,
    "ʌ": 138, "ɣ": 139, "ɤ": 140, "χ": 142, "ʎ": 143, "ʒ": 147, "ʔ": 148, "ˈ": 156, "ˌ": 157,
    "ː": 158, "ʰ": 162, "ʲ": 164, "↓": 169, "→": 171, "↗": 172, "↘": 173, "ᵻ": 177,
}  # fmt: skip
"""Phoneme to token: `vocab` of hexgrad/Kokoro-82M config.json (Apache-2.0). Token 0 is the pad."""

PUNCTUATION = frozenset(';:,.!?—…"()“”')
SILENT = PUNCTUATION | frozenset(" ˈˌːʰʲ\u0303↓→↗↘")
"""Tokens that make no sound by themselves: marks, stress, length, tones."""

MARK_RUN = re.compile(r"([;:,.!?—…\"()“”]{4})[;:,.!?—…\"()“”]+")
"""More marks than any sentence ends with; each costs the model a token and says nothing."""

NEAREST = {
    "g": "ɡ", "ħ": "h", "ɦ": "h", "ʕ": "ʔ", "ɫ": "l", "ɭ": "l", "ʟ": "l", "ɬ": "l", "ʉ": "u",
    "ɵ": "ə", "ɘ": "ə", "ɞ": "ɜ", "ʏ": "y", "ɶ": "œ", "ɱ": "m", "ʀ": "ʁ", "ɺ": "ɾ", "ʍ": "w",
    "ɓ": "b", "ɗ": "d", "ɠ": "ɡ", "ɢ": "ɡ", "ʐ": "ʂ", "ʑ": "ʒ", "ɮ": "l", "ʙ": "b",
}  # fmt: skip
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
