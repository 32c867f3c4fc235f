"""Words that bring their pronunciation, `[Kokoro](/kˈOkəɹO/)`: the notation of misaki.

While the text around such a word is cleaned, a letter stands for it that no rule knows.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from onset.errors import InvalidRequest
from onset.text.g2p.pronunciations import to_kokoro
from onset.text.rewrite_rules import EXPLICIT
from onset.text.sentence_splitter import UNSPACED

STAND_IN = "ꙮ"
"""A letter of one manuscript of the 15th century; a text that has it is left as it is."""

PARTS = re.compile(r"\[([^\[\]]+)\]\(/([^/()\[\]]+)/\)")
PATH = re.compile(r"[a-z0-9_.-]+")
"""What is a folder on a web server sooner than a pronunciation: `[About us](/about/)`."""

BEFORE_MARK = re.compile(r"(?<=/\)) (?=[.,;:!?…)”])")


def given(word: str, phonemes: str) -> str:
    """The notation of a word with phonemes of the vocabulary."""
    stressed = "ˈ" + phonemes if PATH.fullmatch(phonemes) else phonemes
    return f"[{' '.join(word.split())}](/{stressed}/)"


def hold(text: str, lang: str) -> tuple[str, list[str]]:
    """The text with STAND_IN for each word that brings its sounds, and those words.

    What is written in IPA is then in Kokoro's phonemes. A link is left as it is.
    """
    held: list[str] = []
    if "](/" not in text or STAND_IN in text:
        return text, held

    def taken(match: re.Match[str]) -> str:
        parts = PARTS.fullmatch(match[0])
        phonemes = None if parts is None else _phonemes(parts[2], lang)
        if parts is None or phonemes is None:
            return match[0]
        held.append(given(parts[1].strip(), phonemes))
        return STAND_IN

    return re.sub(EXPLICIT, taken, text), held


def restore(text: str, held: Sequence[str], lang: str) -> str:
    """The text with the words back in their places; those that a rule took come at the end."""
    if not held:
        return text
    space = " " if lang in UNSPACED else ""
    words = iter(held)
    text = re.sub(STAND_IN, lambda _: space + next(words, "") + space, text)
    return BEFORE_MARK.sub("", " ".join(" ".join([text, *words]).split()))


@lru_cache(maxsize=1024)
def _phonemes(written: str, lang: str) -> str | None:
    """Kokoro's phonemes of what stands between the slashes; None if that is a path."""
    if PATH.fullmatch(written):
        return None
    try:
        return to_kokoro(written, lang)
    except InvalidRequest:
        return None
