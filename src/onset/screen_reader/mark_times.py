"""When the marks of a text are reached, from the words that are spoken as they become known.

Spoken words are not those of the text: "1984" is spoken as three. So equal words are found in both,
in their order, and what lies between two such pairs is divided evenly.
"""

from collections.abc import Sequence

from onset.screen_reader.marked_text import TextMark
from onset.types import SpokenWord

WINDOW = 8
"""Words of the text among which the next spoken word is looked for."""


class MarkTimes:
    """The marks of a text and when they are heard. text: as it was written."""

    def __init__(self, text: str, marks: Sequence[TextMark]) -> None:
        self._words = [_plain(word) for word in text.split()]
        self._marks = list(marks)
        self._times: list[tuple[int, str]] = []
        self._next = 0  # word of the text that is spoken next
        self._unmatched: list[int] = []  # when words began that are not of the text

    def feed(self, words: Sequence[SpokenWord]) -> None:
        """Words that will be spoken, with the samples at which they begin."""
        for word in words:
            self._match(_plain(word.text), word.start)
        for offset, start in enumerate(self._unmatched):  # nothing tells more before they are heard
            self._reach(self._next + offset, start)

    def until(self, sample: int) -> list[tuple[int, str]]:
        """The marks that are reached before a sample: at which, and their names."""
        reached = [mark for mark in self._times if mark[0] < sample]
        self._times = self._times[len(reached) :]
        return reached

    def rest(self) -> list[str]:
        """All marks that were not told yet: the text is over."""
        names = [name for _, name in self._times] + [mark.name for mark in self._marks]
        self._times, self._marks = [], []
        return names

    def _match(self, word: str, start: int) -> None:
        nearby = self._words[self._next : self._next + WINDOW]
        if not word or word not in nearby:
            self._unmatched.append(start)
            return
        skipped = nearby.index(word)
        for offset in range(skipped):
            spoken = self._unmatched[offset * len(self._unmatched) // skipped :]
            self._reach(self._next + offset, spoken[0] if spoken else start)
        self._reach(self._next + skipped, start)
        self._next += skipped + 1
        self._unmatched = []

    def _reach(self, word: int, sample: int) -> None:
        """A word of the text begins: so do the marks that stand before it."""
        while self._marks and self._marks[0].word <= word:
            self._times.append((sample, self._marks.pop(0).name))


def _plain(word: str) -> str:
    """Letters and digits, for comparing."""
    return "".join(c for c in word.casefold() if c.isalnum())
