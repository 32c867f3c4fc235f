"""Figures as espeak-ng can read them, ordinals, and numbers in the form of their noun."""

import pytest

from onset.text.locales.locale_table import LOCALES
from onset.text.locales.numerals import Numerals, digit_by_digit
from onset.text.normalize import clean

SPOKEN = [
    ("es", "1.234.567,89 y 1 234 567", "1234567 coma 89 y 1234567"),
    ("es", "007 y 0,05", "0 0 7 y 0 coma 0 5"),
    ("es", "3 000 000 000 000 000", "tres mil billones"),
    ("pt-br", "12345678901234567890", " ".join("12345678901234567890")),
    ("hi", "10000000000000", "1 नील"),
    ("hi", "99.99", "99 दशमलव 9 9"),
    ("es", "2.º, 3.ª, 21.º, 134.º, 2000.º", "segundo, tercera, vigesimoprimero, "
     "centésimo trigésimo cuarto, dosmilésimo"),
    ("es", "1er, 3.ᵉʳ, 5ta, 2do", "primer, tercer, quinta, segundo"),
    ("es", "1.ª-3.ª", "primera a tercera"),
    ("fr", "1re, 2e, 80e, 200ème, 2nde", "première, deuxième, quatre-vingtième, deux centième, "
     "seconde"),
    ("it", "2º, 3ª, 5^ elementare, il 3° posto", "secondo, terza, quinta elementare, il terzo "
     "posto"),
    ("it", "28°, -3°", "28 gradi, meno 3 gradi"),
    ("pt-br", "1ª, 23º, 100º", "primeira, vigésimo terceiro, centésimo"),
    ("hi", "1ला, 4थी, 6ठा, 2nd, 5वीं", "पहला, चौथी, छठा, सेकंड, 5वीं"),
    ("es", "21 personas, 200 libras, 31 libros, 300 días", "veintiuna personas, doscientas "
     "libras, treinta y un libros, 300 días"),
    ("es", "a las 21 salimos, 1 hora, 1 euro", "a las 21 salimos, una hora, un euro"),
    ("pt-br", "2 mulheres, 2 casas, 12 casas", "2 mulheres, duas casas, 12 casas"),
    ("it", "1 ora, 1 euro, alle 1:15", "un'ora, un euro, all'una e 15"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken


@pytest.mark.parametrize("lang", ["es", "fr", "it", "pt-br"])
def test_every_ordinal_is_one_by_itself(lang: str) -> None:
    numerals = Numerals(LOCALES[lang])
    said = [numerals.ordinal(number) for number in range(1, 1000)]
    assert len(set(said)) == len(said)
    assert not any("quadragésimo" in text for text in said) or lang == "pt-br"


def test_digits_are_said_group_by_group() -> None:
    assert digit_by_digit("91-234 5") == "9 1, 2 3 4, 5"
