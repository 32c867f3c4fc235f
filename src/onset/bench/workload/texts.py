"""The texts that are spoken: our own wording, from seeded templates, never one twice in a run.

No two texts, nor two sentences in them, begin with the same clause, in any class, so that a
server which keeps what it has spoken gains nothing. The same seed gives the same texts anywhere.
Knows nothing of who speaks them.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from onset.bench.workload.hard_texts import complex_sentence, unicode_sentence

DISTINCT = 200
"""Texts of each class in one workload."""


class TextClass(StrEnum):
    """Kinds of text. FORTY exists for the flatness ratio LONG / FORTY.

    COMPLEX: numbers, dates, amounts, addresses, code. RUN_ON: one long sentence of few commas.
    STACCATO: many short sentences. UNICODE: emoji and words of many scripts.
    """

    TWO_WORDS = "two_words"
    FORTY = "forty"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    LONG = "long"
    COMPLEX = "complex"
    RUN_ON = "run_on"
    STACCATO = "staccato"
    UNICODE = "unicode"


COMPARED = (
    TextClass.TWO_WORDS,
    TextClass.FORTY,
    TextClass.SENTENCE,
    TextClass.PARAGRAPH,
    TextClass.LONG,
)
"""The classes of plain prose, in which peers are compared; the others are hard to read or cut."""


LENGTHS: dict[TextClass, tuple[int, int]] = {
    TextClass.TWO_WORDS: (6, 30),
    TextClass.FORTY: (36, 44),
    TextClass.SENTENCE: (75, 95),
    TextClass.PARAGRAPH: (220, 260),
    TextClass.LONG: (1900, 2100),
    TextClass.COMPLEX: (220, 330),
    TextClass.RUN_ON: (300, 420),
    TextClass.STACCATO: (150, 260),
    TextClass.UNICODE: (120, 220),
}
"""Least and most characters of a text in each class."""

WARM_UP = (
    "This is only said to warm the engine, so nobody writes down how long it took.",
    "And here is a second one, because the first call of anything is never like the rest.",
)
"""Spoken before a run and not measured; no template makes them."""

_CONJUNCTIONS = (
    "When", "After", "Once", "Because", "Although", "As soon as", "Even though", "Since",
)  # fmt: skip
_EVENTS = (
    "the rain stopped", "the last train left", "the lights went out", "the snow began to melt",
    "the kettle started to sing", "the museum closed", "the road was repaired",
    "the power came back", "the ferry arrived late", "the market opened", "the fog lifted",
    "the phone rang again", "the paint was dry", "the river froze over", "the music ended",
    "the door blew shut", "the bread had cooled", "the storm passed", "the river rose overnight",
    "the concert was canceled", "the bridge reopened", "the harvest was in", "the bell rang twice",
    "the bus broke down", "the elevator got stuck", "the letter came back", "the fire burned low",
    "the tide turned", "the exam was over", "the guests went home",
)  # fmt: skip
_MOMENTS = (
    "", " that evening", " last winter", " on Tuesday", " around noon", " in early spring",
    " at last", " without warning", " two days ago", " before sunrise", " in the end",
    " on the hill", " near the harbor", " for the second time",
)  # fmt: skip
_PEOPLE = (
    "my neighbor", "the young baker", "our teacher", "the old captain", "a friend of mine",
    "the new doctor", "her brother", "the gardener", "the night guard", "my grandmother",
    "the mayor", "a tired driver", "the librarian", "his daughter", "the carpenter",
    "the tall engineer", "our landlord", "the violin player", "a quiet student", "the cook",
    "their uncle", "the photographer", "the mechanic", "a passing cyclist",
)  # fmt: skip
_ACTIONS = (
    "opened the back door", "carried two boxes inside", "wrote a long letter", "made a pot of tea",
    "fixed the broken chair", "looked for the spare key", "counted the empty seats",
    "called the ticket office", "fed the gray cat", "swept the front steps",
    "read the whole report", "moved the heavy table", "packed a small suitcase",
    "painted the wooden fence",
    "told a strange story", "bought fresh flowers", "watered the tomato plants",
    "hung a map on the wall", "found an old photograph", "lit a dozen candles",
    "repaired the garden gate", "took the early bus", "borrowed a good ladder",
    "sold the blue bicycle", "cooked a simple dinner", "measured every window",
    "emptied the kitchen drawers", "drew a careful plan", "sent the package back",
    "tuned the little piano",
)  # fmt: skip
_TAILS = (
    "", " in the old station", " without saying a word", " for the first time this year",
    " before anyone noticed", " near the edge of town", " while the others slept",
    " in less than an hour", " with a little help", " behind the yellow house",
    " as a favor to the school", " on the way to work", " and went straight home",
    " and then sat by the window", " just in time for supper", " under a clear sky",
    " at the end of the street", " with great patience", " on the second floor",
    " for no particular reason",
)  # fmt: skip
_MANNERS = (
    "Quiet", "Golden", "Broken", "Distant", "Early", "Frozen", "Gentle", "Hidden", "Lonely",
    "Narrow", "Open", "Painted", "Quick", "Rusty", "Silver", "Tiny", "Velvet", "Warm", "Yellow",
    "Ancient", "Bright", "Careful",
)  # fmt: skip
_THINGS = (
    "harbor", "window", "garden", "letter", "mountain", "kitchen", "river", "engine", "candle",
    "station", "market", "blanket", "forest", "ladder", "morning", "summer", "island", "teacher",
    "corner", "village", "bottle", "painter",
)  # fmt: skip

_Make = Callable[[random.Random], str]

_CLAUSE_END = re.compile(r"[,;:.!?]")


@dataclass(frozen=True, slots=True)
class Workload:
    """The texts of one run. `texts[c]` are distinct and their first clauses differ everywhere."""

    seed: int
    texts: Mapping[TextClass, tuple[str, ...]]

    def sha256(self, text_class: TextClass) -> str:
        """Digest of a class, its texts joined by newlines."""
        return digest(self.texts[text_class])


def first_clause(text: str) -> str:
    """Text up to and with its first comma, semicolon, colon, period, question or call mark."""
    end = _CLAUSE_END.search(text)
    return text[: end.end()] if end else text


def workload(
    seed: int = 1, count: int = DISTINCT, classes: Sequence[TextClass] = COMPARED
) -> Workload:
    """At most DISTINCT texts of each class, `count` of them; fewer are the first of more."""
    taken: set[str] = set()
    texts = {}
    for text_class in classes:
        writer = _SentenceWriter(random.Random(f"{seed}:{text_class}"), taken)
        made = [writer.text(text_class) for _ in range(DISTINCT)]
        texts[text_class] = tuple(made[:count])
    return Workload(seed, texts)


class TextSupply:
    """Texts for a whole run of scenarios, none twice, and no clause at the beginning of two.

    A scenario draws from its own numbers, so its texts hardly depend on what else is run.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._taken: set[str] = set()
        self._writers: dict[tuple[str, str], _SentenceWriter] = {}

    def texts(self, scenario: str, text_class: TextClass, count: int) -> tuple[str, ...]:
        """`count` new texts."""
        writer = self._writer(scenario, text_class)
        return tuple(writer.text(text_class) for _ in range(count))

    def prose(self, scenario: str, characters: int) -> str:
        """Whole sentences of at least as many characters."""
        writer = self._writer(scenario, "prose")
        return " ".join(writer.take(writer.sentences(characters)))

    def _writer(self, scenario: str, name: str) -> "_SentenceWriter":
        rng = random.Random(f"{self._seed}:{scenario}:{name}")
        return self._writers.setdefault((scenario, name), _SentenceWriter(rng, self._taken))


