"""The tally: how often each condition was told from the reference, and preferred to it.

`listening_page.js` counts and words the same way; a test holds them together.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from onset.quality.listening.answer_files import Judgement, ListenerAnswers
from onset.stats.binomial import answers_needed, share_interval

CHANCE = 0.5
"""The share of somebody who guesses, of two."""

TOLD = 0.75
"""The share of somebody who hears a difference half of the time and guesses otherwise: the usual
threshold of two-alternative tests."""


class Finding(StrEnum):
    """What the interval of a share says."""

    TOLD_APART = "told apart"
    HARDLY = "right less than 75 % of the time"
    SWAPPED = "wrong more often than by chance"
    PREFERRED = "preferred"
    REFERENCE = "the other is preferred"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class TallyRow:
    """A comparison. successes: of n answers, X recognised, or the condition preferred.

    low, high: two-sided 95 % interval of the share (Clopper and Pearson).
    """

    test: str
    condition: str
    n: int
    successes: int
    low: float
    high: float
    finding: Finding

    @property
    def share(self) -> float | None:
        """None of no answer."""
        return self.successes / self.n if self.n else None


def tally(files: Iterable[ListenerAnswers]) -> list[TallyRow]:
    """A row for each test and condition that was answered, in the order of their first answers."""
    counts, successes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for file in files:
        for answer in file.answers:
            condition = answer.is_a if answer.is_b == file.reference else answer.is_b
            key = answer.test, condition
            counts[key] += 1
            successes[key] += _success(answer, file.reference)
    return [row(*key, n, successes[key]) for key, n in sorted(counts.items(), key=_test_first)]


def row(test: str, condition: str, n: int, successes: int) -> TallyRow:
    """The figures of a comparison."""
    low, high = share_interval(successes, n)
    return TallyRow(test, condition, n, successes, low, high, finding(test, low, high))


def finding(test: str, low: float, high: float) -> Finding:
    """What an interval says."""
    if test == "preference":
        over, under = Finding.PREFERRED, Finding.REFERENCE
    else:
        over, under = Finding.TOLD_APART, Finding.SWAPPED
    if low > CHANCE:
        return over
    if high < CHANCE:
        return under
    return Finding.HARDLY if test == "abx" and high < TOLD else Finding.UNDECIDED


def needed() -> int | None:
    """Answers to a comparison that tell TOLD from CHANCE."""
    return answers_needed(TOLD, CHANCE)


def _success(answer: Judgement, reference: str) -> bool:
    return answer.chosen != reference if answer.x is None else answer.answer == answer.x


def _test_first(entry: tuple[tuple[str, str], int]) -> str:
    return entry[0][0]
