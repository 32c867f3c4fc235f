"""English notation in words: each kind by its own rules, then normt2s for what is left.

normt2s reads `5 km`, `the 21st` and `3 × 4`; the rules hold only what it does not read, or reads
wrongly.
"""

import re

from normt2s import Normalizer
from normt2s.langs.en import English

from onset.text.english import (
    abbreviations,
    dates_and_times,
    identifiers,
    likely_years,
    money,
    quantities,
    roman_numerals,
    signs,
)
from onset.text.rewrite_rules import Match, Rules, compiled, rewrite
from onset.text.word_tables import table

WORDS = table("english")

FIRST = compiled([
    (r"(?:(?<=\s)|^)\+(?=\d{1,6}\s?[½¼¾⅓⅔])", "plus "),
    # 1.234,56 as it is written in much of Europe
    (r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+),(\d\d)(?![\d.,])",
     lambda m: f"{m[1].replace('.', ',')}.{m[2]}"),
    (r"(?<!\w)((?:1[5-9]|20)\d0|['’][2-9]0)S\b", r"\1s"),
    (r"(?<![\d.,])(\d{1,4}),(\d\d)(?=\s?€)", r"\1.\2"),
    (r"([$€£]\s?\d{1,4}),(\d\d)(?![\d,.]\d|\d)", r"\1.\2"),
])  # fmt: skip

LAST = compiled([
    (r"(?<=[a-z])\s?%(?!\w)", " percent"),
    (rf"\b((?:{WORDS['books']})\s\d{{1,3}}):(\d{{1,3}})", r"\1 \2"),
    (r"(?<!\w)([1-9]\d{0,2}):(\d)(?![\d:])", r"\1 to \2"),
    (r"(?<=[a-z%])(\s(?:hundred|thousand|million|billion|trillion))?[-–—](?=\d)", r"\1-"),
])  # fmt: skip


def _normalizer() -> Normalizer:
    """normt2s with the entries that mislead a reader of prose taken out or corrected."""
    normalizer = Normalizer(English(), latex="keep")  # `$5 and $6` is money more often than LaTeX
    for key in WORDS["unread"]:
        normalizer.lexicon.remove("abbreviations", key)
    normalizer.lexicon.remove("punctuation", "—")  # the model has a token for it
    for unit, (one, many) in quantities.UNITS.items():
        normalizer.add_unit(unit, one, many)
    return normalizer


NORMALIZER = _normalizer()


POINT_MEASURE = r"(?<![\w.,)])\.\d+\s?[A-Za-z°%µ][A-Za-z/²³°]*"


def _point_measure(match: Match) -> str:
    """.5kg keeps its point, and has its unit read."""
    return str(NORMALIZER.normalize("0" + match[0])).removeprefix("zero ")


RULES: Rules = [
    *FIRST,
    *quantities.FRACTIONS,
    *identifiers.ADDRESSES,
    *abbreviations.RULES,
    *money.RULES,
    *dates_and_times.RULES,
    *likely_years.RULES,
    *identifiers.CODES,
    *signs.SIGNS,
    (re.compile(POINT_MEASURE), _point_measure),
    *signs.NUMBERS,
    *quantities.RULES,
    *roman_numerals.RULES,
    *LAST,
]
"""Read in this order: what has a shape of its own before what is only a number with a sign."""

NOON = re.compile(r"\b([ap]) m\b\.?")


def spoken_english(text: str, british: bool = False) -> str:
    """A block of English in the words a reader would say. british: 7/3/2024 is in March."""
    if british:
        text = rewrite(dates_and_times.BRITISH, text)
    text = NORMALIZER.normalize(" ".join(rewrite(RULES, text).split()))
    return NOON.sub(lambda m: f"{m[1].upper()}.M.", text)  # "a m" would be an article
