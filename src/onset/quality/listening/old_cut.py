"""The old way of cutting, for a negative control: fragments of a sentence read as utterances.

A test in which nobody hears this proves nothing.
"""

from collections.abc import Sequence
from itertools import accumulate

from onset.text.readings import CLAUSE_MARKS
from onset.types import Pause, Reading, Word

FRAGMENTS = (30, 90, 180)
"""Most phonemes of the first, second and all later fragments, as before sentences were read
whole."""

CLAUSE_PAUSE = 0.1
"""Seconds of silence behind a fragment that ended with a clause, as then."""


class OldCut:
    """A ReadingSource of as many words as fit in a fragment, each an utterance of its own."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words, self._fragments = tuple(words), 0

    def next(self, most: int) -> Reading | Pause | None:
        """The next fragment; None behind the last."""
        if not self._words:
            return None
        budget = min(most, FRAGMENTS[min(self._fragments, len(FRAGMENTS) - 1)])
        ends = accumulate(len(word.phonemes) for word in self._words)
        count = max(1, sum(end <= budget for end in ends))
        taken, self._words = self._words[:count], self._words[count:]
        self._fragments += 1
        clause = bool(self._words) and taken[-1].text.endswith(CLAUSE_MARKS)
        sound = "".join(word.phonemes for word in taken).strip()
        return Reading(taken, 0, count, CLAUSE_PAUSE if clause else 0.0, len(sound))
