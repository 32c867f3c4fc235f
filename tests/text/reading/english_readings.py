"""Two forms of an English reading: what must be equal for "exact", and for "acceptable"."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
UNITS = {word: number for number, word in enumerate(ONES)}
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "quadrillion": 10**15, "quintillion": 10**18,
}  # fmt: skip
ORDINALS = {
    "zeroth": 0, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
    "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40,
    "fiftieth": 50, "sixtieth": 60, "seventieth": 70, "eightieth": 80, "ninetieth": 90,
    "hundredth": 100, "thousandth": 1000, "millionth": 10**6,
}  # fmt: skip
DECADES = {
    "tens": 10, "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60,
    "seventies": 70, "eighties": 80, "nineties": 90,
}  # fmt: skip
MONTHS = (
    "january february march april may june july august september october november december"
).split()
PART = re.compile(r"half|halves|quarters?|thirds|fourths|fifths|\w+[^\W\d]ths")

SAME = {
    "per cent": "percent", "meters": "metres", "meter": "metre", "liters": "litres",
    "liter": "litre", "kilometers": "kilometres", "kilometer": "kilometre",
    "centimeters": "centimetres", "centimeter": "centimetre", "millimeters": "millimetres",
    "millimeter": "millimetre", "micrometers": "micrometres", "color": "colour", "mister": "mr",
    "missus": "mrs", "misses": "mrs", "miz": "ms", "versus": "vs", "okay": "ok",
    "alright": "all right", "et cetera": "etc",
}  # fmt: skip
"""Spellings of one word."""

LICENCES = [
    ("negative", "minus"), ("number sign", "hash"), ("hashtag", "hash"), ("ampersand", "and"),
    ("o'clock", ""), ("forward slash", "slash"), ("fourths", "quarters"), ("oh", "0"),
    ("naught", "0"), ("hyphen", "dash"), ("asterisk", "times"), ("star", "times"),
    ("american", "us"), ("single quote", ""), ("half an", "half"), ("half a", "half"),
    ("1 half", "half"), ("a half", "half"), ("is less than", "less than"),
    ("1 quarter", "quarter"), ("1 4th", "quarter"), ("company", "co"), ("is equal to", "equals"),
    ("equal to", "equals"), ("to the power of", "to the"), ("circa", "about"),
]  # fmt: skip
"""Words that tell a listener the same, read in this order."""


SMALL = {"and", "the", "a", "an", "of"}
"""Words that may be left out."""


class _Number(NamedTuple):
    """What was read of a number: value, kind of the last word, kind of the whole, words used."""

    value: int
    last: str
    kind: str
    used: int


def _read(words: Sequence[str]) -> _Number:
    """The number that `words` begin with, as people read one: "nineteen eighty" is two."""
    total, current, last = 0, 0, ""
    open_ = ("", "h", "s")
    for used, word in enumerate(words):
        follows = words[used + 1] if used + 1 < len(words) else ""
        if word == "and" and last in ("h", "s") and follows in UNITS | TENS | ORDINALS:
            continue
        if word in UNITS and UNITS[word] == 0:
            return _Number(total + current, "z", "", used + (not last))
        if word in UNITS and (last in open_ or (last == "t" and UNITS[word] < 10)):
            current, last = current + UNITS[word], "u"
        elif word in TENS and last in open_:
            current, last = current + TENS[word], "t"
        elif word == "hundred" and last in ("u", "t") and 0 < current < 100:
            current, last = current * 100, "h"
        elif word in SCALES and last in ("u", "t", "h") and current:
            total, current, last = total + current * SCALES[word], 0, "s"
        elif word in ORDINALS:
            return _ordinal(_Number(total, last, "", used), current, ORDINALS[word])
        elif word in DECADES and last in open_:
            return _Number(total + current + DECADES[word], last, "s", used + 1)
        else:
            return _Number(total + current, last, "", used)
    return _Number(total + current, last, "", len(words))


def _ordinal(before: _Number, current: int, value: int) -> _Number:
    """The number ended by an ordinal, if that may follow."""
    total, last, _, used = before
    if value == 100 and last in ("u", "t") and current < 100:
        current *= 100
    elif value in (1000, 10**6) and last in ("u", "t", "h") and current:
        total, current = total + current * value, 0
    elif last in ("", "h", "s") or (last == "t" and value < 10):
        current += value
    else:
        return _Number(total + current, last, "", used)
    return _Number(total + current, last, "th", used + 1)


def _ending(number: int) -> str:
    special = {1: "st", 2: "nd", 3: "rd"}
    return "th" if 10 <= number % 100 <= 20 else special.get(number % 10, "th")


def _numbers(words: Sequence[str]) -> list[str]:
    """Number words as figures."""
    out: list[str] = []
    at = 0
    while at < len(words):
        number = _Number(0, "", "", 0)
        if words[at] in UNITS | TENS | ORDINALS | DECADES:
            number = _read(words[at:])
        ending = _ending(number.value) if number.kind == "th" else number.kind
        out.append(f"{number.value}{ending}" if number.used else words[at])
        at += max(1, number.used)
    return out


def _years(words: Sequence[str]) -> list[str]:
    """19 84 as 1984; 19 oh 5 as 1905; 20 10s as 2010s; 19 hundreds as 1900s."""
    text = " ".join(words)
    pair, single = r"(?<!\S)([1-9]\d)", r"(\d(?:st|nd|rd|th)?)(?!\S)"
    return re.sub(
        rf"{pair} (?:([1-9]\d(?:s|st|nd|rd|th)?)(?!\S)|(?:oh|o|0) {single}|hundreds(?!\S))",
        lambda m: m[1] + (m[2] or (f"0{m[3]}" if m[3] else "00s")),
        text,
    ).split()


def _figures(word: str) -> list[str]:
    """A number in figures without grouping; one with leading zeros digit by digit."""
    if word.isdecimal() and len(word) < 16:
        return list(word) if len(word) > 1 and word[0] == "0" else [str(int(word))]
    return [word]


def _words(text: str) -> list[str]:
    """The words in small letters, without marks; letters that stand alone make one initialism."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")
    text = re.sub(r"\[([^\]]+)\]\(/[^)]*/\)", r"\1", text)
    text = re.sub(r"(?<=[a-z])\.(?=[a-z]\b)", " ", text)
    text = re.sub(r"[^\w' ]+|_", " ", text)
    text = re.sub(r"(?<!\w)'|'(?!\w)", " ", text)
    text = re.sub(r"\b(\w+)'s\b", r"\1 's", text)
    for spelling, same in SAME.items():
        text = re.sub(rf"\b{spelling}\b", same, text)
    out: list[str] = []
    alone = False
    for word in text.split():
        letter = len(word) == 1 and word.isalpha()
        out[-1:] = [out[-1] + word] if letter and alone else [*out[-1:], word]
        alone = letter
    return [figure for word in out for figure in _figures(word)]


