"""Units, dimensions and ranges, and what looks like them."""

import pytest

from onset.text.normalize import clean

READ = [
    ("2-5lb, 2%-10%", "two to five pounds, two percent to ten percent"),
    ("6 ft 2 in, 1 in 5", "six feet two inches, one in five"),
    ('12" pipe, 12" long', "twelve inch pipe, twelve inches long"),
    ('he said "it is 12" and', 'he said "it is twelve" and'),
    ("1920x1080", "nineteen twenty by ten eighty"),
    ("2x faster", "two times faster"),
    ("A-Z and I-O", "A to Z and I-O"),
    ("12/kg", "twelve per kilogram"),
    (".5kg", "point five kilograms"),
    ("9.58s, wait 5s", "nine point five eight seconds, wait five seconds"),
    ("B-29s, the 130s", "B-twenty-nines, the one hundred thirtys"),
    ("60 fps, 3 1/2%", "sixty frames per second, three and a half percent"),
    ("1.234,56", "one thousand two hundred thirty-four point five six"),
]


@pytest.mark.parametrize(("raw", "spoken"), READ)
def test_quantities_are_said_as_a_reader_says_them(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken
