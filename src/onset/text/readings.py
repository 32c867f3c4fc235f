"""Readings: clean text cut into what the model reads as one utterance, a whole sentence if it can.

A sentence that is longer than the model may read now, or that is still being written, is read
again with more of it: each reading begins with what was decoded already and ends with words that
are only read, so that the melody of what is decoded is that of the sentence. Only as much text is
phonemized as the next reading needs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, zip_longest
from typing import Protocol, TypeAlias

from onset.text.g2p.vocabulary import audible
from onset.text.normalize import spoken_pieces
from onset.text.sentence_splitter import Break, TextPiece
from onset.text.word_tables import table
from onset.types import MAX_PHONEMES, Pause, Reading, Silence, Word, joined_phonemes

TOGETHER = (30, 90, 180)
"""Most phonemes of short sentences that are read together, in the first, second and all later
utterances. 30 are 2.1 s of audio, 180 nearly 13 s: more would only hold up other streams."""

LEAD = 12
"""Fewest phonemes of an utterance that a sentence behind it could still join: 0.84 s of audio."""

AHEAD = 25
"""Fewest phonemes, some five words, that are read behind what is decoded of a longer sentence.

They leave the pitch of the last word decoded 0.4 semitones (median) from that of the whole
sentence, and no word is drawn out (docs/log/2026-11-29-whole-sentences.md).
"""

NEARLY = 7
"""A sentence that is longer than a reading may be by at most a seventh is read whole."""

SMALLEST = 60
"""Fewest phonemes a reading may be limited to: something must be decoded in front of AHEAD."""

ENOUGH = 38
"""Phonemes of a sentence that is still being written with which reading it begins."""

PAUSES = {Break.CLAUSE: 0.1, Break.SENTENCE: 0.25, Break.LINE: 0.35, Break.PARAGRAPH: 0.5}
"""Seconds of silence by what ends an utterance. Clause and sentence as in kokoro-onnx 0.6
(`create`), which users know; a list item asks for more than a sentence, a paragraph for about twice
as much. The end of the text asks for none: what follows is the caller's."""

CLAUSE_MARKS = (",", ";", ":", "—", "…", ")")
CLOSING = "\"”'"

PHRASE_STARTS = frozenset(table("english")["phrase_starts"].split())
"""Conjunctions, relative pronouns and prepositions: a reader may breathe before them."""


@dataclass(frozen=True, slots=True)
class FlushMarker:
    """Stands among the pieces of a text: what came before it is to be spoken now.

    end: the least that lies between that and what follows.
    """

    end: Break = Break.WITHIN


ENDINGS = (FlushMarker, Silence)
"""What ends an utterance, whatever the text before it looks like."""

Pieces: TypeAlias = Iterator[TextPiece | FlushMarker | Silence | Pause]
Words: TypeAlias = Callable[[str], tuple[Word, ...]]
"""The words of a piece of clean text, where one with a letter or digit has a sound."""

WordsOf: TypeAlias = Callable[[str, str], tuple[Word, ...]]
"""The same of a piece in a language."""


class ReadingSource(Protocol):
    """Gives the readings of one text, in order."""

    def next(self, most: int) -> Reading | Silence | Pause | None:
        """The next reading, of at most `most` phonemes (SMALLEST to 510); None behind the last.

        A seventh more, if that is all of its sentence. A silence instead, where the text asks for
        one. NEED_TEXT where more text must come first.
        """


@dataclass(frozen=True, slots=True)
class Atom:
    """A word in the queue. sound: its phonemes and the space behind. loud: whether it is heard."""

    text: str
    sound: str
    after: Break
    loud: bool
    marks: tuple[str, ...] = ()


def readings(
    text: str, words: Words, most: int = MAX_PHONEMES, lang: str = "en-us"
) -> Iterator[Reading]:
    """Readings of `text` lazily, each with something to hear.

    Joining their texts gives `clean(text, lang)` without the phonemes it brings. A text with
    nothing to speak gives none.
    """
    queue = ReadingQueue(spoken_pieces(text, lang), words)
    while (reading := queue.next(most)) is not None:
        if isinstance(reading, Reading):
            yield reading


