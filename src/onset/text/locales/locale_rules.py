"""Numbers, dates, money and units in words: Spanish, French, Hindi, Italian and Portuguese.

Whole numbers stay in figures, which espeak-ng reads. The words are in `data/locales.toml`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from num2words import num2words

from onset.text.rewrite_rules import (
    MAIL,
    URL,
    Match,
    Replacement,
    Rules,
    alternatives,
    compiled,
    is_date,
    spoken_address,
)
from onset.text.word_tables import table

HEAD = r"(?<![\w.,:/@])"  # not inside a longer word or number
TAIL = r"(?![\w/@])(?![.,:-]\d)"
SCALES = (
    "mil|millones|millón|millions?|milliards?|milioni|milione|miliardi|miliardo|milhões|milhão|"
    "bilhões|bilhão|हज़ार|हजार|लाख|करोड़"
)
LIST_ENDS = ("etc.", "ecc.")
"""Abbreviations that may end a sentence; behind a title a capital letter is a name."""


@dataclass(frozen=True, slots=True)
class LocaleRules:
    """How one language writes numbers, and says what it writes: a table of the file."""

    groups: str
    point: str
    months: Sequence[str]
    date: str
    time: str
    whole: str
    to: str
    minus: str
    one: Sequence[str]
    money: str
    of: str
    currencies: Mapping[str, Sequence[str]]
    units: Mapping[str, str]
    symbols: Mapping[str, str]
    address: Mapping[str, str]
    abbreviations: Mapping[str, str]
    first: str = "1"
    ordinal: str | None = None

    def rules(self, lang: str) -> Rules:
        """In the order they are read: a more particular form stands before a more general one."""
        space = self.groups.replace(".", r"\.")
        size = "2,3" if lang == "hi" else "3"
        amount = rf"\d{{1,3}}(?:[{space}]\d{{{size}}})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
        coins, units = alternatives(self.currencies), alternatives(self.units)
        keys = sorted(self.abbreviations, key=len, reverse=True)
        named = r"(?=\s?[A-ZÀ-Ý\d])"  # a short one could be a word or an initial
        short = "|".join(re.escape(key) + named * (len(key) < 3) for key in keys)
        rules: list[tuple[str, Replacement]] = [
            (f"{URL}|{MAIL}", partial(spoken_address, names=self.address)),
            (rf"(?<![\w.])(?:{short})(?!\w)", self._expanded),
            (HEAD + r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})" + TAIL,
             lambda m: self._date(m[0], m[1], m[3], m[4])),
            (HEAD + r"(\d{4})-(\d\d)-(\d\d)" + TAIL,
             lambda m: self._date(m[0], m[3], m[2], m[1])),
            (HEAD + r"(\d{1,2})(?::| ?h ?)([0-5]\d)(?: बजे)?" + TAIL, self._time),
            (rf"(?<!\w)({coins}) ?({amount})(?: ({SCALES})\b)?" + TAIL,
             lambda m: self._money(m[1], m[2], m[3])),
            (HEAD + rf"({amount}) ?({coins})(?!\w)", lambda m: self._money(m[2], m[1])),
            (HEAD + rf"([-−]?)({amount}) ?({units})(?![\w/])", self._unit),
            (HEAD + r"(\d{1,4})[-–](?=\d{1,4}(?![\w-]))", rf"\1 {self.to} "),
            (r"(?<![\w)])[-−](?=\d)", f"{self.minus} "),
            (HEAD + rf"({amount})" + TAIL, lambda m: self._figure(m[0])),
            (r"(?:(?<=\s)|^)[&+=×](?=\s|\d)", lambda m: f"{self.symbols[m[0]]} "),
        ]  # fmt: skip
        if self.ordinal:
            ordinal = HEAD + rf"(\d{{1,4}}){self.ordinal}(?!\w)"
            rules.insert(5, (ordinal, lambda m: num2words(int(m[1]), to="ordinal", lang=lang)))
        return compiled(rules)

    def _expanded(self, match: Match) -> str:
        rest = match.string[match.end() :]
        ends = match[0].endswith(".") and (
            not rest.strip() or (match[0] in LIST_ENDS and re.match(r"\s+[A-ZÀ-Ý¿¡“]", rest))
        )
        return self.abbreviations[match[0]] + "." * bool(ends)

    def _date(self, written: str, day: str, month: str, year: str) -> str:
        """Day before month; what is no date stays."""
        if not is_date(int(day), int(month)):
            return written
        number = self.first if int(day) == 1 else str(int(day))
        return self.date.format(number, self.months[int(month) - 1], year)

    def _time(self, match: Match) -> str:
        if int(match[1]) > 24:
            return match[0]
        hour, minute = str(int(match[1])), int(match[2])
        return self.time.format(hour, minute) if minute else self.whole.format(hour)

    def _split(self, amount: str) -> tuple[str, str]:
        """The whole part without separators, and the digits behind the decimal mark."""
        grouped = re.fullmatch(
            rf"(\d{{1,3}}(?:[{re.escape(self.groups)}]\d\d\d?)+)(?:[.,](\d+))?", amount
        )
        if grouped and len(re.split(r"\D", grouped[1])[-1]) == 3:
            return re.sub(r"\D", "", grouped[1]), grouped[2] or ""
        whole, _, decimals = amount.replace(",", ".").partition(".")
        return whole, decimals

    def _figure(self, amount: str) -> str:
        whole, decimals = self._split(amount)
        if not decimals:
            return whole
        short = len(decimals) < 3 and not decimals.startswith("0")
        return f"{whole} {self.point} {decimals if short else ' '.join(decimals)}"

    def _money(self, symbol: str, amount: str, scale: str | None = None) -> str:
        one, many = self.currencies[symbol]
        if scale:
            return " ".join(f"{self._figure(amount)} {scale} {self.of} {many}".split())
        whole, cents = self._split(amount)
        if len(cents) == 2:
            return " ".join(f"{whole} {one if whole == '1' else many} {self.money} {cents}".split())
        return f"{self._figure(amount)} {one if amount == '1' else many}"

    def _unit(self, match: Match) -> str:
        name = self.units[match[3]]
        if match[2] == "1" and match[3] != "%":
            first, *rest = name.split(" ")
            name = " ".join([re.sub(f"{self.one[0]}$", self.one[1], first), *rest])
        return f"{self.minus + ' ' if match[1] else ''}{self._figure(match[2])} {name}"


LOCALES = {lang: LocaleRules(**words) for lang, words in table("locales").items()}
"""By language. What is missing in a table is refused at import."""


@lru_cache(maxsize=len(LOCALES))
def rules(lang: str) -> Rules:
    """The rules of one of LOCALES, in the order they are read."""
    return LOCALES[lang].rules(lang)
