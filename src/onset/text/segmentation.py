"""Segments: clean text cut into the pieces that are synthesised, the first one small.

The first segment is cut for latency, later ones for prosody. Only as much text is phonemized as the
next cut needs, so the first segment of a long text comes as soon as that of a short one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, repeat, zip_longest
from typing import TypeAlias

from onset.text.g2p.vocabulary import audible
from onset.text.normalize import pieces
from onset.text.sentence_splitter import Break, TextPiece
from onset.text.word_tables import table
from onset.types import MAX_PHONEMES, Pause, Segment, Word

BUDGETS = (30, 90, 180)
"""Most phonemes of the first, second and all later segments.

30 are about 2.1 s of audio and 90-110 ms of front and trunk: first sound within 200 ms. 90 take
about 0.3 s to prepare, which the first one's audio leaves time for. 180 (13 s) hold nearly every
sentence whole; more would only hold up other streams.
"""

LEAD = 12
"""Fewest phonemes before a cut that may be moved: 0.84 s of audio, of which generating takes 65 %
and the remaining 0.3 s prepares the next segment (70 ms a phoneme, two cores)."""

REST = 8
"""Fewest phonemes that a cut may leave of a sentence: a shorter rest would be an orphan."""

SHARE = 3
"""A cut inside a sentence fills at least a third of the budget: short segments sound chopped."""

PAUSES = {Break.CLAUSE: 0.1, Break.SENTENCE: 0.25, Break.LINE: 0.35, Break.PARAGRAPH: 0.5}
"""Seconds of silence by what ends a segment. Clause and sentence as in kokoro-onnx 0.6 (`create`),
which users know; a list item asks for more than a sentence, a paragraph for about twice as much.
The end of the text asks for none: what follows is the caller's."""

SMALLEST_BUDGET = 8
"""A smaller budget could be filled with the marks around a word, with nothing to hear."""

CLAUSE_MARKS = (",", ";", ":", "—", "…", ")")
CLOSING = "\"”'"

PHRASE_STARTS = frozenset(table("english")["phrase_starts"].split())
"""Conjunctions, relative pronouns and prepositions: a reader may breathe before them."""


@dataclass(frozen=True, slots=True)
class FlushMarker:
    """Stands among the pieces of a text: what came before it is to be spoken now."""


Pieces: TypeAlias = Iterator[TextPiece | FlushMarker | Pause]
Words: TypeAlias = Callable[[str], tuple[Word, ...]]
"""The words of a piece of clean text, where one with a letter or digit has a sound."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A word in the queue. sound: its phonemes and the space behind. loud: whether it is heard."""

    text: str
    sound: str
    after: Break
    loud: bool


def segments(
    text: str, words: Words, budgets: Sequence[int] = BUDGETS, lang: str = "en-us"
) -> Iterator[Segment]:
    """Segments of `text` lazily, each with 1 to 510 phonemes and something to hear.

    Joining their texts gives `clean(text, lang)`. budgets: most phonemes of the first, second ...
    segment (8 to 510), the last one repeats. A text with nothing to speak gives no segment.
    """
    if not budgets or not all(SMALLEST_BUDGET <= b <= MAX_PHONEMES for b in budgets):
        raise ValueError(f"budgets must be {SMALLEST_BUDGET} to {MAX_PHONEMES}: {budgets}")
    results = segment_pieces(pieces(text, lang), words, budgets)
    return (segment for segment in results if isinstance(segment, Segment))


def segment_pieces(
    source: Pieces, words: Words, budgets: Sequence[int] = BUDGETS
) -> Iterator[Segment | Pause]:
    """Segments of a text whose pieces come one by one; NEED_TEXT where the next must wait.

    A text that is all there is cut as `segments` cuts it. A whole sentence does not wait for the
    next one, and nothing before a FlushMarker waits.
    """
    queue = _Queue(source, words)
    for budget in chain(budgets, repeat(budgets[-1])):
        while not queue.fill(budget):
            yield Pause.NEED_TEXT
        if not queue.loud:
            return
        atoms = queue.take(budget)
        sound = "".join(atom.sound for atom in atoms).strip()
        text = "".join(atom.text for atom in atoms)
        yield Segment(text, sound, PAUSES.get(atoms[-1].after, 0.0), tuple(map(_word, atoms)))


def _word(atom: Atom) -> Word:
    """An atom as the word it is spoken as."""
    text = atom.text.rstrip()
    return Word(text, atom.sound, atom.text[len(text) :])


