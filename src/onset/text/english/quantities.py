"""Quantities with units in English: what normt2s does not know of them, and ranges of them."""

import re

from onset.text.english.number_words import cardinal, pairs
from onset.text.rewrite_rules import Match, alternatives, compiled
from onset.text.word_tables import table

_WORDS = table("english")
UNITS: dict[str, list[str]] = _WORDS["units"]
"""Unit to the names of one and of many: those that normt2s lacks or has otherwise."""

MEASURES: dict[str, list[str]] = _WORDS["measures"]
"""The same behind a fraction, where normt2s reads no unit."""

PER: dict[str, str] = _WORDS["per"]
SCALES: dict[str, str] = _WORDS["scales"]

LETTER_UNITS = {
    "V": ("volt", "volts"),
    "W": ("watt", "watts"),
    "L": ("liter", "liters"),
    "NM": ("nautical mile", "nautical miles"),
}

_BEHIND_MANY = (
    "long|wide|tall|high|deep|thick|of|x|by|in|and|or|is|are|to|apart|away|from|off|on|at|below|"
    "above"
)
"""Behind one of these a measure is in the plural: twelve inches long, but a twelve inch pipe."""

_LENGTHS = r"(?:mm|cm|m|km|in|ft|yd|mi|inch(?:es)?|feet|meters?)"
_ATTACHED = (
    r"(?:%|°[CF]?|[kcm]?m|[kmµ]?g|KG|lbs?|oz|ft|in|mi|yd|[mc]?l|L|hrs?|h|mins?|s|ms|x|[KMG]B|"
    r"[kMG]?Hz|k?W|kWh|V|mph|[°º]|st|nd|rd|th)"
)
_COMPARED = (
    "faster|slower|more|less|better|worse|bigger|larger|smaller|higher|lower|cheaper|stronger|longer|"
    "shorter|greater|as|the"
)
_NUMBER = r"\d[\d,]*(?:\.\d+)?"


def _letter(match: Match) -> str:
    """60 W: units of one letter that could be a direction or an initial elsewhere."""
    one, many = LETTER_UNITS[match[2]]
    return f"{match[1]} {one if match[1] == '1' else many}"


def _feet(match: Match) -> str:
    """5'10": five foot ten."""
    return f"{cardinal(int(match[1]))} foot {cardinal(int(match[2]))}"


def _inches(match: Match) -> str:
    return f"{match[1]} {'inch' if match[1] == '1' else 'inches'}"


def _inch_mark(match: Match) -> str:
    """12": inches, if it does not close a quotation."""
    quoted = False
    for mark in re.finditer('(\\d?)["“”]', match.string[: match.start()]):
        quoted = not quoted and not mark[1]  # behind a number it closes, or is a measure
    if quoted:
        return match[0]
    noun = re.match(rf"\s(?!(?:{_BEHIND_MANY})\b)[a-z]", match.string[match.end() :])
    return f"{match[1]} inch" if noun else _inches(match)


def _part(match: Match) -> str:
    """1/2 tsp; 2 1/2 tsp, which are many."""
    one, many = MEASURES[match[3]]
    return f"{match[1] or ''}{match[2]} {many if match[1] else one}"


FRACTIONS = compiled([
    (r"(?<![\w.,/])([-−]?\d{1,3})\s?([CF])(\s?/\s?)([-−]?\d{1,3})\s?(?!\2)([CF])(?![\w/])",
     r"\1°\2\3\4°\5"),  # 20C/68F
    (rf"(?<![\w.,/-])(\d{{1,3}}(?:\s(?=\d)|(?=[½¼¾⅓⅔⅛⅜⅝⅞])))?(\d{{1,2}}/\d{{1,2}}|[½¼¾⅓⅔⅛⅜⅝⅞])"
     rf"\s?({alternatives(MEASURES)})(?![\w'’/²³&-])", _part),
    (r"(?:(?<=\d/\d)|(?<=\d/\d\d)|(?<=[½¼¾⅓⅔⅛⅜⅝⅞]))\s?in\b\.?(?=\s(?:long|wide|tall|high|deep|thick)"
     r"\b|[,;)]|$)", " inch"),
])  # fmt: skip
"""Read before fractions are."""

