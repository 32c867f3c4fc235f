"""Abbreviations in English: titles, places, streets, states, references, contractions."""

import re

from onset.text.english.full_stops import kept_stop
from onset.text.english.number_words import digits, ordinal, pairs
from onset.text.rewrite_rules import Match, alternatives, compiled
from onset.text.word_tables import table

_WORDS = table("english")
TITLES: dict[str, str] = _WORDS["personal_titles"]
PLACES: dict[str, str] = _WORDS["places"]
STREETS: dict[str, str] = _WORDS["streets"]
STREETS_ALONE: dict[str, str] = _WORDS["streets_alone"]
STATES: dict[str, str] = _WORDS["states"]
DIRECTIONS: dict[str, str] = _WORDS["directions"]
DOTTED: dict[str, str] = _WORDS["dotted"]
NUMBERED: dict[str, str] = _WORDS["numbered"]
COMPANIES: dict[str, str] = _WORDS["companies"]

_WORDY = frozenset("OK HI OH OR IN ME ID".split())
"""States whose letters are words: read as states only before a ZIP code."""

_STREET = alternatives({**STREETS, **STREETS_ALONE})
_BEHIND = rf"\s*(?:[,;:)]|$)|\s(?:[a-z]|(?i:{'|'.join(_WORDS['starters'].split())})\b)"
"""What may stand behind a street, and not behind a title or a saint."""

_DIRECTION = "NE|NW|SE|SW|N|E|S|W"
_ALL_STREETS = {**STREETS, **STREETS_ALONE}


def _like(written: str, words: str) -> str:
    """`words` with a capital where `written` has one."""
    return words[0].upper() + words[1:] if written[0].isupper() else words


def _title(match: Match) -> str:
    return TITLES[match[1]]


def _place(match: Match) -> str:
    return PLACES[match[1]] + kept_stop(match)


def _dotted(match: Match) -> str:
    """dept., approx.: whatever case they have."""
    return _like(match[1], DOTTED[match[1].lower()]) + kept_stop(match)


def _numbered(match: Match) -> str:
    """No. 5, pp. 12-15."""
    return _like(match[1], NUMBERED[match[1].lower()]) + " "


def _company(match: Match) -> str:
    return COMPANIES[match[1]] + kept_stop(match)


def _direction(written: str) -> str:
    return DIRECTIONS[written.strip(".")]


def _address(match: Match) -> str:
    """1211 E Arques Ave NW: the house in pairs, directions and street in full."""
    house, letter, before, name, street, after = match.groups()
    words = [pairs(house) + (f" {letter}" if letter else "")]
    if before:
        words.append(_direction(before))
    words += [re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1])), name)]
    words.append(_ALL_STREETS[street.rstrip(".").capitalize()])
    if after:
        words.append(_direction(after))
    return " ".join(words) + kept_stop(match)


def _street(match: Match) -> str:
    """Sunset Blvd, Wall St."""
    return f"{match[1]} {_ALL_STREETS[match[2].capitalize()]}{kept_stop(match)}"


def _street_direction(match: Match) -> str:
    return f"{match[1]} {_direction(match[2])}"


def _state(match: Match) -> str:
    """IL 62704; PA behind a town."""
    state, code = match[1], match[2]
    if state in _WORDY and not code:
        return match[0]
    words = STATES[state]
    return f"{words} {_zip(code)}" if code else words


def _zip(code: str) -> str:
    return ", ".join(map(digits, code.split("-")))


def _ampersand(match: Match) -> str:
    """AT&T: letters that stand for words are said one by one."""
    first = match[1]
    spelled = "".join(f"{letter}." for letter in first) if len(first) > 1 or first == "A" else first
    return f"{spelled} and {match[2]}"


