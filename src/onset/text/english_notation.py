"""English notation in words: addresses, numbers, dates, telephones and abbreviations.

normt2s reads `5 km` and `$3.50`; the rules here hold only what it does not read, or reads wrongly.
"""

import re
from functools import partial

from normt2s import Normalizer
from num2words import num2words

from onset.text.rewrite_rules import (
    EXPLICIT,
    MAIL,
    URL,
    Match,
    compiled,
    is_date,
    rewrite,
    spoken_address,
)
from onset.text.word_tables import table

WORDS = table("english")
MONTHS: list[str] = WORDS["months"]
MONTH = {name[:3]: name for name in MONTHS} | {"Sept": "September"}

HEAD = r"(?<![\w.,:/@-])"  # not inside a longer word or number
TAIL = r"(?![\w/@-])(?![.,:]\d)"


def _digits(match: Match) -> str:
    """A telephone number: digits one by one, groups with a comma between."""
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(" ".join(group) for group in re.findall(r"\d+", match[0]))


def _date(match: Match) -> str:
    """12/05/2024 is December 5 (American order) unless the first number cannot be a month."""
    first, second, year = int(match[1]), int(match[3]), match[4]
    month, day = (second, first) if first > 12 or match[2] == "." else (first, second)
    if not is_date(day, month):
        return match[0]
    if len(year) == 2:
        year = ("20" if int(year) < 70 else "19") + year
    return f"{MONTHS[month - 1]} {day}, {year}"


def _years(match: Match) -> str:
    """1914-1918: both read as years."""
    until = match[2] if len(match[2]) == 4 else match[1][:2] + match[2]
    return f"{num2words(int(match[1]), to='year')} to {num2words(int(until), to='year')}"


def _dots(match: Match) -> str:
    """A version or an IP address: every dot is said."""
    return ("version " if match[1] else "") + match[2].replace(".", " dot ")


_address = partial(spoken_address, names=WORDS["address"])


RULES = compiled([
    # addresses, file names, handles
    (URL, _address),
    (MAIL, _address),
    (r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|ai|edu|gov|uk|de)"
     r"(?:/[^\s<>\"“”()\[\]{}|]*|\b(?![.@]\w))", _address),
    (r"(?<=[A-Za-z0-9]{2})\.(?=[a-z]{2,4}\b)(?=[a-z]{2,4}(?:[^.\w]|$))", " dot "),
    (r"(?<=[a-z]{2})\.(?=[A-Z][a-z])", ". "),
    (r"(?<!\w)@(?=\w)", "at "),
    (r"(?<![\w&])#(?=[^\W\d])", "hashtag "),
    (r"\b([CF])#(?!\w)", r"\1 sharp"),
    (r"(?<=\d)\s?°(?=$|\s|[.,;:!?])", " degrees"),
    # numbers
    (HEAD + r"(?:\+?1[ .-])?\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}" + TAIL, _digits),
    (r"(?<![\w+])\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?![\w-])", _digits),
    (HEAD + r"\d{3}-\d{4}" + TAIL, _digits),
    (HEAD + r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)" + TAIL, _date),
    (HEAD + r"(\d{1,2}):([0-5]\d):([0-5]\d)" + TAIL, r"\1 hours \2 minutes \3 seconds"),
    (r"(?<![\d:])(\d{1,3}):(\d)(?![\d:])", r"\1 to \2"),
    (HEAD + r"([vV]\.?\s?)(\d+(?:\.\d+)+)" + TAIL, _dots),
    (HEAD + r"()(\d+(?:\.\d+){2,})" + TAIL, _dots),
    (HEAD + r"(1[1-9]\d\d|20\d\d)[-–—](1[1-9]\d\d|20\d\d|\d\d)" + TAIL, _years),
    (r"(?<!\w)['’]?([2-9])0['’]?s\b", lambda m: WORDS["decades"][int(m[1]) - 2]),
    (r"([$£€]\d[\d,]*(?:\.\d+)?)\s?(k|K|m|M|bn|b|B|tn)\b",
     lambda m: f"{m[1]} {WORDS['scales'][m[2].lower()]}"),
    (r"\b(?:US|A|C|CA|AU)(?=\$\d)", lambda m: m[0] + " "),
    (HEAD + r"(\d{1,4}%?)[-–—](?=\d{1,4}%?(?![\w-]))", r"\1 to "),
    (r"(\d+)['’]\s?(\d{1,2})(?:[\"”]|['’]{2})", r"\1 foot \2"),
    # abbreviations
    (r"\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\.?(?=\s\d)",
     lambda m: MONTH[m[1]]),
    (r"(?<![Tt]he )\b([1-9]|[12]\d|3[01])(?= (?:" + "|".join(MONTHS) + r")\b(?! \d\d?\b))",
     lambda m: f"the {num2words(int(m[1]), to='ordinal')} of"),
    (r"(\d\w* (?:[A-Z]\w* ){1,2})(St|Ave|Rd|Blvd)\.", lambda m: m[1] + WORDS["streets"][m[2]]),
    (r"(?<!\w)'n'(?!\w)", "and"),
    (r"(?<!\w)'(?=(?:tis|twas|em|cause|til)\b)", ""),  # misaki takes it for a quote
    (r"\bNo\.\s?(?=\d)", "number "),
    (r"(?<!\w)w/(?:(o)\b)?(?=\s|\w|$)", lambda m: "without" if m[1] else "with "),
])  # fmt: skip
"""Read in this order, before normt2s: a more particular form stands before a more general one."""

NOON = re.compile(r"\b([ap]) m\b\.?")


def _normalizer() -> Normalizer:
    """normt2s with the entries that mislead a reader of prose taken out or corrected."""
    normalizer = Normalizer("en", latex="keep")  # `$5 and $6` is money more often than LaTeX
    for key in WORDS["unread"]:
        normalizer.lexicon.remove("abbreviations", key)
    normalizer.lexicon.remove("punctuation", "—")  # the model has a token for it
    normalizer.add_unit("mph", "mile per hour", "miles per hour")
    normalizer.add_unit("rpm", "revolution per minute", "revolutions per minute")
    return normalizer.add_protected(EXPLICIT, opener="[")


NORMALIZER = _normalizer()


def spoken_english(text: str) -> str:
    """A block of English in the words a reader would say."""
    text = NORMALIZER.normalize(" ".join(rewrite(RULES, text).split()))
    return NOON.sub(lambda m: f"{m[1].upper()}.M.", text)  # "a m" would be an article
