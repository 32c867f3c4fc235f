"""Roman numerals are ordinals behind rulers, and numbers elsewhere."""

import pytest

from onset.text.locales.roman_numbers import roman_value
from onset.text.normalize import clean

SPOKEN = [
    ("es", "Felipe II, Isabel II, Alfonso XIII", "Felipe segundo, Isabel segunda, Alfonso 13"),
    ("es", "el siglo XXI, capítulo IV, II Guerra Mundial", "el siglo 21, capítulo 4, segunda "
     "Guerra Mundial"),
    ("fr", "Louis XIV, François Ier, le XXIe siècle", "Louis 14, François premier, le vingt et "
     "unième siècle"),
    ("it", "Vittorio Emanuele II, il XXI secolo, III edizione", "Vittorio Emanuele secondo, il "
     "ventunesimo secolo, terza edizione"),
    ("pt-br", "Dom Pedro II, João XXIII, século XIX", "Dom Pedro segundo, João 23, século 19"),
    ("hi", "अध्याय IV", "अध्याय 4"),
    ("es", "un CD, talla XL, MIX, CIVIL", "un CD, talla XL, MIX, CIVIL"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken


def test_only_numerals_have_a_value() -> None:
    assert [roman_value(text) for text in ("XIV", "mcmxcix", "IIII", "", "MIL")] == [
        14, 1999, 0, 0, 0
    ]  # fmt: skip
