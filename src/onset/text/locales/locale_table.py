"""The table of one language in `data/locales.toml`: all that tells it from the other ones.

A name that may be counted is written "singular|plural". A new language is a new table.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from onset.text.word_tables import table

NOTATION = table("notation")
"""What all languages write alike: endings of domains and files, other spellings of units."""

LIST_ENDS = ("etc.", "ecc.")
"""Abbreviations that may end a sentence; behind a title a capital letter is a name."""


@dataclass(frozen=True)
class LocaleTable:
    """How one language writes numbers, and says what it writes. The file explains each field."""

    lang: str
    groups: str
    point: str
    months: Sequence[str]
    short_months: Sequence[str]
    weekdays: Mapping[str, str]
    day: str
    year: str
    time: str
    whole: str
    seconds: str
    to: str
    minus: str
    plus: str
    times: str
    fold: str
    extension: str
    version: str
    one: Sequence[str]
    money: str
    of: str
    per: str
    square: str
    cubic: str
    currencies: Mapping[str, str]
    scales: Mapping[str, str]
    units: Mapping[str, str]
    symbols: Mapping[str, str]
    powers: Sequence[str]
    address: Mapping[str, str]
    abbreviations: Mapping[str, str]
    over: str
    mixed: str
    spelled: str
    first: str = "1"
    score: str = ""
    ratio: str = ""
    dates: str = ""
    articles: str = ""
    pairs: bool = True
    grouped_telephone: bool = False
    degree_ordinal: bool = False
    roman: str = ""
    roman_limit: int = 0
    regnal: str = ""
    queens: str = ""
    clock: str = ""
    nouns: str = ""
    mends: Mapping[str, str] = field(default_factory=dict)
    vulgar: Mapping[str, str] = field(default_factory=dict)
    roman_words: str = ""
    roman_behind: str = ""
    roman_behind_feminine: str = ""
    century: str = ""
    year_words: str = ""
    elided: str = ""
    ids: Sequence[str] = ()
    hours: Mapping[str, str] = field(default_factory=dict)
    minutes: Mapping[str, str] = field(default_factory=dict)
    day_parts: Sequence[str] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    ordinals: Mapping[str, str] = field(default_factory=dict)
    ordinal_suffixes: Mapping[str, str] = field(default_factory=dict)
    ordinal_words: Mapping[str, str] = field(default_factory=dict)
    ordinal_mends: Mapping[str, str] = field(default_factory=dict)
    feminine_endings: Mapping[str, str] = field(default_factory=dict)
    short_ordinals: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    part_plural: Sequence[str] = ("", "s")
    small_part: str = ""
    halves: Sequence[str] = ()
    mixed_halves: Sequence[str] = ()
    feminine: str = ""
    masculine: str = ""
    feminine_numbers: Mapping[str, str] = field(default_factory=dict)
    short_numbers: Mapping[str, str] = field(default_factory=dict)
    large: Mapping[str, str] = field(default_factory=dict)
    postal: str = ""
    prose: str = ""
    counted: str = ""
    letters: str = ""
    address_words: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def names(self) -> Mapping[str, tuple[str, str]]:
        """Singular and plural of each unit, other spellings of it included."""
        named = {key: forms(name) for key, name in self.units.items()}
        aliases = NOTATION["unit_aliases"].items()
        return named | {key: named[unit] for key, unit in aliases if unit in named} | named

    @cached_property
    def shortened(self) -> frozenset[str]:
        """All that is written short, as written and in small letters, without the full stop."""
        months = [name for names in self.short_months for name in names.split("|") if name]
        keys = [*self.abbreviations, *self.references, *self.weekdays, *months]
        parts = " ".join(keys).split()
        return frozenset(part.removesuffix(".") for part in [*parts, *map(str.lower, parts)])

    @cached_property
    def amount(self) -> str:
        """A pattern for a number, with or without groups and decimals."""
        space = re.escape(self.groups)
        size = "2,3" if self.groups == "," else "3"
        return (
            rf"\d{{1,3}}(?:[{space}]\d{{{size}}})+(?!\d)(?:[.,]\d+)?"
            r"|\d{1,3}(?:,\d{3})+\.\d{1,2}(?!\d)"
            r"|\d{1,3}(?:,\d{3}){2,}(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?"
        )


def forms(name: str) -> tuple[str, str]:
    """Singular and plural: "euro|euros"; a name without a mark is both."""
    one, _, many = name.partition("|")
    return one, many or one


class LocaleTables(Mapping[str, LocaleTable]):
    """The tables by language, read when the first is asked for: 35 ms that English does not need.

    What is missing in a table, and what no field is for, is refused then.
    """

    LANGUAGES = ("es", "fr", "hi", "it", "pt-br")

    @cached_property
    def _tables(self) -> Mapping[str, LocaleTable]:
        return {lang: LocaleTable(lang, **words) for lang, words in table("locales").items()}

    def __getitem__(self, lang: str) -> LocaleTable:
        return self._tables[lang]

    def __contains__(self, lang: object) -> bool:
        return lang in self.LANGUAGES

    def __iter__(self) -> Iterator[str]:
        return iter(self.LANGUAGES)

    def __len__(self) -> int:
        return len(self.LANGUAGES)


LOCALES = LocaleTables()
