"""Which sentences are listened to."""

import pytest

from onset.calibration.collect import corpus
from onset.errors import InvalidRequest
from onset.quality.listening.listening_items import (
    COUNT,
    LONGEST,
    SHORTEST,
    VOICES_HEARD,
    letters,
    long_sentences,
    plan_listening,
)

LINES = {code: corpus("heldout", code) for code in ("en-us", "en-gb", "es", "fr", "ja", "zh")}


def test_the_choice_is_fixed_and_no_sentence_is_there_twice() -> None:
    items = plan_listening(VOICES_HEARD, COUNT, LINES)
    assert items == plan_listening(VOICES_HEARD, COUNT, LINES)
    assert len({item.text for item in items}) == COUNT
    assert [item.voice for item in items] == [*VOICES_HEARD, *VOICES_HEARD]


def test_every_sentence_is_held_out_and_has_to_be_divided() -> None:
    fitted = set(corpus())
    for item in plan_listening(VOICES_HEARD, COUNT, LINES):
        assert SHORTEST <= letters(item.text) <= LONGEST
        assert item.text in LINES["en-us"] and item.text not in fitted


def test_only_single_sentences_of_some_length() -> None:
    long = "It takes a long while to say this, and then some more, until all of it is said."
    others = ["Short.", long * 3, f"{long[:-1]}! Really.", f"{long[:-1]},", f"and {long}"]
    assert long_sentences([long, *others]) == [long]


@pytest.mark.parametrize("voice", ["ef_dora", "ff_siwis", "jf_alpha", "zf_xiaobei"])
def test_other_languages_have_sentences_too(voice: str) -> None:
    assert len(plan_listening([voice], 4, LINES)) == 4


def test_too_many_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="held-out sentences of 60 to 150 letters in es"):
        plan_listening(["ef_dora"], 90, LINES)
