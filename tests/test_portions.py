"""What portions.py promises: nothing is given that later text could still change."""

import pytest

from onset.portions import FIRST, LATER, Portion, final, paused
from onset.text import Break

SENTENCE, WORD, LINE, PARAGRAPH = Break.SENTENCE, Break.WORD, Break.LINE, Break.PARAGRAPH


@pytest.mark.parametrize(
    "text",
    [
        "It is 3.",  # 14
        "It is 3. ",
        "It is over. ",
        "It is over. Th",  # the word behind tells whether it is an end
        "Dr. Smith",
        "Dr. Smith came",
        "See e.g. this one",
        "1. First of ",  # the number of a list
        "It costs 5 ",
        "Hello",
        "",
        "Title\n",
        "A line of poetry\nan",
        "[Kokoro](/kˈOkəɹO",
    ],
)
def test_what_may_still_change_is_not_given(text: str) -> None:
    assert final(text, 0) is None


@pytest.mark.parametrize(
    ("text", "given", "end"),
    [
        ("It is over. The rest ", "It is over. ", SENTENCE),
        ("One. Two! Three is ", "One. Two! ", SENTENCE),
        ("Title\n\n", "Title\n\n", PARAGRAPH),
        ("Title\nThe text is ", "Title\n", LINE),
        ("- one\n- two words", "- one\n", LINE),
        ("你好。我", "你好。", SENTENCE),
        ("“Really?” He asked ", "“Really?” ", SENTENCE),
    ],
)
def test_what_is_final_is_given(text: str, given: str, end: Break) -> None:
    assert final(text, 0) == Portion(given, end)


def test_a_long_first_sentence_is_given_between_plain_words() -> None:
    text = "Everybody went quickly into the warm house to dry their clo"
    assert len(text) > FIRST
    assert final(text, 0) == Portion("Everybody went quickly into the warm house to dry ", WORD)
    assert final(text, LATER) is None


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("She was born on the very beautiful island on 5 May 2024 at 10 ", "island "),
        ("They have all gone to the old house with [a link to ", "house "),
        ("They have been walking slowly together for at least 12 km up", "at "),
    ],
)
def test_numbers_dates_and_links_stay_together(text: str, given: str) -> None:
    portion = final(text, 0)
    assert portion is not None and portion.text.endswith(given)


def test_text_without_any_place_to_cut_is_bounded() -> None:
    portion = final("x" * 500, 0)
    assert portion is not None and portion.end is Break.WITHIN


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("I will look that up.", "I will look that up."),
        ("I will look", "I will "),
        ("I will look, and then", "I will look, and "),
        ("It is 3.", "It is "),
        ("It weighs 5 ", "It weighs "),
        ("Ask Dr. ", "Ask "),
        ("One moment! ", "One moment! "),
    ],
)
def test_a_pause_gives_all_but_what_may_be_half_a_word(text: str, given: str) -> None:
    portion = paused(text)
    assert portion is not None and portion.text == given


@pytest.mark.parametrize("text", ["", "wor", "3.", "Dr.", "12 "])
def test_a_pause_gives_nothing_that_may_be_half(text: str) -> None:
    assert paused(text) is None
