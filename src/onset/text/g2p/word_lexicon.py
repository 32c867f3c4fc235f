"""Words that are known by heart: acronyms said as words, brands, technical names.

`data/english_lexicon.toml` tells their source and licence.
"""

import re
from collections.abc import Callable

from onset.text.word_tables import table

WORDS: dict[str, list[str]] = table("english_lexicon")["words"]

_CORE = re.compile(r"([^\w]*)([\w'’-]*?\w)((?:['’]s|(?<=[A-Z\d])s)?)([^\w]*)")
"""Marks, a word, its plural or possessive ending, marks."""


def known(chunk: str, british: bool, plural: Callable[[str], str | None]) -> str | None:
    """The phonemes of a chunk whose word is in the lexicon, with its marks; else None.

    plural: gives phonemes the ending of a plural.
    """
    parts = _CORE.fullmatch(chunk)
    if parts is None:
        return None
    before, word, ending, after = parts.groups()
    entry = WORDS.get(word) or WORDS.get(word.replace("’", "'").lower())
    if entry is None:
        return None
    phonemes: str | None = entry[-1 if british else 0]
    if ending and phonemes is not None:
        phonemes = plural(phonemes)
    return None if phonemes is None else before + phonemes + after