RULES = compiled([
    # 12' and 5'10"
    (r"(?<![\w.])(\d+)['’]\s?(\d{1,2})(?:[\"”]|['’]{2})", _feet),
    (r"(?<![\w.\"“])(\d+(?:\.\d+)?)[\"”](?=\s[a-z]|[,;]|$)", _inch_mark),
    (rf"(?<![\w.])({_NUMBER})['’]\s?[x×]\s?(?=\d+['’])", r"\1 feet by "),
    (rf"(?<=\bby )({_NUMBER})['’](?!\w)", r"\1 feet"),
    # dimensions
    (r"(?<![\w.])([1-9]\d{2,3})\s?[x×]\s?([1-9]\d{2,3})(?![\w.])",
     lambda m: f"{pairs(m[1])} by {pairs(m[2])}"),
    (rf"(?<![\w.])({_NUMBER})[x×](?=\s(?:{_COMPARED})\b)", r"\1 times"),
    (rf"(?<![\w.])(?!0x)({_NUMBER}(?:\s?{_LENGTHS})?)\s?x\s?(?=\d)", r"\1 by "),
    (rf"(?<![\w.])({_NUMBER}\s?{_LENGTHS})\s?[x×]\s?(?=\d)", r"\1 by "),
    (rf"(\bft|\bfeet|\bfoot)\.?\s({_NUMBER})\s?in\b\.?", r"\1 \2 inches"),
    (rf"(?<![\w.])({_NUMBER})\s?in\b\.?(?=\s(?:x|by|long|wide|tall|high|deep|thick|of\s(?:rain|snow))"
     r"\b|[,;)]|$)", _inches),
    (r"(?<![\w.,-])(\d+\.\d+)\s?s\b(?!['’])", r"\1 seconds"),
    (r"(?:^|(?<=[:=(]\s)|(?<=[:=(]))(\d?[1-9])s(?=$|[),.;])", r"\1 seconds"),
    (r"\b((?:in|for|after|wait|waits|every|within|another|lasts|took|takes)\s(?!\d0s)\d{1,3})s\b"
     r"(?!['’])", r"\1 seconds"),
    # ranges
    (r"\b([A-Z])(\d{1,3})[-–](?=\1\d)", r"\1\2 to "),
    (rf"(?<![\w.,:/@-])({_NUMBER})\s?[-–—]\s?(?={_NUMBER}\s?{_ATTACHED}(?![\w/-]))", r"\1 to "),
    (rf"(?<![\w.,:/@-])({_NUMBER}\s?{_ATTACHED})\s?[-–—]\s?(?={_NUMBER}\s?{_ATTACHED}(?!\w))",
     r"\1 to "),
    (rf"(?<![\w.,:/@-])({_NUMBER})[-–—](?={_NUMBER}(?![\w/@-])(?![.,:]\d))", r"\1 to "),
    (rf"(?<![\w.,:/@-])({_NUMBER})\s[–—]\s(?={_NUMBER}(?![\w/@-])(?![.,:]\d))", r"\1 to "),
    (r"(?<![\w-])(A(?=-Z)|[A-Z](?=–))[-–](?=[A-Z](?![\w'’&-]))|\b(a)[-–](?=z\b)",
     lambda m: f"{m[1] or m[2]} to "),
    # abbreviations with a full stop, which is not the sentence's
    (rf"(?<![\w.])({_NUMBER}\s?(?:min|hr|hrs|sec|lbs?|oz|ft|yd|mi|gal|qt|pt|tsp|tbsp|in|kg|cm|mm|km))"
     r"\.(?=\s?[a-z,;)])", r"\1"),
    (r"\bsq\.?\s(?=(?:miles?|feet|foot|meters?|yards?|inch(?:es)?|kilometers?|acres?)\b)",
     "square "),
    (r"\bsq\.?\s?(ft|mi|m|km|in|yd|cm)\b\.?", r"\1²"),
    (r"\bcu\.?\s?(ft|mi|m|in|yd|cm)\b\.?", r"\1³"),
    (r"(?<![\w.,-])(\d[\d.,]*)\s?(V|W|L|NM)(?![\w'’&/-]|\s[A-Z\d])", _letter),
    # counted by the thousand
    (r"(?<![\w.,$£€])((?:\d{2,3}|\d+\.\d+)(?=K)|\d[\d.,]*(?=[MB]))([KMB])(?=\s[a-z]+s\b)",
     lambda m: f"{m[1]} {SCALES[m[2].lower()]}"),
    # per
    (rf"(?<=\d)\s?/\s?({alternatives(PER)})(?![\w/])", lambda m: f" per {PER[m[1]]}"),
])  # fmt: skip
"""Ranges before units; the units themselves are read by normt2s."""
