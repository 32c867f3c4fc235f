"""Wide and combined characters as the rules know them: ３．５, ㎡, ½, ㊊, Ⅲ, ₂."""

import re
import unicodedata

from onset.text.cjk.cjk_numerals import TABLES
from onset.text.rewrite_rules import Match
from onset.text.word_tables import table

BETWEEN_FIGURES = re.compile(r"(?<=\d)[．：](?=\d)|(?<=\d)，(?=[０-９]{3}(?![０-９]))")
"""Wide marks that between figures end no sentence; a wide comma only in a wide number."""

COMBINED = re.compile("[\u3200-\u33ff\u2080-\u209c\u2109\u2113\xbc-\xbe\u2150-\u215e]")
"""Enclosed and squared characters, subscripts, ℉ ℓ, fractions."""

NUMBERS = "\u2160-\u216b\u2170-\u217b\u2460-\u249b\u2776-\u2793"
NUMBERED = re.compile(rf"(?P<before>(?<=[\d{NUMBERS}]))?[{NUMBERS}](?P<after>(?=\d))?")
"""Roman numerals and numbers in circles, brackets or with a full stop: Ⅲ, ①, ⒈."""

ABOUT = re.compile(r"(?<![\w~)%°℃℉‰])~(?=[\d$¥€£])")
"""A tilde before an amount, which Markdown would take away."""

NARROW = {"．": ".", "：": ":", "，": ","}

OTHERWISE = [
    (re.compile(r"(?<=\d)[ー―](?=\d)"), "-"),
    (re.compile(r"(?<=[kKMG][Ww])[·・•](?=h)"), ""),
    (re.compile("～"), "〜"),
    (re.compile(r"(?<=\d)\s?[º˚](?=[CFＣＦ]?(?![A-Za-z]))"), "°"),
    (re.compile("↔\ufe0f?"), "⇔"),
]
"""Characters typed for others: a long vowel for a hyphen; an arrow that emoji have too."""


def narrowed(raw: str, lang: str) -> str:
    """Text as it came with these characters apart, if `lang` is Chinese or Japanese.

    Read before any other cleaning, in which some of them would be lost.
    """
    if lang not in TABLES or (raw.isascii() and "~" not in raw):
        return raw
    for character, words in table(TABLES[lang])["written_out"].items():
        raw = raw.replace(character, words)
    raw = BETWEEN_FIGURES.sub(lambda m: NARROW[m[0]], raw)
    for pattern, other in OTHERWISE:
        raw = pattern.sub(other, raw)
    return ABOUT.sub("≈", COMBINED.sub(_apart, NUMBERED.sub(_number, raw)))


def _number(match: Match) -> str:
    """With a space to other figures: ①② are two numbers."""
    number = str(int(unicodedata.numeric(match[0])))
    return " " * (match["before"] is not None) + number + " " * (match["after"] is not None)


def _apart(match: Match) -> str:
    plain = unicodedata.normalize("NFKC", match[0]).replace("\u2044", "/")
    mixed = "/" in plain and match.start() and match.string[match.start() - 1].isdecimal()
    return f" {plain}" if mixed else plain