class _Queue:
    """Words that were read and are not yet in a segment."""

    def __init__(self, source: Pieces, words: Words) -> None:
        self.atoms: list[Atom] = []
        self._source = source
        self._words = words
        self._next: TextPiece | FlushMarker | Pause | None = Pause.NEED_TEXT

    @property
    def loud(self) -> bool:
        """Whether any word in the queue is heard."""
        return any(atom.loud for atom in self.atoms)

    def fill(self, budget: int) -> bool:
        """Read until the cut for `budget` can be decided; False if more text is needed for that."""
        if self._next is Pause.NEED_TEXT:
            self._next = next(self._source, None)
        while not self._enough(budget):
            if self._next is Pause.NEED_TEXT:
                return False
            if self._next is None or (isinstance(self._next, FlushMarker) and self.loud):
                return True
            if isinstance(self._next, TextPiece):
                self.atoms += _atoms(self._words(self._next.text), self._next.end)
            self._next = next(self._source, None)
        return True

    def _enough(self, budget: int) -> bool:
        """Whether reading what follows could not change the cut."""
        have = sum(len(atom.sound) for atom in self.atoms if atom.loud)
        if not have:
            return False
        if have > budget + REST or self.atoms[-1].after >= Break.PARAGRAPH:
            return True
        # a whole sentence is there, and the next does not fit: a letter is over half a phoneme
        whole = have >= LEAD and self.atoms[-1].after >= Break.SENTENCE
        more = len(self._next.text) // 2 if isinstance(self._next, TextPiece) else budget
        return whole and have + more > budget

    def take(self, budget: int) -> list[Atom]:
        """Remove and return the atoms of the next segment, cutting a word that is too long."""
        count = _cut(self.atoms, budget)
        if not count:
            count = 1 + next(i for i, atom in enumerate(self.atoms) if atom.loud)
            self.atoms[count - 1 : count] = _halves(self.atoms[count - 1], budget)
        atoms, self.atoms = self.atoms[:count], self.atoms[count:]
        room = budget - sum(len(atom.sound) for atom in atoms)
        while self.atoms and self._trails(atoms[-1]):
            mark = self.atoms.pop(0)
            atoms.append(mark if len(mark.sound) <= room else replace(mark, sound=""))
            room -= len(atoms[-1].sound)
        return atoms

    def _trails(self, last: Atom) -> bool:
        """Whether the next atom is a mark that belongs behind `last`: in a sentence, or at the end
        of the text, where no other segment would take it."""
        if self.atoms[0].loud:
            return False
        ended = not isinstance(self._next, TextPiece) and not self.loud
        return ended or last.after < Break.SENTENCE


def _atoms(words: Sequence[Word], end: Break) -> Iterator[Atom]:
    """The words of a piece. A mark alone is spoken only behind a word, and as one token."""
    loud = False
    for word, following in zip_longest(words, words[1:]):
        before, loud = loud, audible(word.phonemes)
        phonemes = word.phonemes if loud else word.phonemes[: int(before)]
        sound = phonemes + " " if phonemes and word.space else phonemes
        yield Atom(word.text + word.space, sound, _after(word, following, end), loud)


def _after(word: Word, following: Word | None, end: Break) -> Break:
    """What lies between a word and the one behind it."""
    if following is None and end not in (Break.WORD, Break.WITHIN):
        return end
    if not word.space and not word.phonemes.endswith(" "):  # the space is only heard in Chinese
        return Break.WITHIN
    if word.text.rstrip(CLOSING).endswith(CLAUSE_MARKS):
        return Break.CLAUSE
    if following is None:
        return Break.WORD
    if following.text.startswith(("(", "—")):
        return Break.CLAUSE
    first = following.text.strip("\"“'.,;:!?").lower()
    return Break.PHRASE if first in PHRASE_STARTS else Break.WORD


def _cut(atoms: Sequence[Atom], budget: int) -> int:
    """How many atoms make the next segment; 0 if not even one word fits.

    The last sentence that fits, else the last clause, phrase or word, as long as neither side of
    the cut gets too short; if one must, the longest segment.
    """
    best = (False, Break.WITHIN, 0, 0)
    ends = list(accumulate(len(atom.sound) for atom in atoms))
    loud = False
    for count, (atom, end) in enumerate(zip(atoms, ends, strict=True), start=1):
        loud = loud or atom.loud
        size = end - atom.sound.endswith(" ")
        if size > budget:
            break
        if loud and atom.after >= Break.PARAGRAPH:
            return count
        if loud:
            kind = min(atom.after, Break.SENTENCE)
            least = LEAD if kind is Break.SENTENCE else max(LEAD, budget // SHARE)
            good = size >= least and not _orphaned(atoms, ends, count - 1)
            best = max(best, (good, kind if good else Break.WITHIN, size, count))
    return best[-1]


def _orphaned(atoms: Sequence[Atom], ends: Sequence[int], index: int) -> bool:
    """Whether a cut behind `index` leaves only a scrap of the sentence."""
    if atoms[index].after >= Break.SENTENCE:
        return False
    for atom, end in zip(atoms[index + 1 :], ends[index + 1 :], strict=True):
        if end - ends[index] > REST:
            return False
        if atom.after >= Break.SENTENCE:
            return True
    return False


def _halves(atom: Atom, budget: int) -> tuple[Atom, Atom]:
    """A word that is longer than a budget, cut between phonemes, its text in proportion."""
    size = atom.sound.rfind(" ", budget // 2, budget + 1)
    if size < 0:
        size = budget
        while size > 1 and atom.sound[size - 1] in "ˈˌ":  # stress belongs to what follows
            size -= 1
    letters = len(atom.text) * size // len(atom.sound)
    head = Atom(atom.text[:letters], atom.sound[:size], Break.WITHIN, True)
    tail = replace(atom, text=atom.text[letters:], sound=atom.sound[size:].lstrip())
    return head, replace(tail, loud=audible(tail.sound))
