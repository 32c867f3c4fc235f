"""Amounts of money in English: signs and codes of currencies, cents, scales, ranges, per what."""

import re

from onset.text.english.number_words import cardinal, decimal
from onset.text.rewrite_rules import Match, alternatives, compiled
from onset.text.word_tables import table

_WORDS = table("english")
CURRENCIES: dict[str, list[str]] = _WORDS["currencies"]
"""Sign or code to the names of one and of many, and of its hundredth part where it has one."""

SCALES: dict[str, str] = _WORDS["scales"]

PER: dict[str, str] = _WORDS["per"]

_NAMES = alternatives({name for names in CURRENCIES.values() for name in names})
_SIGN = alternatives(CURRENCIES)
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?![\d])|\d+)(?:\.\d+)?|\.\d+"
_SCALE = (
    r"(?:\s?(k|K|m|M|mn|mm|mln|bn|b|B|tn|T)\b"
    r"|[\s-](hundred|thousand|million|billion|trillion|lakh|crore)\b)"
)
_COUNTED = re.compile(
    r"\s(?:bills?|notes?|coins?|fees?|fines?|tickets?|deals?|prizes?|loans?|budgets?|discounts?|tips?|"
    r"bets?|price\stag|gift\scards?|bonus|purchases?|investments?)\b"
)
"""Behind one of these nouns the unit is in the singular: the twenty dollar bill."""

_MINUS = r"(?:(?<![\w)%])([-−])\s?)?"


def _amount(number: str, scale: str, sign: str, one: bool) -> str:
    """The words of an amount. one: "a twenty dollar bill"."""
    single, many, *cents = CURRENCIES[sign]
    whole, dot, places = number.replace(",", "").partition(".")
    name = single if one or number in ("1", "1.00") else many
    if scale:
        return f"{decimal(number)} {scale} {single if one else many}"
    places = places.rstrip("0") if len(places) <= 3 else places
    if not dot or not places:
        return f"{decimal(whole)} {name}"
    if len(places) > 2 or not cents:
        return f"{decimal(number)} {many}"
    part = int(places.ljust(2, "0"))
    behind = f"{cardinal(part)} {cents[part != 1]}"
    return f"{decimal(whole)} {single if whole == '1' else many} and {behind}" if int(
        whole or 0
    ) else behind  # fmt: skip


def _scale(short: str | None, full: str | None) -> str:
    return full or (SCALES[short.lower()] if short else "")


def _prefixed(match: Match) -> str:
    """-$5.50, a $5bn deal, CHF 50."""
    before, minus, sign, number, short, full = match.groups()
    behind = match.string[match.end() :]
    following = re.match(r"(?:-|\s)[a-z]", behind)
    one = bool(before and following) or _COUNTED.match(behind) is not None
    words = _amount(number, _scale(short, full), sign, one)
    return f"{before or ''}{'minus ' * bool(minus)}{words}"


def _suffixed(match: Match) -> str:
    """50 EUR, 99¢."""
    minus, number, short, full, sign = match.groups()
    return "minus " * bool(minus) + _amount(number, _scale(short, full), sign, False)


def _range(match: Match) -> str:
    """$5-10k, $1.5-2 million: the sign is of both."""
    sign, first, last, short, full = match.groups()
    words = _amount(last, _scale(short, full), sign, False)
    return f"{decimal(first)} to {words}"


RULES = compiled([
    (rf"(?<![\w.])({_SIGN})\s?({_NUMBER})\s?[-–—]\s?({_NUMBER})(?:{_SCALE})?(?![\w.]\w)",
     _range),
    (rf"(?<=\d)((?:[kKmMbB]|bn)?)\s?[-–—]\s?(?=(?:{_SIGN})\s?\d)", r"\1 to "),
    (rf"(?:\b([Aa]n?\s|[Aa]nother\s|[Ee]ach\s|[Ee]very\s))?{_MINUS}(?<![A-Za-z\d])({_SIGN})[-−]?\s?({_NUMBER})"
     rf"(?:{_SCALE})?(?![\d])", _prefixed),
    (rf"(?<![\w.,:/]){_MINUS}({_NUMBER})(?:{_SCALE})?\s?({_SIGN})(?!\w)", _suffixed),
    (rf"\b({_NAMES})\s?/\s?({alternatives(PER)})(?![\w/])", lambda m: f"{m[1]} per {PER[m[2]]}"),
    (r"(?<!\w)[€£¥₹](?!\s?[\w.])", lambda m: CURRENCIES[m[0]][1]),
    (r"\$(?=[A-Za-z$])|(?<=[A-Za-z$])\$", " dollar "),
])  # fmt: skip
"""A range before its ends."""
