"""What is read sign by sign in English: addresses, files, telephones, cards, codes, versions."""

import re
from functools import partial

from onset.text.english.number_words import digits, whole
from onset.text.rewrite_rules import MAIL, URL, Match, compiled, spoken_address
from onset.text.word_tables import table

_WORDS = table("english")

HEAD = r"(?<![\w.,:/@-])"
"""Not inside a longer word or number."""

TAIL = r"(?![\w/@-])(?![.,:]\d)"

_DOMAINS = (
    "com|org|net|io|dev|ai|edu|gov|mil|info|biz|app|co|me|tv|gg|xyz|uk|us|ca|de|fr|it|es|eu|nl|ch|"
    "at|au|jp|cn|in|br|ru|se|no|pl|local"
)
_PATH = r"(?:/[^\s<>\"“”()\[\]{}|]*|\b(?![.@]\w))"

_address = partial(spoken_address, names=_WORDS["address"])


def _telephone(match: Match) -> str:
    """Digits one by one, groups with a comma between; an extension is named."""
    number, _, extension = match[0].lower().partition("x")
    number = number.removesuffix("e").removesuffix(" e")
    words = "plus " * number.startswith("+")
    words += ", ".join(digits(group) for group in re.findall(r"\d+", number))
    inner = re.sub(r"\D", "", extension)
    return words + (f", extension {digits(inner)}" if inner else "")


def _groups(match: Match) -> str:
    """Groups of letters and digits: an account, a licence key; small numbers stay numbers."""
    groups = re.findall(r"[A-Za-z\d]+", match[0])
    if all(re.fullmatch(r"[1-9]\d?|0", group) for group in groups):
        return "-".join(map(whole, groups))
    return ", ".join(map(digits, groups))


def _code(match: Match) -> str:
    """A number behind a word that makes it a code."""
    return match[1].replace("#", "number ") + digits(match[2])


def _dots(match: Match) -> str:
    """A version or an IP address: every dot is said."""
    prefix = "version " if match[1] else ""
    return prefix + " dot ".join(map(whole, match[2].split(".")))


def _host(match: Match) -> str:
    """localhost:8080/api, 10.0.0.1:80: the port after a colon."""
    host, port, path = match.groups()
    words = " dot ".join(map(whole, host.split("."))) if host[0].isdecimal() else host
    said = (
        whole(port)
        if len(port) != 4 or port.endswith("00")
        else f"{whole(port[:2])} {whole(port[2:])}"
    )
    return f"{words} colon {said}{_spelled_path(path)}"


def _spelled_path(path: str) -> str:
    names = _WORDS["address"]
    body = path.rstrip(".:?-,;!")
    spelled = "".join(f" {names[c]} " if c in names else c for c in body)
    return spelled.rstrip() + path[len(body) :]


def _path(match: Match) -> str:
    """/usr/local/bin, C:\\Users: each slash is said."""
    return _spelled_path(match[0])


_CODED = (
    r"(?i:\b(?:pin|otp|passcode|password|code|zip(?:\scode)?|tracking|routing|account|serial|"
    r"confirmation|reference|invoice|order|ticket|case|member|licen[cs]e|passport|flight|id|"
    r"extension|ext\.?|pnr)(?:\s(?:number|no\.?|id|code))?(?:\s(?:is|was)|:)?\s?#?\s?)"
)

NUMBERED = (
    r"(?i:\b(?:example|table|figure|fig\.?|section|sec\.?|clause|article|appendix|annex|equation|"
    r"chapter|part|paragraph|subsection|exercise|theorem|step|item|rule|requirement|test|version|"
    r"release|build|firmware|python|ios|ipados|watchos|android|macos|windows|chrome|firefox|safari|"
    r"debian|ubuntu|kernel|linux|node|ruby|django|java|php|postgres|postgresql|mysql|openssl|npm)\s)"
)
"""Words before numbers that are no dates, "Table 4.5.11"."""

EMERGENCY = r"(?i:\b(?:call|dial|calls|called|calling|dialled|dialed)\s)(?:911|999|112|110|119|988)"

