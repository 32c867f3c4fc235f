"""Telephones, cards and addresses are said as they are dictated, amounts are not."""

import pytest

from onset.text.normalize import clean

SPOKEN = [
    ("es", "+34 912 345 678", "más 3 4, 9 1 2, 3 4 5, 6 7 8"),
    ("es", "Llame al 123-456-7890 ext. 12", "Llame al 1 2 3, 4 5 6, 7 8 9 0, extensión 1 2"),
    ("es", "912 345 678 habitantes", "912345678 habitantes"),
    ("es", "tarjeta 4111 1111 1111 1111, código 4521", "tarjeta 4 1 1 1, 1 1 1 1, 1 1 1 1, 1 1 1 1"
     ", código 4 5 2 1"),
    ("es", "IBAN ES91 2100 0418 4502 0005 1332", "IBAN E S 9 1, 2 1 0 0, 0 4 1 8, 4 5 0 2, "
     "0 0 0 5, 1 3 3 2"),
    ("es", "192.168.1.1:8080, v2.5, 3.11.7", "1 9 2 punto 1 6 8 punto 1 punto 1 dos puntos 8080, "
     "v 2 punto 5, 3 punto 11 punto 7"),
    ("es", "nvidia.com/a, informe.pdf, a.b@c.es, @ana", "nvidia punto com barra a, informe punto "
     "pdf, a punto b arroba c punto es, arroba ana"),
    ("es", "Fin.Es así. p.za", "Fin.Es así. p.za"),
    ("fr", "06.12.34.56.78, +33 6 12 34 56 78", "06 12 34 56 78, plus 33 6 12 34 56 78"),
    ("it", "06 1234 5678, 333 1234567", "0 6, 1 2 3 4, 5 6 7 8, 3 3 3, 1 2 3 4 5 6 7"),
    ("pt-br", "(11) 91234-5678", "1 1, 9 1 2 3 4, 5 6 7 8"),
    ("pt-br", "CPF 123.456.789-09, 1914-1918", "CPF 1 2 3, 4 5 6, 7 8 9, 0 9, 1914 a 1918"),
    ("hi", "9876543210, 1122345567", "9 8 7 6 5 4 3 2 1 0, 1122345567"),
    ("hi", "लखनऊ 226001", "लखनऊ 2 2 6 0 0 1"),
    ("hi", "जनसंख्या 226001", "जनसंख्या 226001"),
    ("hi", "14/3, मथुरा रोड", "1 4 बटा 3, मथुरा रोड"),
    ("hi", "एमजी रोड पर 250 लोग थे", "एमजी रोड पर 250 लोग थे"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken


def test_the_code_of_a_telephone_is_no_list_item() -> None:
    assert clean("(1) uno\n(2) dos", "es") == "1: uno.\n2: dos"
    assert clean("(11) 3333-4444", "pt-br") == "1 1, 3 3 3 3, 4 4 4 4"
