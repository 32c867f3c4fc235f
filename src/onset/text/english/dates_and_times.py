"""English dates, weekdays, years, times of day and durations."""

import re

from onset.text.english.full_stops import kept_stop
from onset.text.english.number_words import cardinal, counted, ordinal, year
from onset.text.rewrite_rules import Match, compiled, is_date
from onset.text.word_tables import table

_WORDS = table("english")
MONTHS: list[str] = _WORDS["months"]
WEEKDAYS: list[str] = _WORDS["weekdays"]

MONTH = (
    r"(?:(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b)"
)
DAY = r"(?:0?[1-9]|[12]\d|3[01])"
YEAR = r"(?:1\d{3}|20\d\d|21\d\d)"
NTH = r"(?:st|nd|rd|th)"
DASH = r"\s?[-–—]\s?"
WEEKDAY = r"(?:Mon|Tues?|Weds?|Thu(?:rs?)?|Fri|Sat|Sun)(?:day|nesday|rsday|urday|sday)?\b"
CLOCK = r"\d{1,2}(?:[:.][0-5]\d)?"
HALF = r"\s?[AaPp]\.?\s?[Mm]\b\.?"

WHOLE = {"may", "june", "july", "march", "april"}
"""Short names of months that are no abbreviations."""

VERBS = {"may", "march", "mar"}
"""Months that are words too; in small letters they are months only beside a year or an ordinal."""


def _month(written: str) -> str:
    """The name of a month, from its first three letters."""
    return next(name for name in MONTHS if name[:3].lower() == written[:3].lower())


def _weekday(written: str) -> str:
    return next(name for name in WEEKDAYS if name[:2] == written[:2])


def _stop(match: Match, name: str) -> str:
    """The full stop behind the last name of a month or a day, where it ends a sentence."""
    short = len(name) <= 5 and not name.endswith("day") and name.lower() not in WHOLE
    return kept_stop(match, abbreviated=short)


def _month_day(match: Match) -> str:
    """Jan. 15, 2020."""
    name, day, nth, comma_year, told = match.groups()
    if name in VERBS and not (nth or told):
        return match[0]
    behind = f", {year(int(told))}" if told else comma_year or ""
    return f"{_month(name)} {ordinal(int(day))}{behind}"


def _month_days(match: Match) -> str:
    """March 10-12."""
    name, first, last, told = match.groups()
    words = f"{_month(name)} {ordinal(int(first))} to {ordinal(int(last))}"
    return words + (f", {year(int(told))}" if told else "")


def _days_month(match: Match) -> str:
    """5-7 May 2023."""
    first, last, name, told = match.groups()
    words = f"the {ordinal(int(first))} to the {ordinal(int(last))} of {_month(name)}"
    return words + (f" {year(int(told))}" if told else "")


def _day_month(match: Match) -> str:
    """17 may 2010, the 25th of Dec."""
    the, day, nth, name, comma, told = match.groups()
    if name in VERBS and not told and not (nth and match.end() == len(match.string)):
        return match[0]
    behind = f"{comma} {year(int(told))}" if told else _stop(match, name)
    return f"{the or 'the '}{ordinal(int(day))} of {_month(name)}{behind}"


def _month_year(match: Match) -> str:
    before, name, told = match.groups()
    if name in VERBS and not before:
        return match[0]
    return f"{before or ''}{_month(name)} {year(int(told))}"


def _iso(match: Match) -> str:
    """2024-02-29, with T10:30:00Z or without."""
    whole_year, _, month, day, hour, minute, second, zone = match.groups()
    words = f"{MONTHS[int(month) - 1]} {ordinal(int(day))}, {year(int(whole_year))}"
    if hour is None:
        return words
    words += f", {int(hour)}:{minute}"
    if int(second or 0):
        words += f" and {counted(int(second), 'second')}"
    return words + (_zone(zone) if zone else "")


def _zone(written: str) -> str:
    """Z, +02:00: hours before or behind universal time."""
    if written == "Z":
        return " UTC"
    sign = "plus" if written[0] == "+" else "minus"
    minutes = int(written[-2:])
    return f" UTC {sign} {cardinal(int(written[1:3]))}" + f" {cardinal(minutes)}" * (minutes > 0)


def _iso_month(match: Match) -> str:
    """2024-05: a month, if it cannot be a second year."""
    first, month = match[1], match[2]
    if int(month) > int(first) % 100:
        return match[0]
    return f"{MONTHS[int(month) - 1]} {year(int(first))}"


def _date(match: Match) -> str:
    """12/05/2024 is December 5 (American order) unless the first number cannot be a month."""
    first, second, told = int(match[1]), int(match[3]), match[4]
    month, day = (second, first) if first > 12 or match[2] == "." else (first, second)
    if not is_date(day, month):
        return match[0]
    if len(told) == 2:
        told = ("20" if int(told) < 70 else "19") + told
    return f"{MONTHS[month - 1]} {ordinal(day)}, {year(int(told))}"


def _british_date(match: Match) -> str:
    """7/3/2024 is the seventh of March unless the second number cannot be a month."""
    day, month, told = int(match[1]), int(match[3]), match[4]
    if not is_date(day, month):
        return match[0]
    if len(told) == 2:
        told = ("20" if int(told) < 70 else "19") + told
    return f"the {ordinal(day)} of {MONTHS[month - 1]} {year(int(told))}"


def _british_day(match: Match) -> str:
    """On 2/11, where the words before it tell that it is a date."""
    day, month = int(match[2]), int(match[3])
    said = f"{match[1]}the {ordinal(day)} of {MONTHS[month - 1]}"
    return said if is_date(day, month) else match[0]


def _short_date(match: Match) -> str:
    """2/22, where the words before it tell that it is a date."""
    month, day = int(match[2]), int(match[3])
    return f"{match[1]}{MONTHS[month - 1]} {ordinal(day)}" if is_date(day, month) else match[0]


def _years(match: Match) -> str:
    """1914-1918, 1914-18: both read as years."""
    first, last = match[1], match[2]
    until = last if len(last) == 4 else first[:2] + last
    if int(until) <= int(first):
        return match[0]
    return f"{year(int(first))} to {year(int(until))}"


def _season(match: Match) -> str:
    """2004/05, 2006/2007: two years that follow each other."""
    first, last = int(match[1]), match[2]
    if int(last) % 100 != (first + 1) % 100:
        return match[0]
    second = year(int(last)) if len(last) == 4 or last[0] == "0" else cardinal(int(last))
    return f"{year(first)}, {second.replace('zero', 'oh')}"


def _decade(match: Match) -> str:
    return str(_WORDS["decades"][int(match[1]) - 2])


def _quarter(match: Match) -> str:
    """2Q22: the second quarter of twenty-two."""
    number, kind, told = match.groups()
    name = "quarter" if kind == "Q" else "half"
    return f"the {ordinal(int(number))} {name} of {cardinal(int(told))}"


def _era(match: Match) -> str:
    """340 A.D."""
    letters = re.sub(r"[\s.]", "", match[2])
    return f"{year(int(match[1]))} {letters}{kept_stop(match)}"


def _weekdays(match: Match) -> str:
    """Mon-Fri; Sat & Sun; Mon/Wed/Fri."""
    words = re.sub(WEEKDAY + r"\.?", lambda m: _weekday(m[0]), match[0])
    words = re.sub(r"\s?[-–—]\s?", " to ", words)
    words = re.sub(r"\s?/\s?", ", ", words.replace("&", "and"))
    return words + _stop(match, re.findall(r"\w+", match[0])[-1])


def _duration(match: Match) -> str:
    """10:30:15; 3h 20m; 1h30: the groups are hours, minutes, seconds, where they are told."""
    named = zip(match.groups(), ("hour", "minute", "second"), strict=True)
    return " ".join(counted(int(number), name) for number, name in named if number is not None)


def _exact_clock(match: Match) -> str:
    """12:30:15 pm is a time of day."""
    seconds = f" and {counted(int(match[2]), 'second')}" if int(match[2]) else ""
    return match[1] + seconds + match[3]


def _half_day(match: Match) -> str:
    """am, PM, p.m. as normt2s knows it."""
    return f"{match[1].replace('.', ':')} {match[2].lower()}.m."


_ON = (
    r"\b((?:[Oo]n|[Bb]y|[Uu]ntil|[Bb]efore|[Aa]fter|[Ss]ince|[Dd]ue|[Ff]rom|[Dd]ated?|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day),?\s\(?)"
)

FIGURES = r"(?<![\w.,:/@-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)(?![\w/@-])(?![.,:]\d)"
"""A date in figures, in any order."""

DAY_AND_MONTH = r"(\d{1,2})/(\d{1,2})(?![\w/-]|\.\d)"

BRITISH = compiled([(FIGURES, _british_date), (_ON + DAY_AND_MONTH, _british_day)])
"""Dates whose day stands first; read before RULES."""

RULES = compiled([
    # weekdays
    (rf"(?<!\w){WEEKDAY}\.?(?:\s?(?:[-–—/&,]|\band\b|\bto\b|\bthru\b)\s?{WEEKDAY}\.?)+", _weekdays),
    (r"(?<!\w)(Mon|Tues?|Weds?|Thurs?|Fri)\.(?!\w)", lambda m: _weekday(m[1]) + kept_stop(m)),
    (rf"(?<!\w)(Mon|Tues?|Weds?|Thu(?:rs?)?|Fri|Sat|Sun|Tu|Th)\b\.?"
     rf"(?=,?\s\(?(?:the\s)?(?:{MONTH}|\d))", lambda m: _weekday(m[1])),
    # dates in figures
    (rf"(?<![\w./-])({YEAR})([-/.])(0?[1-9]|1[0-2])\2({DAY})(?:T([01]?\d|2[0-4]):([0-5]\d)"
     r"(?::([0-5]\d))?(Z|[+-]\d\d:?\d\d)?)?(?![\w/-]|[.:]\d)", _iso),
    (FIGURES, _date),
    (r"(?<![\w./-])((?:19|20)\d\d)[-/](0[1-9]|1[0-2])(?![\w/-]|[.:]\d)", _iso_month),
    (r"(?<![\w.,:/@-])(?:(0[1-9])[-/]|(1[0-2])/)((?:19|20)\d\d)(?![\w/@-])(?![.,:]\d)",
     lambda m: f"{MONTHS[int(m[1] or m[2]) - 1]} {year(int(m[3]))}"),
    (_ON + DAY_AND_MONTH, _short_date),
    # dates with the month's name
    (rf"\b(?-i:(?=[A-Z]))({MONTH})\s(?=\d{{1,3}}(?:\s?[°%¢]|[.,]\d))", r"\1, "),  # "May 20°C"
    (rf"(?<!\w)({MONTH}\.?\s{DAY}{NTH}?(?:,?\s{YEAR})?){DASH}(?={MONTH})", r"\1 to "),
    (rf"(?<![\w.])({DAY}{NTH}?\s{MONTH}\.?){DASH}(?={DAY}{NTH}?\s{MONTH})", r"\1 to "),
    (rf"(?<!\w)(?-i:(?=[A-Z]))({MONTH})\.?{DASH}(?=[A-Z])({MONTH})\.?",
     lambda m: f"{_month(m[1])} to {_month(m[2])}{_stop(m, m[2])}"),
    (rf"(?<!\w)({MONTH})\.?\s({DAY}){NTH}?{DASH}({DAY}){NTH}?(?:,?\s({YEAR}))?(?![\w%:/-]|"
     rf"[.,]\d)", _month_days),
    (rf"(?<![\w.,/:$<>~-])({DAY}){NTH}?{DASH}({DAY}){NTH}?\s(?=[A-Z])({MONTH})\.?(?:,?\s({YEAR}))?(?![\w%:/-])",
     _days_month),
    (rf"(?<!\w)({MONTH})\.?[\s-]\s?({DAY})({NTH})?(?:(,?)\s(?!\d+:\d)({YEAR}))?"
     r"(?![\w%/°¢-]|[.,:]\d)", _month_day),
    (rf"(?<![\w.,/:$<>~-])([Tt]he\s)?({DAY})({NTH})?[\s-](?:of\s)?({MONTH})\.?"
     rf"(?:(,?)[\s-]({YEAR})(?![\d%]))?(?!\s\d\d?\b)(?!\w)", _day_month),
    (rf"(?<!\w)((?:in|since|of|by|until|from|to|before|after|during|early|late|mid)\s)?({MONTH})"
     rf"\.?,?\s(?:of\s)?({YEAR})(?![\w%/-]|[.,:]\d)", _month_year),
    # durations
    (r"(?<![\w.,])(\d{1,3})\s?h(?:rs?)?\.?\s?(\d{1,2})(?:\s?m(?:ins?)?\.?)?"
     r"(?:\s(\d{1,2})\s?s(?:ecs?)?)?(?![\w%:/]|\.\d)", _duration),
    (r"(?<![\w.,])()(\d{1,3})\s?m(?:ins?)?\.?\s?(\d{1,2})\s?s(?:ecs?)?(?!\w)",
     lambda m: f"{counted(int(m[2]), 'minute')} {counted(int(m[3]), 'second')}"),
    # years
    (r"(?<![\w.,:/@-])(1[5-9]\d\d|20\d\d)/(\d\d|1[5-9]\d\d|20\d\d)(?![\w/@-])(?![.,:]\d)", _season),
    (r"^(1\d\d\d|20\d\d)(?=\s(?:was|saw|is|will|has|had|marked|began)\b)",
     lambda m: year(int(m[1]))),
    (rf"(?<![\w.,:/@-])(1[1-9]\d\d|20\d\d){DASH}(1[1-9]\d\d|20\d\d|\d\d)(?![\w/@-])(?![.,:]\d)",
     _years),
    (r"(?<![\w.,:/@-])(1[5-9]\d\d|20\d\d)[-–—](?=present\b|now\b|today\b)",
     lambda m: year(int(m[1])) + " to "),
    (r"(\(\s?(?:c\.\s|ca\.\s|circa\s)?|©\s?)(1[1-9]\d\d|20\d\d)(?=\s?[),;])",
     lambda m: m[1] + year(int(m[2]))),
    (r"(©\s?|\b(?:est\.|[Ee]stablished|[Ff]ounded|[Cc]opyright|(?:[Ss]ummer|[Ss]pring|[Ff]all|[Aa]utumn"
     r"|[Ww]inter)(?:\sof)?|et\sal\.,?|[Cc]lass\sof|[Ee]arly|[Ll]ate|[Mm]id|[Yy]ear|[FC]Y|[QH][1-4]|[Vv]intage|[Bb]orn|[Dd]ied|[Mm]arried|[Rr]eleased|[Pp]ublished|"
     r"c\.|ca\.|[Cc]irca)\s?)(1[1-9]\d\d|20\d\d)(?![\w%/-]|[.,:]\d)",
     lambda m: f"{m[1].rstrip()} {year(int(m[2]))}"),
    (rf"((?:1[5-9]|20)\d0s|(?<!\w)['’]?[2-9]0['’]?s){DASH}(?=(?:(?:1[5-9]|20)\d|['’]?[2-9])0['’]?s\b)",
     r"\1 to "),
    (r"(?<!\w)['’]?([2-9])0['’]?s\b", _decade),
    (r"(?<!\w)([1-4])([QH])(?:20)?(\d\d)(?!\w)", _quarter),
    (r"(?<![\w.,])(\d{1,4})\s?(A\.?\s?D\b\.?|B\.?\s?C(?:\.?\s?E)?\b\.?|C\.?E\b\.?)", _era),
    (r"\bA\.?D\.?\s(\d{1,4})\b", lambda m: f"AD {year(int(m[1]))}"),
    # times of day
    (rf"(?<![\w.,:-])({CLOCK}(?:{HALF})?){DASH}(?={CLOCK}{HALF})", r"\1 to "),
    (rf"(?<![\w.,:-])({CLOCK}{HALF}){DASH}(?={CLOCK}|noon\b|midnight\b)", r"\1 to "),
    (rf"\b(noon|midnight){DASH}(?={CLOCK})", r"\1 to "),
    (rf"(?<![\w.,:-])(\d{{1,2}}:[0-5]\d){DASH}(?=\d{{1,2}}:[0-5]\d)", r"\1 to "),
    (r"(?<![\w.,:/@-])(\d{1,2}:[0-5]\d):([0-5]\d)(\s?[AaPp]\.?\s?[Mm]\b)", _exact_clock),
    (r"(?:(?<=\b[Aa]t\s)|(?<=\buntil\s)|(?<=\btime\sis\s))((?:[01]?\d|2[0-3]):[0-5]\d):([0-5]\d)()"
     r"(?![\w/@:-]|\.\d)", _exact_clock),
    (r"(?<![\w.,:/@-])((?:[01]?\d|2[0-3]):[0-5]\d):([0-5]\d)(\s(?:UTC|GMT|[ECMP][SD]T|CES?T|BST|JST)\b)",
     _exact_clock),
    (r"(?<![\w.,:/@-])(\d{1,2}):([0-5]\d):([0-5]\d)(?![\w/@-])(?![.,:]\d)", _duration),
    (r"(?<![\w.,])(\d{1,2}(?:[:.][0-5]\d)?)\s?([AaPp])\.?\s?[Mm]\b\.?", _half_day),
])  # fmt: skip
"""Read in this order: a more particular form stands before a more general one."""
