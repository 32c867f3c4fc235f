"""How much of written text is read right, by the cases of `cases/`, and that the scorer can tell.

`make reading` prints the table. A line of cases shows a kind: mend the kind, not the line.
"""

from collections import Counter
from functools import cache

import pytest
from score_reading import CASES, Case, Result, Scorer, Verdict, by_kind, read_cases, share

FLOORS = {
    **{"en-gb": 90.0, "en-us": 98.0, "es": 97.0, "fr": 96.0, "hi": 94.0, "it": 96.0, "ja": 97.0},
    **{"pt-br": 98.0, "zh": 97.0},
}
"""Least share of a language's cases that is read right or acceptably, in per cent."""

KIND_FLOOR = 75.0
"""The same for a class of MANY cases or more."""

MANY = 10


@cache
def scorer() -> Scorer:
    return Scorer()


@cache
def results(lang: str) -> list[Result]:
    return list(scorer().score(case for case in read_cases([CASES]) if case.lang == lang))


@pytest.mark.parametrize("lang", FLOORS)
def test_a_language_is_read_right(lang: str) -> None:
    right = share(by_kind(results(lang))[lang, "ALL"], "exact", "acceptable")
    assert right >= FLOORS[lang], [(r.case.written, r.said) for r in results(lang)
                                   if r.verdict == "wrong"][:20]  # fmt: skip


@pytest.mark.parametrize("lang", FLOORS)
def test_no_kind_of_notation_is_read_badly(lang: str) -> None:
    shares = {kind: share(found, "exact", "acceptable")
              for (_, kind), found in by_kind(results(lang)).items()
              if found.total() >= MANY}  # fmt: skip
    assert {kind: right for kind, right in shares.items() if right < KIND_FLOOR} == {}


JUDGED: list[tuple[str, str, str, str, Verdict]] = [
    # what was said, what is right
    ("en-us", "", "two thousand and five", "two thousand five", "exact"),
    ("en-us", "", "the fifth of May", "May fifth", "acceptable"),
    ("en-us", "", "the fifth of May", "May sixth", "wrong"),
    ("en-us", "", "three and two quarters", "three two quarters", "wrong"),
    ("en-us", "", "minus five", "five", "wrong"),
    ("en-us", "", "twenty twenty-four", "two thousand twenty-four", "acceptable"),
    ("en-us", "", "eleven thousand one hundred eleven", "one one one one one", "wrong"),
    ("en-us", "acronym", "the C U D A library", "the CUDA library", "wrong"),
    ("es", "", "cinco euros y diez", "cinco euros con diez céntimos", "acceptable"),
    ("es", "", "cinco euros", "seis euros", "wrong"),
    ("it", "", "venti tre", "ventitré", "exact"),
    ("hi", "", "5 रुपये", "पाँच रुपये", "exact"),
    ("zh", "", "两公斤", "二千克", "acceptable"),
    ("ja", "", "三たす二", "三引く二", "wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "kind", "said", "right", "verdict"), JUDGED)
def test_the_scorer_hears_the_difference(
    lang: str, kind: str, said: str, right: str, verdict: Verdict
) -> None:
    assert scorer().judge(Case(lang, kind, said, [right], []), said, [right]) == verdict


def test_a_share_is_of_all_cases() -> None:
    assert share(Counter({"exact": 1, "wrong": 3}), "exact", "acceptable") == 25.0
