"""Roman numerals in English: World War II, Henry VIII, Chapter IX, the XIX century."""

import re

from onset.text.english.number_words import cardinal, ordinal
from onset.text.rewrite_rules import Match, compiled
from onset.text.word_tables import table

_WORDS = table("english")
_NAMES = frozenset(_WORDS["regnal_names"].split())
_TITLES = frozenset(_WORDS["regnal_titles"].split())

VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
CANONICAL = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")

_COUNTED = r"(?:" + "|".join(_WORDS["roman_counted"].split()) + r")"
_SMALL = r"[IVX]{2,6}|[IVX]*L[IVX]*"
_END = r"(?!\w|[&-]\w)"


def value(numeral: str) -> int:
    """The number of a Roman numeral; 0 for what is none."""
    if not CANONICAL.fullmatch(numeral):
        return 0
    parts = [VALUES[letter] for letter in numeral]
    return sum(-a if a < b else a for a, b in zip(parts, [*parts[1:], 0], strict=True))


def _counted(match: Match) -> str:
    """Chapter IX, Act I, types II and III."""
    numbers = re.sub(r"\s?[-–—]\s?", " to ", match[2])
    return match[1] + re.sub(r"\b[IVXLCDM]+\b", _alone, numbers)


def _named(match: Match) -> str:
    """Henry VIII is the eighth; Rocky III is three."""
    before, name, numeral = match.groups()
    number = value(numeral)
    if not number:
        return match[0]
    ruler = name in _NAMES or (before or "").strip() in _TITLES
    if len(numeral) == 1 and not (ruler and _is_numeral(match)):
        return match[0]
    return f"{before or ''}{name} {'the ' + ordinal(number) if ruler else cardinal(number)}"


def _is_numeral(match: Match) -> bool:
    """Whether a single letter behind a name counts it: "Elizabeth I was", not "Mary I know"."""
    behind = match.string[match.end() :]
    if (match[1] or "").strip() in _TITLES or match[3] in "VX":
        return not behind.startswith(".") or not re.match(r"\.\s?[A-Z]", behind)
    return re.match(r"\s?(?:[,;:)]|\.?$|'s|’s|of |was |is |in |became |ruled |died |and [A-Z])",
                    behind) is not None  # fmt: skip


def _century(match: Match) -> str:
    number = value(match[1])
    return f"{ordinal(number)} {match[2]}" if number else match[0]


def _alone(match: Match) -> str:
    return cardinal(value(match[0])) if value(match[0]) else match[0]


def _page(match: Match) -> str:
    """Page xii, pp. iv-ix; a single "i" is a word."""
    numerals = [part for part in re.split(r"\s?[-–]\s?", match[2] + match[3]) if part]
    numbers = [value(numeral.upper()) for numeral in numerals]
    if not all(numbers) or match[2] == "I":
        return match[0]
    return match[1] + " to ".join(map(cardinal, numbers))


def _listed(match: Match) -> str:
    """(iv)"""
    return f"({cardinal(value(match[1].upper()))})"


RULES = compiled([
    (r"\b([IVX]{1,5})(?:th|st|nd|rd)?\s([Cc]entur(?:y|ies))\b", _century),
    (rf"\b((?i:{_COUNTED})s?\.?\s)((?:[IVXLCDM]{{2,9}}|(?<=[A-Z]\w)[IVX](?!\w))"
     rf"(?:(?:\s?[-–—]\s?|,\s|,?\sand\s|\sor\s)[IVXL]{{1,6}})*){_END}", _counted),
    (rf"\b((?:{_COUNTED})\s)([IVX]){_END}", _counted),
    (rf"\b((?:(?:{'|'.join(sorted(_TITLES))})\s)(?:[A-Z][a-z]+\s)*?)?([A-Z][A-Za-z'’]*[a-z])\s"
     rf"({_SMALL}|[IVX]){_END}", _named),
    (r"(?i)\b((?:pages?|pp?|preface)\.?\s)([ivxl]{1,8})((?:\s?[-–]\s?[ivxl]{1,8})?)(?!['’\w-])",
     _page),
    (r"\bWW(I{1,3})(?!\w)", lambda m: f"World War {cardinal(value(m[1]))}"),
    (r"(?<![\w.-])M(?:M|CM|DC|CD?)[CDLXVI]{1,8}(?![\w-])", _alone),
    (rf"^(?:{_SMALL})(?=\.?\s*$|\.\s[A-Z])", _alone),
    (r"(?<=\s)\((i{2,3}|iv|vi{1,3}|ix)\)", _listed),
])  # fmt: skip
