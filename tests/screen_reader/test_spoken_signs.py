"""Characters, keys, marks and capitals, as they are said."""

import pytest

from onset.screen_reader.spoken_signs import (
    said_character,
    said_key,
    spelled,
    with_capitals,
    with_signs,
)


@pytest.mark.parametrize(
    ("character", "said"),
    [
        ("a", "A."),
        ("Z", "Z."),
        ("7", "7"),
        (" ", "space"),
        ("?", "question"),
        ("\u00e9", "\u00e9"),
        ("question", "question"),
    ],
)
def test_characters(character: str, said: str) -> None:
    assert said_character(character) == said


@pytest.mark.parametrize("capitals", ["spell", "icon"])
def test_capitals_are_told_where_asked_for(capitals: str) -> None:
    assert said_character("A", capitals) == "capital A."
    assert said_character("a", capitals) == "A."
    assert said_character("1", capitals) == "1"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("a", "A."),
        ("Return", "return"),
        ("control_a", "control A."),
        ("shift_kp-enter", "shift keypad enter"),
        ("_", "underline"),
        ("F5", "F5"),
    ],
)
def test_keys(key: str, said: str) -> None:
    assert said_key(key) == said


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("none", "a/b (c)!"),
        ("some", "a slash/ b (c)!"),
        ("most", "a slash/ b left paren( c right paren) !"),
        ("all", "a slash/ b left paren( c right paren)  exclamation! "),
    ],
)
def test_marks_by_level(level: str, said: str) -> None:
    assert " ".join(with_signs("a/b (c)!", level).split()) == " ".join(said.split())


def test_capital_words() -> None:
    assert with_capitals("The NASA man, an O and a\u00c9") == (
        "capital The capital NASA man, an capital O and a\u00c9"
    )


def test_spelling() -> None:
    assert spelled("Ab 1", "none") == "A., B., space, 1"
    assert spelled("Ab", "spell").startswith("capital A., B.")
