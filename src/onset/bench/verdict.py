"""What is promised, as data, and whether a run kept it. Not measured is never kept.

Knows nothing of how the figures came about.
"""

from dataclasses import dataclass
from enum import StrEnum

from onset.bench.analyse import Analysis
from onset.bench.sides import CLAUSE, KOKORO, PIPER
from onset.bench.texts import TextClass


class State(StrEnum):
    """NOT_MEASURED counts as bad wherever the states are counted."""

    PASS = "pass"
    FAIL = "fail"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Target:
    """A peer's audible TTFA is to be at least `least` times ours, median over the pairs."""

    peer: str
    text_class: TextClass
    least: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target, what was measured (a ratio, None if nothing was) and the state that follows."""

    target: str
    measured: float | None
    state: State


TARGETS = (
    Target(KOKORO, TextClass.TWO_WORDS, 4.0),
    Target(KOKORO, TextClass.SENTENCE, 12.0),
    Target(KOKORO, TextClass.PARAGRAPH, 30.0),
    Target(CLAUSE, TextClass.SENTENCE, 4.0),
    Target(PIPER, TextClass.SENTENCE, 1.0),
)

MOST_FLATNESS = 1.25
"""Our median for 2,000 characters over that for 40."""


def verdicts(analysis: Analysis) -> list[Verdict]:
    """One for every target, measured or not."""
    return [*(_ratio(target, analysis) for target in TARGETS), _flat(analysis)]


def _ratio(target: Target, analysis: Analysis) -> Verdict:
    found = analysis.ratios.get((target.text_class, target.peer))
    measured = found.median if found else None
    name = f"{target.peer} / onset, {target.text_class}: at least {target.least:g}x"
    return Verdict(
        name, measured, _state(measured is not None and measured >= target.least, measured)
    )


def _flat(analysis: Analysis) -> Verdict:
    flat = analysis.flatness
    name = f"onset, {TextClass.LONG} / {TextClass.FORTY}: at most {MOST_FLATNESS:g}x"
    return Verdict(name, flat, _state(flat is not None and flat <= MOST_FLATNESS, flat))


def _state(kept: bool, measured: float | None) -> State:
    if measured is None:
        return State.NOT_MEASURED
    return State.PASS if kept else State.FAIL