ADDRESSES = compiled([
    (r"(?i)\b(version\s)v(?=\d)", r"\1"),
    (rf"({NUMBERED})(\d+(?:\.\d+){{2,}})(?![\w/@])",
     lambda m: m[1] + " dot ".join(map(whole, m[2].split(".")))),
    (rf"{EMERGENCY}(?![\w.,-]*\d)", lambda m: m[0][:-3] + digits(m[0][-3:])),
    (r"(?i)\b((?:chapter|episode|step|part|section|lesson|volume|track|unit|module|act|scene|"
     r"season|level|page|verse|week|day|issue|book|exercise|question|item|appendix|figure|table)\s)"
     r"0{1,2}(?=[1-9]\d?\b)(?!\d+[.,/:-]\d)", r"\1"),
    (r"(?<![\w.,])(\d[\d.,]*)\sx\s(?=\d[\d.,]*\s?=)", r"\1 times "),
    (URL, _address),
    (r"[\w.+&%~-]+@[\w-]+\.[\w.-]*\w(?:/[\w/.-]*\w)?", _address),
    (MAIL, _address),
    (rf"\b(localhost|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|[a-z][a-z\d-]*(?:\.[a-z\d-]+)+):"
     rf"(\d{{2,5}})\b({_PATH}?)", _host),
    (rf"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:{_DOMAINS}){_PATH}", _address),
    (r"(?<![\w/~.])~?(?:/[A-Za-z_.][\w.-]*){2,}/?(?!\w)|\b[A-Z]:\\[\w\\.-]*", _path),
    (r"(?<=[A-Za-z0-9]{2})\.(?=[a-z]{2,4}\b)(?=[a-z]{2,4}(?:[^.\w]|$))", " dot "),
    (r"(?<=[a-z]{2})\.(?=[A-Z][a-z])", ". "),
    (r"(?<!\w)@(?=\w)", "at "),
    (r"(?<![\w&])#(?=[^\W\d])", "hashtag "),
])  # fmt: skip
"""Addresses of the web, files, handles. Read first of all."""

POSTCODE = r"([A-Z]{1,2}\d[A-Z\d]?)\s(\d[A-Z]{2})"
"""British: SW1A 2AA."""

CODES = compiled([
    (HEAD + POSTCODE + TAIL, lambda m: f"{digits(m[1])}, {digits(m[2])}"),
    (HEAD + r"(\d{1,2})\s?st\s(?=\d{1,2}\s?lbs?\b)", r"\1 stone "),
    # telephones
    (HEAD + r"(?:\+?1[ .-]{1,2})?\(?\d{3}\)?[ .-]{0,2}\d{3}[.-]\d{4}(?:-\d+)*"
     r"(?:,?\s?(?:[xX]|[eE][xX][tT]\.?|[eE]xtension)\s?\d{1,6})?" + TAIL, _telephone),
    (r"(?<![\w+])\+\d{1,3}(?:[ .-]{0,2}\(?\d{1,4}\)?){2,5}(?:[ .-]\d{5,8})?(?![\w°%¢-])",
     _telephone),
    (r"(?<![\w+])\+\d{1,3}[ .-]\d{1,4}[ .-]\d{5,9}(?![\w-])", _telephone),
    (r"(?<![\w.,:/@-])\(0\d{1,4}\)\s?\d{3,4}[ -]?\d{3,5}" + TAIL, _telephone),
    (HEAD + r"(?<!\d )0\d{2,5}(?:[ -]\d{3,8}){1,3}" + TAIL, _telephone),
    (HEAD + r"1[38]00 \d{3} \d{3}" + TAIL, _telephone),
    (HEAD + r"\d{3}-\d{4}" + TAIL, _telephone),
    (HEAD + r"1-([89]\d\d)-([A-Z]{4,})\b", lambda m: f"one {whole(m[1])} {m[2]}"),
    # cards, accounts, keys, codes
    (HEAD + r"\d{4}(?:[ -]\d{4}){2,4}(?:[ -]\d{1,3})?" + TAIL, _groups),
    (HEAD + r"\d{4}[ -]\d{6}[ -]\d{5}" + TAIL, _groups),
    (HEAD + r"[A-Z]{2}\d{2}(?: [A-Z\d]{4}){2,7}(?: [A-Z\d]{1,3})?" + TAIL, _groups),
    (HEAD + r"(?=[A-Z\d-]*\d)(?:[A-Z\d]{4,6}-){2,}[A-Z\d]{4,6}" + TAIL, _groups),
    (HEAD + r"\d+(?:-\d+){2,}" + TAIL, _groups),
    (HEAD + r"(?:\d{10,}|(?<!\d )0\d+)(?![\w/@%-])(?![.,:]\d)", lambda m: digits(m[0])),
    (rf"({_CODED})(\d{{4,}})(?![\w.,/-]\w)", _code),
    # versions, IP addresses
    (HEAD + r"([vV]\.?\s?)(\d+(?:\.\d+)+)(?![\w/@])(?![.,:]\d)", _dots),
    (HEAD + r"()(\d{1,3}(?:\.\d{1,3}){3})/(?=\d{1,2}\b)", lambda m: _dots(m) + " slash "),
    (HEAD + r"()(\d+(?:\.\d+){2,})" + TAIL, _dots),
])  # fmt: skip
"""Read behind dates, which are groups of digits too."""