def exact_english(text: str, years: bool = False) -> tuple[str, ...]:
    """The words; numbers as figures, "and" within numbers left out. years: pairs are one number."""
    words = _numbers(_words(text))
    if years:
        words = _years(words)
    out: list[str] = []
    for at, word in enumerate(words):
        behind, ahead = at and words[at - 1][0].isdigit(), words[at + 1 : at + 3]
        if word == "and" and (behind or (ahead and ahead[0][0].isdigit())):
            if not (behind and any(map(PART.fullmatch, ahead))):
                continue
            word = "+"  # three and two quarters is not three two quarters
        out.append(word)
    return tuple(out)


def _dates(words: Sequence[str]) -> list[str]:
    """Dates in one order: month, day."""
    month = f"({'|'.join(MONTHS)})"
    text = " ".join(words)
    text = re.sub(rf"(?:\bthe )?(?<!\S)(\d{{1,2}}(?:st|nd|rd|th)) (?:of )?{month}(?!\S)",
                  r"\2 \1", text)  # fmt: skip
    return re.sub(
        rf"(?<!\S){month} ([1-9]|[12]\d|3[01])(?!\S)",
        lambda m: f"{m[1]} {m[2]}{_ending(int(m[2]))}",
        text,
    ).split()


def _grouped(words: Sequence[str]) -> str:
    """One string; digits grouped in any way are equal, but a long number is not its digits."""
    out, run = "", list[str]()
    for word in [*words, ""]:
        if word.isdecimal():
            run.append(word)
            continue
        long = sum(map(len, run)) > 4
        out += "".join("#" * (long and len(digits) > 2) + digits for digits in run) + word
        run = []
    return out.replace("'", "")


def loose_english(text: str) -> str:
    """What a listener is told: dates in one order, years as numbers, LICENCES taken."""
    told = re.sub(r"\bcolon slash slash\b|\bhttps?\b", " ", " ".join(exact_english(text, True)))
    for words, same in LICENCES:
        told = re.sub(rf"(?<!\S){words}(?!\S)", same, told)
    told = re.sub(r"(?<!\S)and (?=(?:half|quarter)(?!\S))", "+ ", " ".join(_dates(told.split())))
    return _grouped([word for word in told.split() if word not in SMALL])