def digest(texts: Iterable[str]) -> str:
    """SHA-256 of texts joined by newlines."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def prose(characters: int, seed: int = 1) -> str:
    """Whole sentences of at least as many characters as asked for, no clause twice."""
    writer = _SentenceWriter(random.Random(f"{seed}:prose"), set())
    return " ".join(writer.sentences(characters))


class _SentenceWriter:
    """Writes sentences none of which begins with a clause in `taken`."""

    def __init__(self, rng: random.Random, taken: set[str]) -> None:
        self._rng = rng
        self._taken = taken

    def text(self, text_class: TextClass) -> str:
        """A text of the class's length, whose clauses are taken from now on."""
        least, most = LENGTHS[text_class]
        while True:
            sentences = self._draft(text_class, least)
            text = " ".join(sentences)
            if least <= len(text) <= most:
                self.take(sentences)
                return text

    def take(self, sentences: list[str]) -> list[str]:
        """The sentences, whose first clauses nobody is to use again."""
        self._taken.update(map(first_clause, sentences))
        return sentences

    def sentences(self, characters: int) -> list[str]:
        """Sentences until there are enough characters; the first has a comma."""
        return self._many(_sentence, characters, [self._new(_with_comma, set())])

    def _draft(self, text_class: TextClass, least: int) -> list[str]:
        if text_class in _SINGLE:
            return [self._new(_SINGLE[text_class], set())]
        if text_class in _SEVERAL:
            return self._many(_SEVERAL[text_class], least, [])
        return self.sentences(least)

    def _many(self, make: _Make, characters: int, draft: list[str]) -> list[str]:
        while len(" ".join(draft)) < characters:
            used = {first_clause(sentence) for sentence in draft}
            draft.append(self._new(make, used))
        return draft

    def _new(self, make: _Make, used: set[str]) -> str:
        while True:
            sentence = make(self._rng)
            if first_clause(sentence) not in self._taken and first_clause(sentence) not in used:
                return sentence


def _two_words(rng: random.Random) -> str:
    return f"{rng.choice(_MANNERS)} {rng.choice(_THINGS)}."


def _statement(rng: random.Random) -> str:
    return f"{rng.choice(_PEOPLE)} {rng.choice(_ACTIONS)}{rng.choice(_TAILS)}"


def _plain(rng: random.Random) -> str:
    return f"{_capital(_statement(rng))}."


def _with_comma(rng: random.Random) -> str:
    if rng.random() < 0.3:
        link = rng.choice(("and", "but", "so"))
        return f"{_capital(_statement(rng))}, {link} {_statement(rng)}."
    opening = f"{rng.choice(_CONJUNCTIONS)} {rng.choice(_EVENTS)}{rng.choice(_MOMENTS)}"
    return f"{opening}, {_statement(rng)}."


def _sentence(rng: random.Random) -> str:
    return _plain(rng) if rng.random() < 0.4 else _with_comma(rng)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _run_on(rng: random.Random) -> str:
    parts = [_statement(rng) for _ in range(rng.randrange(5, 9))]
    return f"{_capital(' and '.join(parts))}."


def _staccato(rng: random.Random) -> str:
    statement = f"{rng.choice(_PEOPLE)} {rng.choice(_ACTIONS)}{rng.choice(_MOMENTS)}"
    return f"{_capital(statement)}."


_SINGLE: dict[TextClass, _Make] = {
    TextClass.TWO_WORDS: _two_words,
    TextClass.FORTY: _plain,
    TextClass.RUN_ON: _run_on,
}

_SEVERAL: dict[TextClass, _Make] = {
    TextClass.COMPLEX: complex_sentence,
    TextClass.STACCATO: _staccato,
    TextClass.UNICODE: unicode_sentence,
}