class ReadingQueue:
    """The readings of a text whose pieces come one by one.

    A whole sentence does not wait for the next one, and nothing before a FlushMarker waits.
    """

    def __init__(self, source: Pieces, words: Words) -> None:
        self._source, self._words = source, words
        self._atoms: list[Atom] = []
        self._decoded: list[Atom] = []  # of the utterance that goes on
        self._next: TextPiece | FlushMarker | Silence | Pause | None = Pause.NEED_TEXT
        self._utterances = 0

    def next(self, most: int) -> Reading | Silence | Pause | None:
        """As ReadingSource."""
        if not SMALLEST <= most <= MAX_PHONEMES:
            raise ValueError(f"A reading has {SMALLEST} to {MAX_PHONEMES} phonemes, not {most}.")
        together = TOGETHER[min(self._utterances, len(TOGETHER) - 1)]
        if not self._fill(together, most):
            return Pause.NEED_TEXT
        if not self._loud:
            if not isinstance(silence := self._next, Silence):
                return None
            self._next = Pause.NEED_TEXT  # the next time, what follows it
            return silence
        return self._reading(together, most)

    def _fill(self, together: int, most: int) -> bool:
        """Read until the next reading can be decided; False if more text is needed for that."""
        if self._next is Pause.NEED_TEXT:
            self._next = next(self._source, None)
        while not self._enough(together, most):
            if self._next is Pause.NEED_TEXT:
                return self._begun()
            if self._next is None or isinstance(self._next, Silence):
                return True
            if isinstance(self._next, FlushMarker) and self._loud:
                last = self._atoms[-1]
                self._atoms[-1] = replace(last, after=max(last.after, self._next.end))
                return True
            if isinstance(self._next, TextPiece):
                self._atoms += _atoms(self._words(self._next.text), self._next.end)
            self._next = next(self._source, None)
        return True

    @property
    def _loud(self) -> bool:
        return any(atom.loud for atom in self._atoms)

    def _enough(self, together: int, most: int) -> bool:
        """Whether reading what follows could not change what is read next."""
        have = _size([atom for atom in self._atoms if atom.loud])
        if not have:
            return False
        if have > most or self._atoms[-1].after >= Break.PARAGRAPH:
            return True
        ends = any(atom.loud and atom.after >= Break.SENTENCE for atom in self._atoms)
        if self._decoded or have > together:
            return ends
        # a whole sentence is there, and the next does not fit: a letter is over half a phoneme
        whole = have >= LEAD and self._atoms[-1].after >= Break.SENTENCE
        more = len(self._next.text) // 2 if isinstance(self._next, TextPiece) else together
        return whole and have + more > together

    def _begun(self) -> bool:
        """Whether a sentence that is still being written can be read already, or read again.

        Again with half as much more of it, so that all readings together are three times it at
        most.
        """
        return _size(self._atoms) >= max(ENOUGH, _size(self._decoded) // 2)

    def _reading(self, together: int, most: int) -> Reading:
        """Take the words to decode from the queue."""
        stop = _utterance(self._atoms, 0 if self._decoded else together)
        ended = stop is not None or self._next is None or isinstance(self._next, ENDINGS)
        utterance = self._atoms[:stop]
        if ended and _size([*self._decoded, *utterance]) <= most + most // NEARLY:
            most = min(MAX_PHONEMES, most + most // NEARLY)
        before = _context(self._decoded, most, _size(utterance))
        room = most - _size(before)
        seen = _fitting(utterance, room)
        if not any(atom.loud for atom in utterance[:seen]):
            seen = self._halve(room)
        whole = ended and seen == len(utterance)
        end = seen if whole else _decodable(self._atoms[:seen])
        known = len(_sound([*self._decoded, *utterance]))
        ahead = self._atoms[end:seen]
        taken, self._atoms = self._atoms[:end], self._atoms[end:]
        if end == seen:
            taken += self._trailing(taken[-1], room - _size(taken))
        first, pause = not self._decoded, 0.0
        if end == seen:
            pause = PAUSES.get(taken[-1].after, 0.0)
            self._decoded, self._utterances = [], self._utterances + 1
        else:
            self._decoded = [*self._decoded, *taken]
        words = tuple(map(_word, [*before, *taken, *ahead]))
        decoded = len(before), len(before) + len(taken)
        return Reading(words, *decoded, pause, max(known, len(joined_phonemes(words))), first)

    def _halve(self, room: int) -> int:
        """Cut the first word that is heard, which is too long; how many atoms end with it."""
        index = next(i for i, atom in enumerate(self._atoms) if atom.loud)
        self._atoms[index : index + 1] = _halves(self._atoms[index], room)
        return index + 1

    def _trailing(self, last: Atom, room: int) -> list[Atom]:
        """Take the marks that belong behind `last`, silent where there is no room for them."""
        marks = list[Atom]()
        while self._atoms and self._trails(last):
            mark = self._atoms.pop(0)
            marks.append(last := mark if len(mark.sound) <= room else replace(mark, sound=""))
            room -= len(last.sound)
        return marks

    def _trails(self, last: Atom) -> bool:
        """Whether the next atom is a mark that belongs behind `last`: in a sentence, or at the end
        of the text, where no other utterance would take it."""
        if self._atoms[0].loud:
            return False
        ended = not isinstance(self._next, TextPiece) and not self._loud
        return ended or last.after < Break.SENTENCE


def _word(atom: Atom) -> Word:
    """An atom as the word it is spoken as."""
    text = atom.text.rstrip()
    return Word(text, atom.sound, atom.text[len(text) :], atom.marks)


def _sound(atoms: Sequence[Atom]) -> str:
    return "".join(atom.sound for atom in atoms).strip()


def _size(atoms: Sequence[Atom]) -> int:
    """Phonemes of atoms, the spaces between them and behind them included."""
    return sum(len(atom.sound) for atom in atoms)


def _utterance(atoms: Sequence[Atom], together: int) -> int | None:
    """How many atoms are read as one utterance; None if its end is not known yet.

    A sentence, or as many as have at most `together` phonemes; a shorter one than LEAD is read with
    the next. together: 0 where the rest of a sentence is asked for.
    """
    least, found, loud = (LEAD if together else 1), None, False
    ends = accumulate(len(atom.sound) for atom in atoms)
    for count, (atom, end) in enumerate(zip(atoms, ends, strict=True), start=1):
        loud = loud or atom.loud
        if not loud or atom.after < Break.SENTENCE:
            continue
        if atom.after >= Break.PARAGRAPH:
            return count if found is None or end <= together else found
        if found is not None and end > together:
            return found
        if end - atom.sound.endswith(" ") >= least:
            found = count
    return found


def _context(decoded: Sequence[Atom], most: int, following: int) -> list[Atom]:
    """What was decoded of an utterance, to be read again: all, or the last third of a reading."""
    if _size(decoded) + following <= most:
        return list(decoded)
    sizes = accumulate(len(atom.sound) for atom in reversed(decoded))
    count = sum(size <= most // 3 for size in sizes)
    return list(decoded[len(decoded) - count :])


def _fitting(atoms: Sequence[Atom], room: int) -> int:
    """How many atoms fit, without the space behind the last one."""
    ends = accumulate(len(atom.sound) for atom in atoms)
    return sum(end - a.sound.endswith(" ") <= room for a, end in zip(atoms, ends, strict=True))


def _decodable(atoms: Sequence[Atom]) -> int:
    """How many of the atoms that are read can be decoded: AHEAD phonemes are left behind them.

    At least one word that is heard, where there are fewer.
    """
    behind = [_size(atoms) - end for end in accumulate(len(atom.sound) for atom in atoms)]
    first = 1 + next(i for i, atom in enumerate(atoms) if atom.loud)
    good = [n for n in range(first, len(atoms)) if behind[n - 1] >= AHEAD]
    between = [n for n in good if atoms[n - 1].after >= Break.WORD]
    return max(between or good, default=first)


def _atoms(words: Sequence[Word], end: Break) -> Iterator[Atom]:
    """The words of a piece. A mark alone is spoken only behind a word, and as one token."""
    loud = False
    for word, following in zip_longest(words, words[1:]):
        before, loud = loud, audible(word.phonemes)
        phonemes = word.phonemes if loud else word.phonemes[: int(before)]
        sound = phonemes + " " if phonemes and word.space else phonemes
        after = _after(word, following, end)
        yield Atom(word.text + word.space, sound, after, loud, word.marks)


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


def _halves(atom: Atom, budget: int) -> tuple[Atom, Atom]:
    """A word that is longer than a budget, cut between phonemes, its text in proportion."""
    size = atom.sound.rfind(" ", budget // 2, budget + 1)
    if size < 0:
        size = budget
        while size > 1 and atom.sound[size - 1] in "ˈˌ":  # stress belongs to what follows
            size -= 1
    letters = len(atom.text) * size // len(atom.sound)
    head = Atom(atom.text[:letters], atom.sound[:size], Break.WITHIN, True, atom.marks)
    tail = replace(atom, text=atom.text[letters:], sound=atom.sound[size:].lstrip(), marks=())
    return head, replace(tail, loud=audible(tail.sound))
