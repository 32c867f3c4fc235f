"""Signs have names, plain words stay, and reading takes linear time."""

from time import process_time

import pytest

from onset.text.locales.locale_table import LOCALES
from onset.text.normalize import clean

SIGNS = "+ − = ≠ ≤ ≥ < > ≈ ± × ÷ √ ∞ → & § № @".split()
"""Signs that a reader would miss."""


@pytest.mark.parametrize("lang", LOCALES)
@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_has_a_name(lang: str, sign: str) -> None:
    for written in (f"4 {sign} 3", f"4{sign}3", f"a {sign} b"):
        bare = written.replace(sign, "")
        said = clean(written, lang)
        assert said.split() != clean(bare, lang).split() and sign not in said, written


@pytest.mark.parametrize("lang", LOCALES)
def test_plain_words_stay_as_they_are(lang: str) -> None:
    text = {"hi": "लड़की सुबह जल्दी घर से निकली"}.get(lang, "la nina bella canta bien siempre")
    assert clean(text, lang) == text


ATTACKS = ["1", "12 ", "1/", "1.", "a.", "@", "+1 ", "(1)", "1-", "$1 ", "1:1 ", "1º ", "IV ",
           "x² ", "código 1 ", "1 1/2 ", "1h", "€1/a", "1,", "1 000 ", "a@b.c ", "²",
           "नंबर 1 "]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_of_100_000_characters_takes_linear_time(attack: str) -> None:
    lang = list(LOCALES)[ATTACKS.index(attack) % len(LOCALES)]
    start = process_time()
    clean(attack * (100_000 // len(attack)), lang)
    assert process_time() - start < 4  # 0.1 to 1 s; a quadratic rule takes minutes
