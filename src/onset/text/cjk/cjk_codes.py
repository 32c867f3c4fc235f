"""What is no quantity: web and mail addresses, telephones, cards, rooms, versions."""

import re

from onset.text.cjk.cjk_numerals import CJK, SCALES, HanNumerals, Pairs
from onset.text.rewrite_rules import Match, alternatives

URL = r"(?<![A-Za-z0-9])(?:[A-Za-z][A-Za-z0-9+]{1,9}://|www\.)(?:(?![<>\"()\[\]{}|])[!-~])+"
MAIL = r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
DOMAIN = (
    r"(?<![A-Za-z0-9.@-])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
    r"\.(?:com|org|net|info|dev|app|io|ai|cn|jp|tw|hk|edu|gov)(?:/[A-Za-z0-9./?=&%#_~-]*|"
    r"(?![A-Za-z0-9-]))"
)
FILE = r"(?<=[A-Za-z0-9_-]{2})\.(?=[A-Za-z]{2,4}\d?(?![A-Za-z0-9.]))"
IP = r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?(?![\d.:])"
VERSION = r"(?<!\d)(?<!\d\.)\d+(?:\.\d+){2,}(?!\d)"

PHONE = (
    r"(?<![A-Za-z\d.,-])(?:\+\d{1,3}(?:[ -]?\(?\d{1,5}\)?){2,5}"
    r"|\(0\d{1,4}\)\s?\d{1,4}-?\d{4}|0\d{1,4}\(\d{1,4}\)\d{4}"
    r"|0\d{1,4}[ -]\d{1,4}[ -]\d{3,4}|0\d{1,3}[ -]\d{6,8}(?:-\d{1,5})?"
    r"|1[3-9]\d[ -]\d{4}[ -]\d{4}|1[3-9]\d{9}|[48]00-\d{3,4}-\d{3,4}|\d{3}-\d{3}-\d{4}"
    r"|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,3})?)(?![\d.-]|:\d)"
)
"""With a country's code, an area's code, a mobile's or a free call's first digits; cards."""

PAGES = r"(?<![A-Za-z])[pP]{1,2}\.\s?(\d{1,4}(?:\s?[-–~〜]\s?\d{1,4})?)(?!\d)"

MOST_DIGITS = 19
"""Most digits of a telephone or card number, by ITU-T E.164 and ISO/IEC 7812."""

GROUPS = r"(?<![A-Za-z\d.-])\d{1,5}(?:-\d{1,8}){2,}(?![\d-])"
"""Three numbers or more with hyphens: a house, or a book."""


def address_rules(numerals: HanNumerals) -> Pairs:
    """Addresses with their marks said, and those of machines digit by digit."""
    names: dict[str, str] = numerals.words["address"]

    marks = f"[{re.escape(''.join(names))}]"

    def address(match: Match) -> str:
        body = match[0].rstrip(".:?-,;!")  # the marks of the sentence
        return re.sub(marks, lambda m: f" {names[m[0]]} ", body) + match[0][len(body) :]

    def host(match: Match) -> str:
        path = re.sub(marks, lambda m: f" {names[m[0]]} ", match[3])
        return f"{match[1]} {names[':']} {numerals.whole(match[2])}{path}"

    def machine(match: Match) -> str:
        port = f" {names[':']} {numerals.whole(match[2])}" if match[2] else ""
        return names["."].join(map(numerals.digits, match[1].split("."))) + port

    return [
        (URL, address),
        (r"(?<![A-Za-z0-9.-])(localhost):(\d{2,5})(?![\d:])((?:/[A-Za-z0-9./_-]*)?)", host),
        (MAIL, address),
        (DOMAIN, address),
        (FILE, f" {names['.']} "),
        (IP, machine),
    ]


def code_rules(numerals: HanNumerals) -> Pairs:
    """Telephones, cards, rooms and postal codes digit by digit; houses number by number."""
    words, code = numerals.words, numerals.code
    said = rf"(?:{alternatives(words['code_words'])})(?:是|为|は)?[:\s]{{0,2}}[A-Z]{{0,3}}-?"

    def telephone(match: Match) -> str:
        size = sum(map(str.isdecimal, match[0]))
        least = 8 if match[0].startswith("+") else 7
        return code(match[0]) if least <= size <= MOST_DIGITS else match[0]

    def groups(match: Match) -> str:
        parts = match[0].split("-")
        if match[0].startswith("0") or len(parts[0]) > 2 or max(map(len, parts)) > 3:
            return code(match[0])
        return str(words["dash"]).join(map(numerals.house, parts))

    return [
        (PAGES, lambda m: words["page"].format(m[1])),
        (rf"({said})(\d{{3,}}(?:-\d+| \d{{3,}})*)(?![\d.]|{SCALES})",
         lambda m: m[1] + code(m[2])),
        (rf"(?<![\d.])(\d{{3,6}})(?={words['code_ends']})", lambda m: code(m[1])),
        (PHONE, telephone),
        (GROUPS, groups),
        (rf"((?:{words['streets']})[{CJK}]{{0,12}}|丁目\s?)(\d{{1,4}})-(\d{{1,4}})"
         rf"(?![\d-]|[{words['counted_in_streets']}])",
         lambda m: f"{m[1]}{numerals.house(m[2])}{words['dash']}{numerals.house(m[3])}"),
    ]  # fmt: skip


def version_rules(numerals: HanNumerals) -> Pairs:
    """3.10.1: every point is said."""
    point: str = numerals.words["point"]
    return [(VERSION, lambda m: point.join(map(numerals.whole, m[0].split("."))))]