RULES = compiled([
    # contractions
    (r"(?i)\b(how|what|where|who|when|why|there|these|those|that)['’]re\b", r"\1 are"),
    (r"\b([Hh]ow|[Ww]hat)re\b", r"\1 are"),
    (r"(?<!\w)['’]n['’](?!\w)", "and"),
    (r"(?<!\w)['’](?=(?:tis|twas|em|cause|til)\b)", ""),  # misaki takes it for a quote
    # letters
    (r"\b([A-Z]{1,3})&([A-Z]{1,3})\b", _ampersand),
    (r"(?<!\w)w/(?:(o)\b)?(?=\s|\w|$)", lambda m: "without" if m[1] else "with "),
    (r"\b[Bb]/c\b", "because"),
    (r"\bc/o\b", "care of"),
    (r"\b[Nn]/[Aa]\b", "N.A."),
    # streets and states
    (rf"(?<![\w.,$€£¥₹#~<>-])(\d{{1,5}})([A-Z])?\s(?:({_DIRECTION})\.?\s)?((?:[A-Z][\w'’]*\.?\s|\d+(?:st|nd|rd|th)\s)"
     rf"(?:[A-Z][\w'’]*\s){{0,2}})(?i:({_STREET}))\b(?:\.(?!\w))?(?:\s({_DIRECTION})\b\.?)?"
     rf"(?!['’]\w)", _address),
    (rf"\b((?:[A-Z][\w'’]+|\d+(?:st|nd|rd|th)))\s({alternatives(STREETS_ALONE)})\b(?:\."
     rf"(?!\w))?", _street),
    (rf"\b((?!Mt|Ft|Port|Fort|Mount)[A-Z][a-z]\w+(?:['’]s?)?|\d+(?:st|nd|rd|th))\s(St|Rd|Ln|Sq)\b"
     rf"(?:\.(?!\w))?(?={_BEHIND})", _street),
    (rf"\b((?!{'|'.join(STREETS.values())})[A-Z][a-z]\w+)\s(Dr|Ct|Pl)\.(?={_BEHIND})", _street),
    (rf"\b((?:{'|'.join(_ALL_STREETS.values())}))\s(NE|NW|SE|SW)\b", _street_direction),
    (rf"(?<=[a-z],\s)({'|'.join(STATES)})\b,?(?:\s(\d{{5}}(?:-\d{{4}})?)\b)?(?=[\s.,;:!?)]|$)",
     _state),
    (rf"(?<=[a-z]\s)({'|'.join(STATES)}),?\s(\d{{5}}(?:-\d{{4}})?)\b", _state),
    # people and places
    (r"\b(Rep|Pres|Fr|Brig|Det|Amb|Adm|Hon)\.(?=\s[A-Z])", _title),
    (rf"\b(?!(?:Rep|Pres|Fr|Brig|Det|Amb|Adm|Hon)\b)({alternatives(TITLES)})\.(?=[\s,]|$)", _title),
    (rf"\b({alternatives(_WORDS['titles_bare'])})(?=\s[A-Z][a-z])", _title),
    (r"(?<=[A-Za-z])(,?\s)(Jr|Sr)\b\.?", lambda m: m[1] + _WORDS["suffixes"][m[2]] + kept_stop(m)),
    (r"\bSt\.?(?=\s[A-Z][a-z])", "Saint"),
    (rf"\b({alternatives(PLACES)})\.(?=\s[A-Z]|$)", _place),
    (rf"\b({alternatives(PLACES)})(?=\s[A-Z][a-z])", lambda m: PLACES[m[1]]),
    (rf"(?<=[A-Z]\w)\b({alternatives(COMPANIES)})\b", _company),
    (rf"(?<=\w\s)({alternatives(COMPANIES)})\.", _company),
    (r"(?<=[a-z] )v\.(?= [A-Z])", "versus"),
    # references
    (rf"(?<![\w.])(?i:({alternatives(NUMBERED)}))\.\s?(?=\d|[IVX]+\b)", _numbered),
    (rf"(?<![\w.])(?i:({alternatives(DOTTED)}))\.(?!\w)", _dotted),
])  # fmt: skip
