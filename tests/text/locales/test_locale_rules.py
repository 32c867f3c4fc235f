"""Numbers, dates and short forms are said as their language says them."""

import pytest

from onset.text.locales.locale_rules import rules
from onset.text.locales.locale_table import LOCALES, LocaleTable, forms
from onset.text.normalize import clean
from onset.text.word_tables import table

SPOKEN = [
    ("es", "Cuesta 12 €, 1.200 árboles y 3,5 km", "Cuesta 12 euros, 1200 árboles y 3 coma 5 "
     "kilómetros"),
    ("es", "El Sr. Pérez pagó $3 millones, 12,50 € etc. Luego", "El señor Pérez pagó 3 millones "
     "de dólares, 12 euros con 50 céntimos etcétera. Luego"),
    ("es", "a las 7:25 del 12/05/2024", "a las 7 y 25 del 12 de mayo de 2024"),
    ("es", "-5 °C, 50%, 1 km/h, 10-20", "menos 5 grados, 50 por ciento, un kilómetro por hora, "
     "10 a 20"),
    ("es", "¿Qué? ¡No! 5 & 6", "Qué? No! 5 y 6"),
    ("es", "del SR. Gil, P. EJ., EE. UU.", "del señor Gil, por ejemplo, Estados Unidos."),
    ("fr", "Il est 8 h 15, 18h30, 1 500 euros", "Il est 8 heures 15, 18 heures 30, 1500 euros"),
    ("fr", "M. Dupont, 2e étage, le 01/05/2024 !", "monsieur Dupont, deuxième étage, le premier "
     "mai 2024!"),
    ("it", "Sono le 9:20, 45 €, 1° posto", "Sono le 9 e 20, 45 euro, primo posto"),
    ("it", "il Sig. Rossi ecc. Poi 1 kg", "il signor Rossi eccetera. Poi un chilo"),
    ("pt-br", "R$ 28, R$ 5,50, 10h30, às 9h", "28 reais, 5 reais e 50 centavos, 10 e 30, às 9 "
     "horas"),
    ("hi", "7:25 पर, ₹350, 1,20,000 लोग।", "7 बजकर 25 मिनट पर, 350 रुपये, 120000 लोग."),
    ("hi", "डॉ. शर्मा 3.5 km", "डॉक्टर शर्मा 3 दशमलव 5 किलोमीटर"),
    ("es", "https://ej.com/a_b", "https ej punto com barra a guion bajo b"),
    ("it", "[ciao](/ʧˈao/) 12", "[ciao](/ʧˈao/) 12"),
    # signs
    ("es", "a ≤ b, x² = 4, C++, R&D, 18+", "a menor o igual que b, x al cuadrado es igual a 4, "
     "C más más, R y D, 18 más"),
    ("fr", "5 + 3 - 2 = 6, ~5 min, 3x4 m", "5 plus 3 moins 2 égale 6, environ 5 minutes, 3 fois 4 "
     "mètres"),
    ("it", "un ±2 °C, 10⁻³ m, √2 → 2", "un più o meno 2 gradi, 10 alla meno 3 metri, radice di 2 "
     "freccia 2"),
    ("pt-br", "nota¹ e 2^10, e/ou", "nota 1 e 2 elevado a 10, e ou"),
    # ranges, scores, ratios, lists
    ("es", "10-15 días, 3-1, 16:9, los 17-18-19", "10 a 15 días, 3 a 1, 16 a 9, los 17, 18, 19"),
    ("hi", "10-15 दिन, 3-1 से, 3:1", "10 से 15 दिन, 3 1 से, 3 अनुपात 1"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken


@pytest.mark.parametrize("lang", LOCALES)
def test_what_is_no_date_or_time_stays(lang: str) -> None:
    assert clean("45/99/2024", lang) == "45/99/2024"
    assert "99:99" not in clean("x 25:61 y", lang) and "25" in clean("x 25:61 y", lang)


def test_a_table_is_complete() -> None:
    for locale in LOCALES.values():
        assert len(locale.months) == len(locale.short_months) == 12
        assert {"€", "$"} <= locale.currencies.keys() and {"km", "kg", "%"} <= locale.units.keys()
        assert {"≤", "≠", "÷", "√", "→", "&", "+", "="} <= locale.symbols.keys()
        assert {".", "/", "@", ":", "-"} <= locale.address.keys()
    assert all(rules(lang) is rules(lang) for lang in LOCALES)


def test_a_table_that_lacks_a_field_or_has_an_unknown_one_is_refused() -> None:
    with pytest.raises(TypeError):
        LocaleTable("xx", groups=".")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        LocaleTable("xx", colour="red")  # type: ignore[call-arg]


def test_forms_are_singular_and_plural() -> None:
    assert forms("euro|euros") == ("euro", "euros") and forms("yen") == ("yen", "yen")


def test_english_rules_are_not_those_of_others() -> None:
    assert clean("no 5 de mayo", "es") == "no 5 de mayo"
    assert clean("on 5 May", "en-us") == "on the fifth of May"


def test_the_languages_are_those_of_the_file() -> None:
    assert list(LOCALES) == list(table("locales"))
