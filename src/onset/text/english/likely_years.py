"""Years that no month tells: (Smith, 1998), by 1850, a 1967 car.

A number of four digits without a comma that counts nothing is a year.
"""

from onset.text.english.number_words import year
from onset.text.rewrite_rules import Match, compiled

YEAR = r"(1[1-9]\d\d|20\d\d)"
LIKELY = r"(1[5-9]\d\d|20[0-4]\d)"
"""Years of which people write without telling that they are years."""

ABOUT = r"(?:(?:about|around|circa|c\.|ca\.)\s)?"

QUANTITIES = "total population distance sum average maximum minimum number height capacity".split()

BEFORE = "".join(rf"(?<!{word} )" for word in QUANTITIES) + (
    r"((?:(?<!\w)[(\[]|\b(?:(?i:in|of|by|since|about|around|circa|before|after|until|till|during|"
    r"throughout|the|an?|this)|Cup|Olympics|Games|Act|Census|Expo|Championships?)\s))"
)
"""What stands before a year, and not behind a word for a quantity."""

UNIT = (
    r"\s?(?:km|cm|mm|m|kg|g|mg|ml|l|L|W|kW|V|Hz|MHz|GHz|MB|GB|TB|ft|in|lbs?|mi|mph|rpm|kcal|cal|"
    r"ms|s|h|x|USD|EUR)\b"
)
COUNTED = (
    r"\s(?!(?:was|has|is|his|its|as|this|series)\b|[a-z]*(?:ss|sis|us)\b)"
    r"(?:[a-z]+s|people|men|women|children|feet|percent|million|times|calorie|or|more|out|fewer|"
    r"of)\b"
)
AFTER = rf"(?![\w%°/–—-]|[.,:]\d|{UNIT}|{COUNTED})"
"""What does not stand behind a year: a unit, a plural, a part of a longer number."""


def _span(match: Match) -> str:
    """From about 1493 to 1479."""
    return f"{match[1]}{year(int(match[2]))}{match[3]}{year(int(match[4]))}"


RULES = compiled([
    (rf"\b((?:from|between)\s{ABOUT}){YEAR}(\s(?:to|and|until|through)\s{ABOUT}){YEAR}"
     r"(?![\w.,%/-]\w)", _span),
    (rf"\b((?:from|between)\s{ABOUT}){YEAR}(?=\s(?:to|and|until|through)\s(?:[a-z]+-)+[a-z]+\b|"
     r"\s(?:to|and)\s[a-z]+teen\s)", lambda m: m[1] + year(int(m[2]))),
    (rf"(?<=[A-Za-z],\s){LIKELY}(?=[;)]|\.?$|\.\s)", lambda m: year(int(m[1]))),
    (rf"\b((?:was|is|['’]s)\s){LIKELY}(?=\s?(?:[,;!?]|\.?$|\.\s))",
     lambda m: m[1] + year(int(m[2]))),
    (rf"{BEFORE}{LIKELY}{AFTER}", lambda m: m[1] + year(int(m[2]))),
])  # fmt: skip
