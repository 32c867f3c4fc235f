"""Words written in capitals: shouted words in small letters, acronyms as they are.

misaki spells a word in capitals that its tagger takes for a name: UNITED S-T-A-T-E-S.
"""

import re
from collections.abc import Callable, Iterator, Sequence

Known = Callable[[str], bool]
"""Whether a lexicon has a word, written so."""

_CAPITALS = re.compile(r"[A-Z]+(?:['’][A-Z]+)?")
_CORE = re.compile(r"([^\w]*)([A-Z][A-Z'’_]*)((?:[^\w].*)?)")
_OPENING = (
    "[AEIOUY]|[^AEIOUY][AEIOUY]|BL|BR|CH|CL|CR|DR|FL|FR|GL|GR|KN|KR|PH|PL|PR|"
    "RH|SC|SH|SK|SL|SM|SN|SP|ST|SW|TH|TR|TW|VL|WH|WR"
)
_SAYABLE = re.compile(
    rf"(?={_OPENING})(?=.*[AEIOUY])(?=.*[^AEIOUY])(?!.*[^AEIOUY]{{4}})(?!.*[AEIOU]{{4}})[A-Z]{{4,}}"
)
"""A name that is in no lexicon, but has the shape of a word: TODO, VLADIMIR, not HTTP."""

FEWEST = 3
"""Words in capitals in a row, at least two of them longer than a letter, that are shouted."""

LONG = 9
"""Letters of a word in capitals that is no acronym."""

ENDINGS = ("s", "es", "ed", "d", "ing")


def _in_small(word: str, known: Known, acronym: Known) -> str:
    """The word in small letters, or as a name, if either is known; an acronym stays."""
    lower, title = word.lower(), word.title()
    stems = [lower.removesuffix(end) for end in ENDINGS if lower.endswith(end)]
    stems += [stem + "e" for stem in stems]
    if known(lower) or any(len(stem) > 2 and known(stem) for stem in stems):
        return lower
    if acronym(word):
        return word
    if known(title) or _SAYABLE.fullmatch(word):
        return title
    return word


def _runs(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where words in capitals stand in a row; what has no letters interrupts none."""
    start = None
    for at, word in enumerate([*words, "x"]):
        if not any(map(str.isalpha, word)):
            continue
        if _CAPITALS.fullmatch(word):
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None


def _shouted(words: Sequence[str], known: Known) -> bool:
    """Whether words in capitals in a row are words, and not acronyms."""
    spelled = [word for word in words if word.isalpha()]
    if not any(known(word.lower()) or known(word.title()) for word in spelled if len(word) > 1):
        return False
    long = [word for word in spelled if len(word) > 1]
    if len(spelled) >= FEWEST and len(long) > 1:
        return True
    return len(spelled) == 2 and all(len(word) > 3 for word in spelled)


def _is_long(word: str, acronym: Known) -> bool:
    """Whether a word is too long for an acronym that nobody knows."""
    return len(word) >= LONG and _SAYABLE.fullmatch(word) is not None and not acronym(word)


def in_small_letters(chunks: Sequence[str], known: Known, acronym: Known) -> list[str]:
    """The chunks of a sentence, those that are shouted in small letters; lengths stay.

    known: whether the lexicon has a word; acronym: whether it has one as written in capitals. A
    word by itself is said as a word from four letters on, if its small letters are one.
    """
    parts = [_CORE.fullmatch(chunk) for chunk in chunks]
    words = [part[2] if part else chunk for part, chunk in zip(parts, chunks, strict=True)]
    said = list(words)
    for at, word in enumerate(words):
        if parts[at] and "_" in word:
            said[at] = "_".join(_in_small(w, known, acronym) for w in word.split("_"))
        elif parts[at] and (len(word) > 3 and known(word.lower()) or _is_long(word, acronym)):
            said[at] = word.lower()
    for start, end in _runs(words):
        if not _shouted(words[start:end], known):
            continue
        for at in range(start, end):
            if parts[at] and len(words[at]) > 1:
                said[at] = _in_small(words[at], known, acronym)
            elif words[at] == "A" and at + 1 < end and len(words[at + 1]) > 1:
                said[at] = "a"
    return [
        f"{part[1]}{word}{part[3]}" if part else chunk
        for part, word, chunk in zip(parts, said, chunks, strict=True)
    ]
