"""English numbers in words, as they are said in quantities, years, addresses and codes."""

import re

from normt2s.langs import get_language

_ENGLISH = get_language("en")

LONGEST = 15
"""Most digits of a number that is said as one; a longer one is read digit by digit."""


def cardinal(number: int) -> str:
    """21 as "twenty-one"."""
    return str(_ENGLISH.cardinal(number))


def ordinal(number: int) -> str:
    """21 as "twenty-first"."""
    return str(_ENGLISH.ordinal(number))


def year(number: int) -> str:
    """1905 as "nineteen oh five"; years of three digits in two parts."""
    return str(_ENGLISH.year(number)) if number >= 1000 else pairs(str(number))


def digits(written: str) -> str:
    """Each digit of `written` by itself, letters as they are."""
    return " ".join(_ENGLISH.digits(c) if c.isdecimal() else c for c in written if c.isalnum())


def whole(written: str) -> str:
    """A whole number; leading zeros are said."""
    if len(written) > LONGEST or (len(written) > 1 and written[0] == "0"):
        return digits(written)
    return cardinal(int(written))


def decimal(written: str) -> str:
    """A number that may have commas and decimals: "1,000.5", ".5"."""
    integer, dot, places = written.replace(",", "").partition(".")
    words = whole(integer) if integer else ""
    return f"{words} point {digits(places)}".strip() if dot else words


def pairs(written: str) -> str:
    """A house, a road or an aircraft: 405 as "four oh five", 1211 as "twelve eleven"."""
    if not re.fullmatch(r"[1-9]\d{2,3}", written):
        return digits(written) if len(written) > 4 else whole(written)
    first, last = int(written[:-2]), int(written[-2:])
    if last == 0:
        return cardinal(int(written)) if first % 10 == 0 else f"{cardinal(first)} hundred"
    return f"{cardinal(first)} {'oh ' * (last < 10)}{cardinal(last)}"


def counted(number: int, noun: str) -> str:
    """One hour, two hours."""
    return f"{cardinal(number)} {noun}{'s' * (number != 1)}"


def fraction(above: int, below: int, named: bool = False) -> str:
    """2/3 as "two thirds"; what is no part, or of more parts than are counted so, with "over".

    named: it is a part all the same (1/125th).
    """
    if below == above:
        return f"{cardinal(above)} out of {cardinal(below)}"
    odd = above > below >= 40 or (below > 100 and below != 1000) or above > below * 9
    if below < 2 or (odd and not named):
        return f"{cardinal(above)} over {cardinal(below)}"
    names = {2: ("half", "halves"), 4: ("quarter", "quarters")}
    part = ordinal(below).removeprefix("one ")
    one, many = names.get(below, (part, part + "s"))
    return f"{cardinal(above)} {one if above == 1 else many}"


def mixed(count: int, above: int, below: int) -> str:
    """2 1/2 as "two and a half"."""
    part = fraction(above, below)
    if above == 1:
        part = part.removeprefix("one ")
        part = f"{'an' if part[0] in 'aeiou' else 'a'} {part}"
    return f"{cardinal(count)} and {part}"
