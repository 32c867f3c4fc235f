"""Fractions have the names that a language has for them."""

import pytest

from onset.text.normalize import clean

SPOKEN = [
    ("es", "1/3, 2/5, 1/13, 1/16, 3/100, 1/1000", "un tercio, 2 quintos, un treceavo, un "
     "dieciseisavo, 3 centésimos, un milésimo"),
    ("es", "1/234, 120/80, 24/7", "1 sobre 234, 120 sobre 80, 24 7"),
    ("es", "página 3/10, 50/50", "página 3 sobre 10, 50 sobre 50"),
    ("es", "½, 1/2 taza, 1/2 kg, 3/5 mph", "medio, media taza, medio kilo, 3 quintos de milla por "
     "hora"),
    ("es", "2 1/2 horas, 3¾, -1/3", "2 y media horas, 3 y 3 cuartos, menos un tercio"),
    ("fr", "3/4, 1/2 tasse, 1/20, 4 1/3", "3 quarts, une demi tasse, un vingtième, 4 et un tiers"),
    ("it", "3/4, 1/2 ora, 2/5, 1/2", "3 quarti, mezza ora, 2 quinti, un mezzo"),
    ("pt-br", "1/3, 5/13, 1 1/2, 1/2 xícara", "um terço, 5 treze avos, 1 e um meio, meia xícara"),
    ("hi", "3/4, 2 2/7, ½ कप, 1½", "3 बटा 4, 2 और 2 बटा 7, आधा कप, डेढ़"),
    ("es", "la temporada 2023/24, 2563/412", "la temporada 2023 24, 2563 sobre 412"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken
