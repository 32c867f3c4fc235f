"""English numbers, dates, addresses and abbreviations are said as a reader would say them."""

import pytest

from onset.text.normalize import clean

SPOKEN = [
    # numbers, money, units
    ("It costs $3.50.", "It costs three dollars and fifty cents."),
    ("£3m and $1.5 billion", "three million pounds and one point five billion dollars"),
    ("1,234,567", "one million two hundred thirty-four thousand five hundred sixty-seven"),
    ("Version v1.2.3 at 192.168.0.1", "Version one dot two dot three at one hundred "
     "ninety-two dot one hundred sixty-eight dot zero dot one"),
    ("5 km at 3°C", "five kilometers at three degrees Celsius"),
    ("60 mph", "sixty miles per hour"),
    ("50% & more", "fifty percent and more"),
    ("1/2 cup, ½ cup", "one half cup, one half cup"),
    ("the 21st", "the twenty-first"),
    ("the 1990s, the '90s", "the nineteen nineties, the nineties"),
    ("1914-1918", "nineteen fourteen to nineteen eighteen"),
    ("pages 10-20", "pages ten to twenty"),
    ("we won 3:2", "we won three to two"),
    # dates and times
    ("2024-05-12", "May twelfth, twenty twenty-four"),
    ("12/05/2024", "December fifth, twenty twenty-four"),
    ("25/12/2024", "December twenty-fifth, twenty twenty-four"),
    ("Jan. 3", "January third"),
    ("at 10:30", "at ten thirty"),
    ("at 9 a.m. today", "at nine A.M. today"),
    ("10:30:15", "ten hours thirty minutes fifteen seconds"),
    # addresses and telephone numbers
    ("https://example.com/a_b?x=1", "https example dot com slash a underscore b question mark x "
     "equals one"),
    ("See www.x.org.", "See www dot x dot org."),
    ("bob.smith@mail.co.uk", "bob dot smith at mail dot co dot uk"),
    ("main.py", "main dot py"),
    ("@bob #python C#", "at bob hashtag python C sharp"),
    ("call 555-123-4567", "call five five five, one two three, four five six seven"),
    ("(555) 123-4567", "five five five, one two three, four five six seven"),
    # abbreviations
    ("Dr. Smith, e.g. this", "Doctor Smith, for example this"),
    ("No. 5, fig. 3", "Number five, figure three"),
    ("w/o milk", "without milk"),
    ("5 May 2024, 3 March", "the fifth of May twenty twenty-four, the third of March"),
    ("221B Baker St. is", "two twenty-one B Baker Street is"),
    ("St. Paul, rock 'n' roll", "Saint Paul, rock and roll"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "spoken"), SPOKEN)
def test_english_is_said_as_a_reader_says_it(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken


@pytest.mark.parametrize("raw", ["45/99/2024", "13.13.2024"])
def test_what_cannot_be_a_date_is_not_said_as_one(raw: str) -> None:
    months = ("January", "May", "September", "December")
    assert not any(month in clean(raw) for month in months)
