"""A lexicon: puts the pronunciations of its entries into a text, in time that is linear in it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from onset.text.lexicon.lexicon_entry import LONGEST_WORD, LexiconEntry
from onset.text.rewrite_rules import EXPLICIT, MAIL, URL
from onset.text.sentence_splitter import UNSPACED

MOST_ENTRIES = 20_000
"""Entries of a lexicon: as many as the common words of a language."""

UNTOUCHED = re.compile(f"({EXPLICIT}|(?i:{URL.removeprefix('(?i)')})|{MAIL})")
"""Words that bring their pronunciation, and addresses, which are spelled."""

WORD = re.compile(r"\w+")
SPACES = re.compile(r"\s+")


class Lexicon:
    """Entries, of which a later one goes before an earlier one for the same word.

    The longest entry that fits is taken; one with exact capitals goes before one without.
    """

    def __init__(self, entries: Iterable[LexiconEntry] = ()) -> None:
        self.entries = tuple(entries)
        self._tables: dict[str, _Table] = {}

    def rewritten(self, text: str, lang: str) -> str:
        """The text with `[word](/phonemes/)`, or other words, for the words of the entries."""
        table = self._table(lang)
        if not table:
            return text
        parts = UNTOUCHED.split(text)
        # Every second part is what is left as it is.
        return "".join(
            part if at % 2 else self._spoken(part, table, lang) for at, part in enumerate(parts)
        )

    def _table(self, lang: str) -> "_Table":
        if lang not in self._tables:
            held = [entry for entry in reversed(self.entries) if entry.holds(lang)]
            self._tables[lang] = _Table(held, lang)
        return self._tables[lang]

    def _spoken(self, text: str, table: "_Table", lang: str) -> str:
        said: list[str] = []
        end = 0
        for start in range(len(text)) if lang in UNSPACED else _boundaries(text):
            if start < end:
                continue
            for entry in table.candidates(text, start):
                if stop := _fits(entry, text, start, lang):
                    said += [text[end:start], entry.spoken(text[start:stop], lang)]
                    end = stop
                    break
        return "".join([*said, text[end:]])


class _Table:
    """The entries of a language by how they begin; whole where no spaces are written."""

    def __init__(self, entries: Iterable[LexiconEntry], lang: str) -> None:
        self._whole = lang in UNSPACED
        self._entries: dict[str, list[LexiconEntry]] = defaultdict(list)
        for entry in entries:
            key = entry.word.lower() if self._whole else _first_word(entry.word)
            self._entries[key].append(entry)
        for found in self._entries.values():
            found.sort(key=lambda entry: (-len(entry.word), not entry.exact))
        self._sizes = sorted({len(key) for key in self._entries}, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._sizes)

    def candidates(self, text: str, start: int) -> Iterator[LexiconEntry]:
        """Entries that may stand at `start`, the longest first."""
        if not self._whole:
            yield from self._entries.get(_first_word(text[start : start + LONGEST_WORD + 1]), ())
            return
        for size in self._sizes:
            yield from self._entries.get(text[start : start + size].lower(), ())


def _boundaries(text: str) -> Iterator[int]:
    """Where words begin, and marks behind a space, as in ".NET"."""
    for match in re.finditer(r"(?<!\S)[^\w\s](?=\S)|\b\w", text):
        yield match.start()


def _first_word(text: str) -> str:
    """The word that a text begins with in small letters; its first mark where it is none."""
    match = WORD.match(text)
    return (match[0] if match else text[:1]).lower()


def _fits(entry: LexiconEntry, text: str, start: int, lang: str) -> int:
    """Where the entry's word ends if it stands at `start`, else 0. Any space fits any other."""
    stop = start
    for number, part in enumerate(entry.word.split(" ")):
        if number:
            space = SPACES.match(text, stop)
            if space is None:
                return 0
            stop = space.end()
        written = text[stop : stop + len(part)]
        if written != part and (entry.exact or written.lower() != part.lower()):
            return 0
        stop += len(part)
    inside = stop < len(text) and text[stop].isalnum() and text[stop - 1].isalnum()
    return 0 if inside and lang not in UNSPACED else stop
