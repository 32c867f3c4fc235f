"""The tally: figures of known cases, and a listener who guesses against one who hears."""

from random import Random
from typing import Literal

import pytest

from onset.quality.listening.answer_files import Judgement, ListenerAnswers
from onset.quality.listening.tally import CHANCE, TOLD, Finding, needed, row, tally

Clip = Literal["a", "b"]


def listener(answers: list[Judgement]) -> ListenerAnswers:
    return ListenerAnswers(
        format="onset-listening-answers",
        version=1,
        page="p",
        session="s",
        reference="one-shot",
        answers=tuple(answers),
    )


def abx(item: int, x: Clip, answer: Clip, condition: str = "streaming") -> Judgement:
    first, second = ("one-shot", condition) if item % 2 else (condition, "one-shot")
    return Judgement(test="abx", round=0, item=item, is_a=first, is_b=second, x=x, answer=answer)


def rather(item: int, wanted: str) -> Judgement:
    first, second = ("one-shot", "streaming") if item % 2 else ("streaming", "one-shot")
    return Judgement(
        test="preference",
        round=0,
        item=item,
        is_a=first,
        is_b=second,
        x=None,
        answer="a" if first == wanted else "b",
    )


def test_a_row_for_each_test_and_condition() -> None:
    answers = [abx(0, "a", "a"), abx(1, "a", "b"), abx(0, "b", "b", "old cut")]
    answers += [rather(k, "streaming") for k in range(8)] + [rather(8, "one-shot")]
    rows = tally([listener(answers), listener([abx(0, "b", "b")])])
    assert [(r.test, r.condition, r.successes, r.n) for r in rows] == [
        ("abx", "streaming", 2, 3),
        ("abx", "old cut", 1, 1),
        ("preference", "streaming", 8, 9),
    ]
    assert rows[0].share == pytest.approx(2 / 3)
    assert rows[2].finding is Finding.PREFERRED


def test_nothing_answered_is_no_row() -> None:
    assert tally([listener([])]) == []


# 9 of 12 and 10 of 10: Clopper and Pearson 1934, also in every table of exact intervals.
@pytest.mark.parametrize(
    "successes, n, low, high",
    [
        (9, 12, 0.4281, 0.9451),
        (10, 10, 0.6915, 1.0),
        (0, 10, 0.0, 0.3085),
        (50, 100, 0.3983, 0.6017),
    ],
)
def test_the_interval_is_the_exact_one(successes: int, n: int, low: float, high: float) -> None:
    found = row("abx", "streaming", n, successes)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(
    "test, successes, n, finding",
    [
        ("abx", 12, 12, Finding.TOLD_APART),
        ("abx", 0, 12, Finding.SWAPPED),
        ("abx", 6, 12, Finding.UNDECIDED),
        ("abx", 18, 36, Finding.HARDLY),
        ("preference", 12, 12, Finding.PREFERRED),
        ("preference", 0, 12, Finding.REFERENCE),
        ("preference", 18, 36, Finding.UNDECIDED),
    ],
)
def test_what_the_interval_says(test: str, successes: int, n: int, finding: Finding) -> None:
    assert row(test, "streaming", n, successes).finding is finding


def heard(share: float, n: int, random: Random) -> Finding:
    """What is found of a listener who hears the difference in this share, and guesses else."""
    answers = []
    for item in range(n):
        x: Clip = random.choice(("a", "b"))
        guess: Clip = random.choice(("a", "b"))
        answers.append(abx(item, x, x if random.random() < share else guess))
    return tally([listener(answers)])[0].finding


def test_who_guesses_is_at_chance_and_who_hears_is_not() -> None:
    random = Random(15)
    n = needed()
    assert n is not None
    guesses = [heard(0.0, n, random) for _ in range(400)]
    assert guesses.count(Finding.TOLD_APART) <= 0.04 * 400  # 2.5 % are allowed
    assert all(heard(1.0, 12, random) is Finding.TOLD_APART for _ in range(20))


def test_so_many_answers_tell_one_who_is_right_in_75_percent() -> None:
    random = Random(15)
    n = needed()
    assert n is not None
    hears = 2 * (TOLD - CHANCE)
    found = [heard(hears, n, random) for _ in range(400)]
    assert found.count(Finding.TOLD_APART) >= 0.74 * 400  # 80 %, less three deviations
    few = [heard(hears, n // 3, random) for _ in range(400)]
    assert few.count(Finding.TOLD_APART) < 0.5 * 400
