"""Pronunciations that a user writes, in IPA or in Kokoro's own phonemes, as Kokoro's phonemes."""

import re
import unicodedata
from functools import cache

from onset.errors import InvalidRequest
from onset.text.g2p.vocabulary import PUNCTUATION, VOCABULARY, audible, to_vocabulary
from onset.text.word_tables import table

LONGEST = 200
"""Most characters of a pronunciation: a name of many words."""

OWN = frozenset("AIOQSTWYᵊ")
"""Letters of Kokoro's that IPA has not: a pronunciation with one of them is Kokoro's."""

APART = re.compile(r"[.‿͜͡|‖-]")
"""What IPA writes between sounds: syllables, ties, feet."""

IGNORED = frozenset(("Mn", "Sk", "Lm", "Zs"))
"""Categories of diacritics that may be dropped: none of them is a sound by itself."""


@cache
def _spellings(lang: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """Groups of IPA letters, the longest first, and what Kokoro has for each."""
    ipa = table("phonemes")["ipa"]
    found: dict[str, str] = dict(ipa["all"])
    if lang.startswith("en-"):
        found |= ipa["english"]
    if lang == "en-us":
        found |= ipa["american"]
    keys = sorted(found, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, keys))), found


def to_kokoro(written: str, lang: str) -> str:
    """A pronunciation as phonemes of the vocabulary. lang: one of languages.LANGUAGES.

    It may stand in slashes or brackets. Raises InvalidRequest for a sound that has no phoneme near
    it, for marks, and where there is nothing to hear.
    """
    sounds = unicodedata.normalize("NFC", written).strip()
    if len(sounds) > 2 and sounds[0] + sounds[-1] in ("//", "[]"):
        sounds = sounds[1:-1].strip()
    if len(sounds) > LONGEST:
        raise InvalidRequest(f"A pronunciation has at most {LONGEST} characters.")
    if OWN.isdisjoint(sounds):
        pattern, found = _spellings(lang)
        sounds = pattern.sub(lambda m: found[m[0]], APART.sub("", sounds))
    for sound in sounds:
        if sound in PUNCTUATION or not (
            to_vocabulary(sound) or unicodedata.category(sound) in IGNORED
        ):
            raise InvalidRequest(
                f"The pronunciation {written!r} has {sound!r}, which is no sound of IPA that we "
                f"can say, and none of {''.join(sorted(VOCABULARY.keys() - PUNCTUATION)).strip()}."
            )
    phonemes = to_vocabulary(sounds)
    if not audible(phonemes):
        raise InvalidRequest(f"There is no sound in the pronunciation {written!r}.")
    return phonemes
