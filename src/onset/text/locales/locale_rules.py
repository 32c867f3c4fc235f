"""The rules of one language in the order they are read, with its abbreviations and signs.

A more particular form stands before a more general one: an address before a number with a dot in
it, a telephone before a range.
"""

import re
from functools import lru_cache

from onset.text.locales.amounts import Amounts
from onset.text.locales.calendar_forms import CalendarForms
from onset.text.locales.digit_strings import DigitStrings
from onset.text.locales.fractions import Fractions
from onset.text.locales.locale_table import LIST_ENDS, LOCALES, LocaleTable
from onset.text.locales.numerals import END, HEAD, TAIL, Numerals
from onset.text.locales.roman_numbers import RomanNumbers
from onset.text.rewrite_rules import Match, Replacement, Rules, alternatives, compiled

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
"""Exponents as figures."""


class LocaleRules:
    """How one language reads what is written in it."""

    def __init__(self, words: LocaleTable) -> None:
        self.words = words
        self.numerals = Numerals(words)
        self.calendar = CalendarForms(words)
        self.amounts = Amounts(words, self.numerals)
        self.strings = DigitStrings(words)
        short = {**words.abbreviations, **words.references}
        self.short: dict[str, str] = {key.lower(): value for key, value in short.items()} | short

    def rules(self) -> Rules:
        """All of them, in the order they are read."""
        words = self.words
        return compiled([
            *self.strings.addresses(),
            *self._abbreviations(),
            *self.calendar.rules(),
            *self.strings.postal(),
            *self.strings.telephones(),
            *self.numerals.ordinal_rules(),
            *RomanNumbers(self.words, self.numerals).rules(),
            *self._sums(),
            *Fractions(self.words, self.numerals).rules(),
            *self.amounts.rules(),
            *self._figures(),
            *self.amounts.last(),
            *self._signs(),
            *words.mends.items(),
        ])  # fmt: skip

    def _abbreviations(self) -> list[tuple[str, Replacement]]:
        """In any case, but those of one letter, which could be a word or an initial."""
        words = self.words
        named = r"(?=[\s-]?[A-ZÀ-Ý\d])"
        keys = sorted(words.abbreviations, key=len, reverse=True)
        tiny = [
            re.escape(key) + (f"(?:{named}|$)" if key.isalpha() else named)
            for key in keys
            if len(key) < 3 and key.isascii()
        ]
        long = [re.escape(key) for key in keys if len(key) > 2 or not key.isascii()]
        end = rf"(?:(?<=[.º°])(?![a-zà-ÿ])|{END})"  # "N°5", "Sr.Gil"
        rules: list[tuple[str, Replacement]] = [
            (rf"(?<![\w.])(?:(?i:{'|'.join(long)}){end}"
             + (f"|(?:{'|'.join(tiny)}))" if tiny else ")"), self._expanded),
        ]  # fmt: skip
        if words.references:
            written = {*words.references, *(key.capitalize() for key in words.references)}
            written |= {key.rstrip(".") for key in written if len(key) > 3}
            before = alternatives(written)
            rules.append((rf"(?<![\w.])(?<!\d )({before})\s?(?=\d|[IVXLC]+\b)",
                          self._reference))  # fmt: skip
        return rules

    def _reference(self, match: Match) -> str:
        written = match[1].lower()
        return (self.short.get(written) or self.short[written + "."]) + " "

    def _expanded(self, match: Match) -> str:
        rest = match.string[match.end() :]
        ends = match[0].endswith(".") and (
            not rest.strip()
            or (match[0].lower() in LIST_ENDS and re.match(r"\s+[A-ZÀ-Ý¿¡“]", rest))
        )
        said = self.short.get(match[0]) or self.short[match[0].lower()]
        return said + "." * bool(ends) + " " * (rest[:1].isalnum() and not said.endswith("-"))

    def _sums(self) -> list[tuple[str, Replacement]]:
        """Signs between numbers: a minus only in an equation, else it may be a range."""
        words = self.words
        return [
            (r"(?<=\d)\s?[-−–]\s?(?=\d[\d.,]*\s?[=≈<>≤≥])", f" {words.minus} "),
            (r"([+×÷*=]\s?\d[\d.,]*)\s?[-−–]\s?(?=\d)", rf"\1 {words.minus} "),
            (r"(?<=\d)([⁻⁺]?[⁰¹²³⁴-⁹]+)", self._power),
            (r"(?<=\d)\^\(?(-?\d{1,4})\)?", self._power),
            (r"(?<=\d)/-(?!\w)", ""),  # the end of an Indian price
            (r"(?<=\d)x(?=[\s.,;:!?)]|$)", f" {words.fold}"),
            (r"(?<![\w)\u0900-\u0963])[-−](\d+)º(?!\w)", rf"{words.minus} \1°"),
            (r"(?<![\w)\u0900-\u0963])[-−](?=\d)", f"{words.minus} "),
            (r"(?<=[\d)])\s?[x×✕]\s?(?=\d[\d.,]*\s?=)", f" {words.symbols['×']} "),
            (r"(?<=[\d)])\s?[x×✕]\s?(?=[\d(])", f" {words.times} "),
        ]

    def _figures(self) -> list[tuple[str, Replacement]]:
        """Lists, scores and ranges, minus signs, ratios, numbers, and what they agree with."""
        words, figure = self.words, rf"(?:{self.words.amount})"
        rules: list[tuple[str, Replacement]] = [
            (HEAD + r"\d{1,2}(?:-\d{1,2}){2,}(?![\w-])", lambda m: m[0].replace("-", ", ")),
            (HEAD + rf"({figure})\s?[-–]\s?({figure})(?![\w/@-])(?![.,:]\d)", self._range),
            (HEAD + r"(\d{1,3}):(\d{1,6})(?![\d:]|\.\d)", rf"\1 {words.ratio or words.to} \2"),
            (HEAD + rf"({words.amount})" + TAIL, lambda m: self.numerals.figure(m[0])),
        ]
        if words.feminine_numbers or words.short_numbers:
            rules.append((r"(?<![\w.,:/-])(\d{1,3}) ([^\W\d_]{3,}s)(?!\w)", self.numerals.agreed))
        return rules

    def _range(self, match: Match) -> str:
        """A range if the second number is larger, else a score; long ones are neither."""
        low, high = (self.numerals.split(part)[0] for part in match.group(1, 2))
        if max(len(low), len(high)) > 4 and not {".", ","} & set(match[0]):
            return match[0]
        between = self.words.to
        if int(high) < int(low) and int(low) > 99:  # the number of a law, a product
            return match[0]
        if int(high) < int(low) < 100:
            between = self.words.score or between
        return " ".join(f"{match[1]} {between.strip()} {match[2]}".split())

    def _signs(self) -> list[tuple[str, Replacement]]:
        """Powers, and signs that stand alone, before a number or between two words."""
        words = self.words
        names = words.symbols
        some = alternatives(names)
        prefixes = alternatives(key for key in names if key in "~≈±√#§&+=×÷<>≤≥≠№∞−*→←")
        inner = alternatives(key for key in names if key not in "*#§№~∞")
        return [
            (r"(?<=[\w)])([⁻⁺]?[⁰¹²³⁴-⁹]+)", self._power),
            (r"(?<=[\w)])\^\(?(-?\d{1,4})\)?", self._power),
            (rf"(?:(?<=\s)|^)({some})(?=\s|$)", lambda m: names[m[1]]),
            (r"(?:(?<=\s)|^)%(?=\s|$)", self.amounts.name("%")[0]),
            (rf"(?:(?<=[\s(])|^)({prefixes})(?=[\d√(])", lambda m: f"{names[m[1]]} "),
            (rf"(?<=[\w)²³])\s?({inner})\s?(?=[\w(√∞-])", lambda m: f" {names[m[1]]} "),
            (r"(?<=\d)\s?\*\s?(?=\d)", f" {words.times} "),
            (r"(?<=\w)\+\+(?!\w)", f" {words.plus} {words.plus}"),
            (r"\b([CF])#(?!\w)", r"\1 sharp"),
            (r"(?<=\w)\+(?=[\s,.;:!?)]|$)", f" {words.plus}"),
            (rf"({alternatives(key for key in names if key in '√∞§№←→≈≠≤≥÷±')})",
             lambda m: f" {names[m[1]]} "),
        ]  # fmt: skip

    def _power(self, match: Match) -> str:
        """x² is squared, x³ cubed; behind a word a raised figure is the number of a note."""
        exponent = match[1].translate(SUPERSCRIPTS)
        before = re.search(r"(\w+)$", match.string[: match.start()])
        if before and len(before[1]) > 2 and not before[1].isdecimal():
            return f" {exponent}"
        squared, cubed, raised = self.words.powers
        said = {"2": squared, "3": cubed}.get(exponent)
        return f" {said or raised.format(exponent.replace('-', self.words.minus + ' '))}"


@lru_cache(maxsize=len(LOCALES))
def rules(lang: str) -> Rules:
    """The rules of one of LOCALES, in the order they are read."""
    return LocaleRules(LOCALES[lang]).rules()
