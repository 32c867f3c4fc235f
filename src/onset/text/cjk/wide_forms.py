"""Wide and combined characters as the rules know them: ３．５, ㎡, ½, ㊊, Ⅲ, ₂."""

import re
import unicodedata

from onset.text.cjk.numerals import TABLES
from onset.text.rewrite_rules import Match
from onset.text.word_tables import table

BETWEEN_FIGURES = re.compile(r"(?<=\d)[．：](?=\d)|(?<=\d)，(?=[０-９]{3}(?![０-９]))")
"""Wide marks that between figures end no sentence; a wide comma only in a wide number."""

COMBINED = re.compile("[\u3200-\u33ff\u2080-\u209c\u2109\u2113\xbc-\xbe\u2150-\u215e\u2160-\u216b]")
"""Enclosed and squared characters, subscripts, ℉ ℓ, fractions, Roman numerals."""

ABOUT = re.compile(r"(?<![\w~)%°℃℉‰])~(?=[\d$¥€£])")
"""A tilde before an amount, which Markdown would take away."""

NARROW = {"．": ".", "：": ":", "，": ","}


def narrowed(raw: str, lang: str) -> str:
    """Text as it came with these characters apart, if `lang` is Chinese or Japanese.

    Read before any other cleaning, in which some of them would be lost.
    """
    if lang not in TABLES or (raw.isascii() and "~" not in raw):
        return raw
    for character, words in table(TABLES[lang])["written_out"].items():
        raw = raw.replace(character, words)
    raw = BETWEEN_FIGURES.sub(lambda m: NARROW[m[0]], raw).replace("～", "〜")
    return ABOUT.sub("≈", COMBINED.sub(_apart, raw))


def _apart(match: Match) -> str:
    character = match[0]
    if "\u2160" <= character <= "\u216b":
        return str(int(unicodedata.numeric(character)))
    plain = unicodedata.normalize("NFKC", character).replace("\u2044", "/")
    mixed = "/" in plain and match.start() and match.string[match.start() - 1].isdecimal()
    return f" {plain}" if mixed else plain
