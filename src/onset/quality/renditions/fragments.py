"""Fragments: the old way of cutting a text, kept as the control that every melody row must see.

Each fragment is read as an utterance of its own, the first one of at most 30 phonemes. That is how
Onset read before it read whole sentences, and how others that stream still do.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

from onset.text.g2p.vocabulary import audible
from onset.text.readings import CLAUSE_MARKS, CLOSING, PHRASE_STARTS
from onset.types import Reading, Word, joined_phonemes

BUDGETS = (30, 90, 180)
"""Most phonemes of the first, second and all later fragments; a longer word is a fragment too."""

LEAST, SHARE = 12, 3
"""Fewest phonemes of a fragment, and the share of its budget that a cut inside a sentence fills."""

REST = 8
"""Fewest phonemes that a cut may leave of an utterance."""

CLAUSE_PAUSE = 0.1
"""Seconds of silence behind a fragment that ends with a clause."""

WITHIN, BETWEEN, PHRASE, CLAUSE = range(4)
"""Where a cut may be, the best place last: inside of what has no spaces, between two words."""


class FragmentSource:
    """The readings of a text (as `ReadingSource`) in fragments.

    utterances: its readings, where each is decoded whole.
    """

    def __init__(self, utterances: Iterable[Reading]) -> None:
        self._fragments = _fragments(utterances)

    def next(self, most: int) -> Reading | None:
        """The next fragment, of whatever length; None behind the last."""
        return next(self._fragments, None)


def _fragments(utterances: Iterable[Reading]) -> Iterator[Reading]:
    budgets = chain(BUDGETS, repeat(BUDGETS[-1]))
    for utterance in utterances:
        left = utterance.words[utterance.begin : utterance.end]
        while left:
            count = _cut(left, next(budgets))
            words, left = left[:count], left[count:]
            pause = CLAUSE_PAUSE if _kind(words[-1], None) is CLAUSE else 0.0
            pause = pause if left else utterance.pause
            yield Reading(words, 0, len(words), pause, len(joined_phonemes(words)))


def _cut(words: Sequence[Word], budget: int) -> int:
    """How many words make the next fragment, and none that could not be heard is left alone."""
    if len(joined_phonemes(words)) <= budget:
        return len(words)
    best, first = (False, WITHIN, 0), 0
    for count in range(1, len(words)):
        if not _heard(words[:count]) or not _heard(words[count:]):
            continue
        first = first or count
        size, rest = len(joined_phonemes(words[:count])), len(joined_phonemes(words[count:]))
        if size > budget:
            break
        good = size >= max(LEAST, budget // SHARE) and rest >= REST
        best = max(best, (good, _kind(words[count - 1], words[count]) if good else WITHIN, count))
    count = best[-1] or first or len(words)
    while count < len(words) and not audible(words[count].phonemes):
        count += 1
    return count


def _heard(words: Sequence[Word]) -> bool:
    return any(audible(word.phonemes) for word in words)


def _kind(word: Word, following: Word | None) -> int:
    """What a cut between two words is."""
    if not word.space and not word.phonemes.endswith(" "):
        return WITHIN
    if word.text.rstrip(CLOSING).endswith(CLAUSE_MARKS):
        return CLAUSE
    first = following.text.strip("\"“'.,;:!?").lower() if following else ""
    return PHRASE if first in PHRASE_STARTS else BETWEEN
