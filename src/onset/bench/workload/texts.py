"""The texts of a benchmark run: from seeded templates in our own wording, each used once.

No two texts of a run, and no two sentences in them, begin with the same clause, in any class:
a server that caches audio gains nothing. The same seed gives the same texts on every machine.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from onset.bench.workload import templates

DISTINCT = 200
"""Most texts of each class that a command asks for."""


class TextClass(StrEnum):
    """Kinds of text. FORTY exists for the flatness ratio LONG / FORTY.

    COMPLEX: numbers, dates, amounts, addresses, code. RUN_ON: one long sentence, no comma.
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
"""Classes of plain prose, for comparisons with peers; the others are hard to read or to split."""

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
"""Fewest and most characters of a text in each class."""

WARM_UP = (
    "This is only said to warm the engine, so nobody writes down how long it took.",
    "And here is a second one, because the first call of anything is never like the rest.",
)
"""Spoken before a run and not measured; no template gives them."""

_Template = Callable[[random.Random], str]

_CLAUSE_END = re.compile(r"[,;:.!?]")


def first_clause(text: str) -> str:
    """The text up to its first comma, semicolon, colon, period, question or exclamation mark."""
    end = _CLAUSE_END.search(text)
    return text[: end.end()] if end else text


class TextSupply:
    """Texts for a whole run of scenarios; no two begin with the same clause.

    Each scenario has random numbers of its own, so its texts hardly depend on the others.
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
        """Whole sentences, new ones, of at least `characters` in all."""
        writer = self._writer(scenario, "prose")
        return " ".join(writer.take(writer.sentences(characters)))

    def _writer(self, scenario: str, name: str) -> "_SentenceWriter":
        rng = random.Random(f"{self._seed}:{scenario}:{name}")
        return self._writers.setdefault((scenario, name), _SentenceWriter(rng, self._taken))


def digest(texts: Iterable[str]) -> str:
    """SHA-256 of texts joined by newlines."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


class _SentenceWriter:
    """Writes sentences none of which begins with a clause in `taken`."""

    def __init__(self, rng: random.Random, taken: set[str]) -> None:
        self._rng = rng
        self._taken = taken

    def text(self, text_class: TextClass) -> str:
        """A new text of the class's length; its first clauses are not used again."""
        least, most = LENGTHS[text_class]
        while True:
            sentences = self._draft(text_class, least)
            text = " ".join(sentences)
            if least <= len(text) <= most:
                self.take(sentences)
                return text

    def take(self, sentences: list[str]) -> list[str]:
        """Mark the sentences' first clauses as used; gives the sentences back."""
        self._taken.update(map(first_clause, sentences))
        return sentences

    def sentences(self, characters: int) -> list[str]:
        """Sentences until there are enough characters; the first has a comma."""
        first = self._new(templates.sentence_with_comma)
        return self._many(templates.prose_sentence, characters, [first])

    def _draft(self, text_class: TextClass, least: int) -> list[str]:
        if text_class in _SINGLE:
            return [self._new(_SINGLE[text_class])]
        if text_class in _SEVERAL:
            return self._many(_SEVERAL[text_class], least, [])
        return self.sentences(least)

    def _many(self, template: _Template, characters: int, draft: list[str]) -> list[str]:
        while len(" ".join(draft)) < characters:
            draft.append(self._new(template, draft))
        return draft

    def _new(self, template: _Template, draft: Sequence[str] = ()) -> str:
        used = {first_clause(sentence) for sentence in draft}
        while True:
            sentence = template(self._rng)
            if first_clause(sentence) not in self._taken and first_clause(sentence) not in used:
                return sentence


_SINGLE: dict[TextClass, _Template] = {
    TextClass.TWO_WORDS: templates.two_words,
    TextClass.FORTY: templates.plain_sentence,
    TextClass.RUN_ON: templates.run_on_sentence,
}

_SEVERAL: dict[TextClass, _Template] = {
    TextClass.COMPLEX: templates.complex_sentence,
    TextClass.STACCATO: templates.short_sentence,
    TextClass.UNICODE: templates.unicode_sentence,
}
