"""Roman numerals of a language: of rulers, of chapters and centuries, and by themselves."""

import re

from onset.text.locales.locale_table import LocaleTable
from onset.text.locales.numerals import END, Numerals
from onset.text.rewrite_rules import Match, Replacement, alternatives

ROMAN = re.compile(r"(?=.)M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})", re.IGNORECASE)
ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman_value(numeral: str) -> int:
    """The value of a Roman numeral in letters of any case; 0 if it is none."""
    if not ROMAN.fullmatch(numeral):
        return 0
    values = [ROMAN_DIGITS[letter] for letter in numeral.upper()]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


class RomanNumbers:
    """How one language says Roman numerals."""

    def __init__(self, words: LocaleTable, numerals: Numerals) -> None:
        self.words = words
        self.numerals = numerals

    def rules(self) -> list[tuple[str, Replacement]]:
        """Behind names of rulers, behind and before other words, and by themselves."""
        words = self.words
        rules: list[tuple[str, Replacement]] = []
        if words.regnal:
            name = rf"((?i:\b(?:{words.regnal}))) ([IVXL]{{1,6}}|[ivxl]{{3,6}})\b(?!\.\w)"
            rules.append((name, self._ruler))
        if words.roman_words:
            before = rf"((?i:\b(?:{words.roman_words}))\.? )([IVX]+|[IVXLCDM]{{2,}}){END}"
            rules.append((before, lambda m: m[1] + (self._roman(m[2]) or m[2])))
        if words.roman_behind:
            behind = rf"(?<!°)\b([IVXLC]+)(?= (?i:{words.roman_behind}){END})"
            rules.append((behind, lambda m: self._roman(m[1], "m") or m[1]))
        if words.roman_behind_feminine:
            behind = rf"(?<!°)\b([IVXLC]+)(?= (?i:{words.roman_behind_feminine}){END})"
            rules.append((behind, lambda m: self._roman(m[1], "f") or m[1]))
        if words.roman and words.ordinal_suffixes:
            suffix = alternatives(words.ordinal_suffixes)
            ranged = rf"\b([IVX]+(?:{suffix})?)\s?[-–]\s?(?=[IVX]+(?:{suffix})?{END})"
            rules.append((ranged, rf"\1 {words.to} "))
            rules.append((rf"\b([IVX]+|[IVX][IVXLC]+)({suffix}){END}", self._roman_ordinal))
        if words.roman:
            rules.append((r"(?<![\w.])([IVX]{2,7})(?![\w'’])",
                          lambda m: self._roman(m[1]) or m[1]))  # fmt: skip
        return rules

    def _roman(self, numeral: str, kind: str = "") -> str:
        value = roman_value(numeral)
        return (self.numerals.ordinal(value, kind) if kind else str(value)) if value else ""

    def _ruler(self, match: Match) -> str:
        value = roman_value(match[2])
        if not value:
            return match[0]
        if value > self.words.roman_limit:
            return f"{match[1]} {value}"
        queen = re.fullmatch(self.words.queens or "(?!)", match[1], re.IGNORECASE)
        return f"{match[1]} {self.numerals.ordinal(value, 'f' if queen else 'm')}"

    def _roman_ordinal(self, match: Match) -> str:
        value = roman_value(match[1])
        kind = self.words.ordinal_suffixes[match[2]]
        return self.numerals.ordinal(value, kind) if value else match[0]
