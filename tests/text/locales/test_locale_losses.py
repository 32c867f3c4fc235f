"""Nothing that is written is lost, whatever stands beside it, and reading takes linear time."""

import random
from time import process_time

import pytest

from onset.text.locales.locale_table import LOCALES
from onset.text.normalize import clean

LINES = 1000
"""Lines of each language: 5,000 in all."""

FIGURES = """7 21 007 1.234 1,5 3.14 0,05 1.234.567,89 12345678 2024 1999 1 200 90% 5‰ 1/2 3/4
120/80 ½ 2½ 25/12/2023 2024-01-07 05/03 10:30 14:30:15 8h30 9-17 3-1 16:9 10-15 20€
€1.200 $3,50 £5 ¥100 ₹500 ₩760 -5 +34 −3 5km 10kg 30°C 28ºC 45° m² km/h 100km/h 50m2 2x4 3×4 10³ x²
2^8 #5 №3 §2 v2.1 192.168.1.1 a@b.es web.com info.pdf @ana #tema C++ R&D AT&T XIV III 3.º 2ª 1er
5th H2O A4 B12 4K (12) [3] "7" 5, 8. 9; 1! 2? ~5 ±2 ≤3 ≥4 √9 18+ 1.000.ª 12º IV-V 600123456
4111-1111 00123""".split()

SIGNS = "+ − = ≠ ≤ ≥ < > ≈ ± × ÷ √ ∞ → & § № @".split()
"""Signs that a reader would miss."""

MARKERS = "+>"
"""Of a list item or a quotation, at the start of a line: these are not said."""

WORDS = {
    "es": "casa perro Sr. Dra. etc. el del Isabel siglo capítulo pág. tel. código mayo abr. lunes",
    "fr": "maison chien M. Mme Dr etc. le du Louis chapitre p. tél. code mai avr. lundi",
    "hi": "घर लड़का डॉ. पं. का में अध्याय नंबर कोड मई रुपये करोड़ बजे रोड सन",
    "it": "casa cane Sig. Dott. ecc. il del Vittorio secolo capitolo pag. tel. codice maggio apr.",
    "pt-br": "casa cachorro Sr. Dra. etc. o do Dom século capítulo pág. tel. código maio abr. dia",
}


@pytest.mark.parametrize("lang", LOCALES)
def test_what_is_taken_out_of_a_line_is_missed(lang: str) -> None:
    """Each token is heard: a line without it is read in another way."""
    rng = random.Random(3)
    pool = FIGURES + WORDS[lang].split() + SIGNS
    lost = []
    for _ in range(LINES):
        tokens = [rng.choice(pool) for _ in range(rng.randint(2, 7))]
        place = rng.randrange(len(tokens))
        rest = [*tokens[:place], *tokens[place + 1 :]]
        if place == 0 and tokens[0] in MARKERS:
            continue
        if clean(" ".join(tokens), lang) == clean(" ".join(rest), lang):
            lost.append((tokens[place], " ".join(tokens)))
    assert not lost


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
