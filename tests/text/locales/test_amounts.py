"""Money with its scales and cents, units with their powers and what they are for."""

import pytest

from onset.text.normalize import clean

SPOKEN = [
    ("es", "€ 2 billones, 3,5 M€, $5 mil, 1.000.000 €", "2 billones de euros, 3 coma 5 millones de "
     "euros, 5 mil dólares, 1000000 de euros"),
    ("es", "0,99 €, 1,01 $, 5 CHF, 13HKD, 1 ₩, 5 ft", "99 céntimos, un dólar con un centavo, "
     "5 francos suizos, 13 dólares de hong kong, un won, 5 pies"),
    ("es", "15-20 €, $5-$10, $10-15, 5-10 %", "15 a 20 euros, 5 dólares a 10 dólares, 10 a 15 "
     "dólares, 5 a 10 por ciento"),
    ("es", "20 €/mes, 5 m/s, 4,51/s, 80 kg/m²", "20 euros por mes, 5 metros por segundo, 4 coma 51 "
     "por segundo, 80 kilos por metro cuadrado"),
    ("es", "28 ºC, 40 ° k, 1 m², 50 m2, 3 m^3", "28 grados, 40 grados kelvin, un metro cuadrado, "
     "50 metros cuadrados, 3 metros cúbicos"),
    ("es", "Q3 2024, Q50,10", "Q3 2024, 50 quetzales con 10 centavos"),
    ("fr", "2 M€, 5 Md$, 2 millions €", "2 millions d'euros, 5 milliards de dollars, 2 millions "
     "d'euros"),
    ("it", "3,5 mln €, 80 mq, 2,01 £", "3 virgola 5 milioni di euro, 80 metri quadrati, 2 sterline "
     "e un penny"),
    ("pt-br", "R$ 3,5 mi, R$ 5 bi, R$ 0,20, R$ 10/mês", "3 vírgula 5 milhões de reais, 5 bilhões "
     "de reais, 20 centavos, 10 reais por mês"),
    ("hi", "₹5 करोड़, ₹2.5 लाख, ৳30.87, ₺45", "5 करोड़ रुपये, 2 दशमलव 5 लाख रुपये, 30 टका 87 पैसे, "
     "45 लीरा"),
    ("hi", "20 km², 3 mi/hr, 5 किमी, 22 °F, 1,500 रुपये/माह", "20 वर्ग किलोमीटर, 3 मील प्रति घंटा, "
     "5 किलोमीटर, 22 डिग्री फारेनहाइट, 1500 रुपये प्रति माह"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken
