"""Signs and operators in English, in prose and in lines of code; fractions and decimals."""

import re
import unicodedata

from onset.text.english.number_words import cardinal, decimal, digits, fraction, mixed, pairs
from onset.text.rewrite_rules import Match, alternatives, compiled
from onset.text.word_tables import table

_WORDS = table("english")
OPERATORS: dict[str, str] = _WORDS["operators"]
ALONE: dict[str, str] = _WORDS["signs"]
MATHEMATICS: dict[str, str] = _WORDS["mathematics"]
PAIRS: dict[str, str] = _WORDS["number_pairs"]
CODED_NUMBERS = "|".join(_WORDS["numbered_things"])

HEAD = r"(?<![\w.,:/@-])"
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
_SUBSCRIPT = {chr(0x2080 + digit): str(digit) for digit in range(10)}


def _vulgar(match: Match) -> str:
    """⅔ as 2/3."""
    return (f"{match[1]} " if match[1] else "") + unicodedata.normalize("NFKC", match[2]).replace(
        "⁄", "/"
    )


def _fraction(match: Match) -> str:
    return fraction(int(match[1]), int(match[2]), named=match[3] is not None)


def _beat(match: Match) -> str:
    """3/4 time."""
    return f"{cardinal(int(match[1]))} {cardinal(int(match[2]))}"


def _mixed(match: Match) -> str:
    count, above, below = (int(match[i]) for i in (1, 2, 3))
    if not 0 < above < below:
        return match[0]
    return mixed(count, above, below)


def _chain(match: Match) -> str:
    """31/31/100 is no fraction."""
    return " slash ".join(decimal(part) for part in match[0].split("/"))


def _point(match: Match) -> str:
    """.5 keeps its point."""
    return f"point {digits(match[1])}" + " " * bool(match[2])


def _power(match: Match) -> str:
    exponent = match[0].translate(_SUPERSCRIPT)
    negative = exponent.startswith("-")
    number = exponent.strip("+-")
    words = cardinal(int(number)) if number.isdecimal() else number
    return f" to the power of {'minus ' * negative}{words}"


def _scientific(match: Match) -> str:
    """6.02e23."""
    sign = "minus " * match[2].startswith("-")
    return (
        f"{decimal(match[1])} times ten to the power of {sign}{cardinal(int(match[2].strip('+-')))}"
    )


def _designation(match: Match) -> str:
    """F-16, B-52, H-1B: a letter, and a number in pairs."""
    letters, number, behind = match.groups()
    spelled = pairs(number) if len(number) == 3 else decimal(number)
    return f"{letters}-{spelled}" + (f" {behind}" if behind else "")


def _numbered(match: Match) -> str:
    """Route 405, Boeing 737-800."""
    return match[1] + " ".join(map(pairs, re.split("[-–]", match[2])))


def _formula(match: Match) -> str:
    """NaCl, H2SO4: letters and numbers one by one."""
    parts = re.findall(r"[A-Za-z]|\d+", match[0])
    return " ".join(cardinal(int(p)) if p.isdecimal() else p.upper() for p in parts)


def _hundreds(match: Match) -> str:
    return {"10": "tens", "100": "hundreds", "1000": "thousands"}[match[1].replace(",", "")]


_ELEMENT = "|".join(_WORDS["formula_elements"].split())

NUMBERS = compiled([
    # other ways of writing numbers
    (r"(?<![\w.])0x([\dA-Fa-f]+)\b", lambda m: f"zero x {digits(m[1])}"),
    (r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([+-]?\d{1,3})\b", _scientific),
    (r"[₀-₉]", lambda m: _SUBSCRIPT[m[0]]),
    (r"(?<=\w)\)(\d{1,2})(?![\w.,])", r") \1"),
    (r"(\d)?([⅐-⅞↉])", _vulgar),
    (r"(?<=\d/\d)[\"”](?=[\s,;.)]|$)|(?<=\d/\d\d)[\"”](?=[\s,;.)]|$)", " inch"),
    # pairs that are no fractions, then fractions
    (rf"{HEAD}({alternatives(PAIRS)})(?![\w/]|[.,]\d)", lambda m: PAIRS[m[1]]),
    (rf"{HEAD}(\d\d?)/(\d\d?)(?=\s(?:time|meter|metre|signature|beat)\b)", _beat),
    (rf"{HEAD}\d+(?:/\d+){{2,}}(?![\w/]|[.,]\d)", _chain),
    (rf"{HEAD}(\d{{1,6}})[ -](\d{{1,3}})/(\d{{1,3}})(?i:(?:st|nd|rd|th)s?\b)?(?![\w/]|[.,]\d)",
     _mixed),
    (rf"{HEAD}(\d{{1,4}})/(\d{{1,4}})(?i:((?:st|nd|rd|th)s?)\b)?(?![\w/]|[.,]\d)", _fraction),
    (r"(?<![\w.,)-])\b(10|100|1,?000)s\b(?=\sof\b|\s[a-z])", _hundreds),
    (r"\b(401|403)(?:\(([kb])\)|([kb])(?=-|s?\b))", lambda m: f"{pairs(m[1])} {m[2] or m[3]}"),
    (r"(?<![\w.,])(480|720|1080|1440|2160)([pi])\b", lambda m: f"{pairs(m[1])} {m[2]}"),
    # designations
    (rf"\b((?:{CODED_NUMBERS})\s#?)([1-9]\d{{2,3}}(?:[-–]\d{{2,3}})?)(?![\w%/]|[.,]\d)", _numbered),
    (r"(?<![\w.'’-])((?!(?:U-23\d|C-1[34]|I-1[23]\d|K-40)\b)[A-Z]{1,3})-(\d{1,4})([A-Z]{1,2})?(?![\w-]|[.,]\d)",
     _designation),
    (rf"(?<![\w-])(?!(?:{'|'.join(_WORDS['no_formulas'].split())})\b)(?=\w*[A-Z]\w*[A-Z])(?=\w*[a-z\d])"
     rf"(?:(?:{_ELEMENT})\d{{0,2}}){{2,12}}(?![\w-])", _formula),
    # decimals
    (r"(?<![\w.,)])\.(\d+)(\s?(?=[A-Za-z°%]))?(?![\d.])", _point),
    (r"(?<![\d.,])(\d{1,3}) (?=(?!\d00)\d{3}(?![\d.,]| \d{3}(?!\d)))(?<!\d{3} \d{3} )",
     lambda m: decimal(m[1]) + " "),
    (r"(?<=\d)[⁰¹²³⁴-⁹⁺⁻ⁿ]{2,}|(?<=[\d)a-z])[⁻⁰⁴-⁹ⁿ]", _power),
])  # fmt: skip

SIGNS = compiled([
    # sums before ranges
    (r"(?<=\d)\s?[-−]\s?(?=\d+(?:\.\d+)?\s?(?:[=+*×÷/]|==))", " minus "),
    (r"(?<=[=+*×÷]\s\d)\s?[-−]\s?(?=\d)|(?<=[=+*×÷]\d)[-−](?=\d)", " minus "),
    (r"(?<=[²³⁰-⁹])\s?[-−–]\s?(?=[\w(])", " minus "),
    (r"(?<![\w'’])([a-z]|\d+)\s[-−–]\s(?=(?:[a-z]|\d+)\s?=)", r"\1 minus "),
    (r"(?<=[\w)²³])\s?[≈≃]\s?(?=[\w√(-])", " is approximately "),
    # operators, of code too
    (r"\b([A-Za-z])\+\+(?!\w)", r"\1 plus plus"),
    (r"(?<![\w-])([A-Za-z_]\w*)--(?=[;)\s]|$)", r"\1 minus minus"),
    (rf"(?:(?<=[\s\w)\]\"'])|^)\s*({alternatives(OPERATORS)})\s*(?=[\s\w(\[\"'!$&*-]|$)",
     lambda m: f" {OPERATORS[m[1]]} "),
    (r"(?:(?<=[\s(])|^)!(?=[A-Za-z_(])", "not "),
    (r"(?<=\w)\+(?=[\s.,;:!?)]|$)", " plus"),
    (r"(?:(?<=[\s(])|^)[~∼≈]\s?(?=[$£€]?\d)", "about "),
    (r"(?<=\s)-(?=[A-Za-z](?!\w))", "dash "),
    (r"(?:(?<=\s)|^)--(?=[a-z]{2})", "dash dash "),
    (rf"[{''.join(MATHEMATICS)}]", lambda m: f" {MATHEMATICS[m[0]]} "),
    # signs that stand before or behind what they belong to, or alone
    (r"§\s?§?\s?(?=\w)", "section "),
    (r"№\s?(?=\w)", "number "),
    (r"©\s?(?=\w)", "copyright "),
    (r"(?<=\d)\s?°(?=$|\s|[.,;:!?])", " degrees"),
    (r"\b([CF])#(?!\w)", r"\1 sharp"),
    (r"(?<=\S)\s<\s(?=\S)", " is less than "),
    (r"(?<=\S)\s>\s(?=\S)", " is greater than "),
    (r"(?:(?<=\s)|^)([<>])\s?(?=\d)", lambda m: f"{ALONE[m[1]]} "),
    (rf"(?:(?<=\s)|^)({alternatives(ALONE)})(?=\s|$|[-,;:!?)])", lambda m: ALONE[m[1]]),
    (r"(?<=\w)@(?=\s|$)", " at"),
    (r"[§№©℠℗]", lambda m: f" {ALONE.get(m[0], '')} "),
])  # fmt: skip
