"""Dates of every order, and times with all the marks people use."""

import pytest

from onset.text.normalize import clean

SPOKEN = [
    ("es", "2024-01-07, 2024/1/7, 2024.01.07, 7.1.2024, 03/15/2024", "7 de enero de 2024, "
     "7 de enero de 2024, 7 de enero de 2024, 7 de enero de 2024, 15 de marzo de 2024"),
    ("es", "7-ene-2024, 12 oct. 1492, abr. 22, vie. 3 de mayo", "7 de enero de 2024, 12 de octubre "
     "de 1492, 22 de abril, viernes 3 de mayo"),
    ("es", "el 25/12, 05/03, 25/12/23", "el 25 de diciembre, 5 de marzo, 25 de diciembre de 2023"),
    ("es", "8 a. m. y 8:30 p. m., 12 a.m., 1.00 p.m.", "8 de la mañana y 8 y media de la noche, 12 "
     "de la noche, una de la tarde."),
    ("es", "9:00-17:30, 2 h 30 min, 14.30 h, 3:00 UTC+1", "9 a 17 y 30, 2 horas 30 minutos, 14 y "
     "30, 3 UTC más 1"),
    ("es", "lun-vie, a las 8.30", "lunes a viernes, a las 8 y 30"),
    ("fr", "1 janvier, 7 janv. 2024, 1h00, 14:30:15", "premier janvier, 7 janvier 2024, une "
     "heure, 14 heures 30 minutes 15 secondes"),
    ("it", "1 gennaio, il 25/12, ore 8.30, 17:15:26", "primo gennaio, il 25 dicembre, ore 8 e 30, "
     "17 e 15 minuti e 26 secondi"),
    ("pt-br", "01/01/2000, 14H30, 2h, 1h30min", "primeiro de janeiro de 2000, 14 e 30, duas horas, "
     "uma hora 30 minutos"),
    ("hi", "15/08/1947, 1971 में, 02-01, 7:15 PM", "15 अगस्त 19 सौ 47, 19 सौ 71 में, 2 जनवरी, "
     "शाम 7 बजकर 15 मिनट"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken
