"""Characters that nobody would read are dropped, all others become plain ones."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.text.characters import plain_characters
from onset.text.normalize import clean

SPOKEN = [
    ("e\u0301 \u200bze\u00adro\ufeff", "é zero"),
    ("a\x00b \ud800c", "ab c"),
    ("\U0001d407\U0001d41e ＡＢＣ ﬁne ١٢", "He ABC fine twelve"),
    ("h̷̡i", "hi"),
    ("I ❤️ it 😀", "I red heart it grinning face"),
    ("“q” ‘y’ don’t «z»", "“q” 'y' don't “z”"),
    ("20℃ today", "twenty degrees Celsius today"),
]


@pytest.mark.parametrize(("raw", "spoken"), SPOKEN)
def test_characters_are_said_in_plain_ones(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken


def test_plain_text_stays_as_it_is() -> None:
    assert plain_characters("It's 5 km (or more).") == "It's 5 km (or more)."


def test_raised_letters_are_plain_but_for_those_of_ordinals() -> None:
    assert plain_characters("1ᵉʳ Mᵐᵉ H₂O 5㎡ 20℉ 2º 3ª x²") == "1er Mme H2O 5m² 20°F 2º 3ª x²"


@settings(max_examples=100, derandomize=True)
@given(st.text(max_size=100))
def test_no_control_character_and_no_surrogate_is_left(text: str) -> None:
    categories = set(map(unicodedata.category, plain_characters(text)))
    assert categories.isdisjoint({"Cc", "Cf", "Co", "Cs"})
