"""One interleaved run: every text to every side, in turning order, one at a time.

Knows nothing of figures: it gives the raw trials.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from onset.bench.recording import Extent, Recording
from onset.bench.sides import Side
from onset.bench.texts import WARM_UP, TextClass, Workload

PEER_LONG_TRIALS = 3
"""Trials of the long class that peers take part in: each may take them a minute of computing."""


class Phase(StrEnum):
    """Warm-up trials are kept and marked, and no figure contains them."""

    WARM_UP = "warm_up"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Trial:
    """One answer of one side. number: counts the texts of a class, equal for all sides."""

    phase: Phase
    text_class: TextClass
    number: int
    side: str
    text: str
    recording: Recording


def warm_up(sides: Sequence[Side]) -> Iterator[Trial]:
    """The same few texts to every side, each heard to the end."""
    for number, text in enumerate(WARM_UP):
        for side in sides:
            recording = side.listen(text, Extent.WHOLE)
            yield Trial(Phase.WARM_UP, TextClass.SENTENCE, number, side.name, text, recording)


def measure(sides: Sequence[Side], workload: Workload) -> Iterator[Trial]:
    """All classes in every round, so that a machine that slows down slows them all."""
    rounds = max(map(len, workload.texts.values()), default=0)
    for number in range(rounds):
        for text_class, texts in workload.texts.items():
            if number < len(texts):
                yield from _ask(sides, text_class, number, texts[number])


def turned(sides: Sequence[Side], number: int) -> list[Side]:
    """The sides in the order of trial `number`: ABC, BCA, CAB, ..."""
    first = number % len(sides)
    return [*sides[first:], *sides[:first]]


def _ask(sides: Sequence[Side], text_class: TextClass, number: int, text: str) -> Iterator[Trial]:
    for side in turned(sides, number):
        if takes_part(side, text_class, number, text):
            recording = side.listen(text, side.extent(text_class))
            yield Trial(Phase.MEASURED, text_class, number, side.name, text, recording)


def takes_part(side: Side, text_class: TextClass, number: int, text: str) -> bool:
    """Whether the plan asks this side in this trial."""
    too_long = side.is_peer and text_class is TextClass.LONG and number >= PEER_LONG_TRIALS
    return side.takes(text) and not too_long


def planned(sides: Sequence[Side], workload: Workload) -> int:
    """How many trials `measure` will give."""
    return sum(
        takes_part(side, text_class, number, text)
        for text_class, texts in workload.texts.items()
        for number, text in enumerate(texts)
        for side in sides
    )
