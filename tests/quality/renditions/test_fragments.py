"""The control cuts where Onset once did."""

import pytest

from fakes import fake_engine
from onset.quality.renditions.fragments import BUDGETS, CLAUSE_PAUSE, FragmentSource
from onset.types import Reading, Request

LONG = (
    "The committee will announce the final results of the election tomorrow, and everybody who "
    "has been waiting since the early morning will be allowed to go home and have something to eat."
)


def fragments(text: str) -> list[Reading]:
    source = FragmentSource(fake_engine().readings(Request(text)))
    found = []
    while (reading := source.next(510)) is not None:
        found.append(reading)
    return found


@pytest.mark.parametrize("text", [LONG, "Yes. No. " + LONG, "“Well” — she said — “no!”", "Hm."])
def test_all_of_the_text_is_read_and_each_fragment_is_an_utterance(text: str) -> None:
    found = fragments(text)
    assert "".join(reading.text for reading in found) == text
    assert all(reading.first and reading.last and reading.begin == 0 for reading in found)
    assert all(reading.known == len(reading.phonemes) for reading in found)


def test_the_first_ones_are_small() -> None:
    sizes = [len(reading.phonemes) for reading in fragments(LONG)]
    assert len(sizes) == 3
    assert all(size <= budget for size, budget in zip(sizes, BUDGETS, strict=True))


def test_they_end_with_clauses_and_phrases_where_they_can() -> None:
    found = fragments(LONG)
    assert found[0].text == "The committee will announce "
    assert found[1].text.endswith("tomorrow, ") and found[1].pause == CLAUSE_PAUSE
    assert found[0].pause == found[2].pause == 0.0
    assert fragments("It was late in the evening when all of us came home.")[0].text == (
        "It was late in the evening "
    )


def test_no_scrap_is_left_and_a_long_word_is_read_whole() -> None:
    word = "Donaudampfschifffahrtsgesellschaft"
    assert [reading.text for reading in fragments(f"{word} {word}!")] == [f"{word} ", f"{word}!"]
    assert len(fragments("It was late in the evening, so.")) == 2
    assert len(fragments("It was late in the evening … !")) == 1
