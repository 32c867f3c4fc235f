"""Signs with a meaning, in words: those between operands, before a word, and anywhere."""

from onset.text.cjk.cjk_numerals import CJK, HanNumerals, Pairs
from onset.text.rewrite_rules import alternatives

QUOTING = (">", "+", "*", "#")
"""At a line's beginning these are a quotation, an item, a heading."""


def sign_rules(numerals: HanNumerals) -> Pairs:
    """Read last, when numbers are words already; the text beside a sign tells what it is."""
    words = numerals.words
    operators, always, prefixes = words["operators"], words["signs"], words["prefixes"]
    alone = {"−": words["minus"], **prefixes, **operators}
    later = alternatives(key for key in alone if key not in QUOTING)
    left, plus = rf"(?<=[A-Za-z0-9{CJK})%²³°])\s?", words["plus"]
    return [
        (r"(?<=[A-Za-z])\+\+", plus * 2),
        (r"(?<![A-Za-z])([A-GJ])#(?![A-Za-z0-9])", rf"\1{words['sharp']}"),
        (rf"{left}({alternatives(operators)})\s?(?=[\w(√±∞-])", lambda m: operators[m[1]]),
        (r"(?<=\w)\+(?![\w+])|(?<![\w+])\+(?=\w)", plus),
        (r"([§№@])\s?(?=\w)|(#)(?=\w)", lambda m: prefixes[m[1] or m[2]]),
        (rf"(?:(?<=\s){alternatives(alone)}|^(?:{later}))(?=\s|$)", lambda m: alone[m[0]]),
        (alternatives(always), lambda m: always[m[0]]),
    ]
