"""`say-as` of SSML: what a text is, where its look does not tell, as a text whose look does."""

import re
from collections.abc import Callable, Mapping

from onset.errors import InvalidRequest
from onset.text.markup.spoken_words import sign_names

ORDINALS = {"en": "{}{}", "fr": "{}e", "hi": "{}वाँ", "ja": "第{}", "zh": "第{}"}
"""How an ordinal is written, by language; "3º" in the others."""

DATE_PARTS = re.compile(r"\d+")


def spelled(text: str, lang: str) -> str:
    """A text letter by letter, its digits one by one, signs by their names."""
    names = sign_names(lang)
    return " ".join(names.get(c, c.upper()) for c in text if not c.isspace())


def _digits(text: str, lang: str, _: str) -> str:
    return " ".join(sign_names(lang).get(c, c) for c in text.strip())


def _telephone(text: str, lang: str, _: str) -> str:
    """Digits one by one, a comma between groups."""
    plus = sign_names(lang).get("+", "+") + " " if text.strip().startswith("+") else ""
    groups = re.findall(r"\w+", text)
    return plus + ", ".join(" ".join(group) for group in groups)


def _ordinal(text: str, lang: str, _: str) -> str:
    number = text.strip()
    if not number.isdecimal():
        raise InvalidRequest(f"say-as ordinal: {number!r} is no whole number.", "input")
    ending = "th"
    if int(number) % 100 not in (11, 12, 13):
        ending = {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return ORDINALS.get(lang[:2], "{}º").format(number, ending)


def _date(text: str, _: str, form: str) -> str:
    """ISO's order, which every language reads, where a format tells the order of the parts."""
    order = form.lower() or "ymd"
    if not re.fullmatch(r"(?!.*(.).*\1)[ymd]{1,3}", order):
        raise InvalidRequest(f"say-as date: format {form!r} is not of d, m and y.", "input")
    parts = DATE_PARTS.findall(text)
    if len(order) < 3 or re.search(r"[^\W\d]", text) or (len(parts) != 3 and not form):
        return text
    if len(parts) != 3:
        raise InvalidRequest(f"say-as date: {text.strip()!r} is not {order}.", "input")
    found = dict(zip(order, map(int, parts), strict=True))
    if not (1 <= found["m"] <= 12 and 1 <= found["d"] <= 31):
        if not form:
            return text
        raise InvalidRequest(f"say-as date: {text.strip()!r} is not {order}.", "input")
    year = found["y"] + (2000 if found["y"] < 100 else 0)
    return f"{year:04}-{found['m']:02}-{found['d']:02}"


def _as_written(text: str, _lang: str, _form: str) -> str:
    return text


def _spell(text: str, lang: str, _form: str) -> str:
    return spelled(text, lang)


READERS: Mapping[str, Callable[[str, str, str], str]] = {
    "characters": _spell,
    "spell-out": _spell,
    "verbatim": _spell,
    "digits": _digits,
    "telephone": _telephone,
    "ordinal": _ordinal,
    "date": _date,
    "cardinal": _as_written,
    "number": _as_written,
    "fraction": _as_written,
    "unit": _as_written,
    "currency": _as_written,
    "time": _as_written,
    "address": _as_written,
    "name": _as_written,
}
"""By `interpret-as`, as Google, Amazon and Azure name them. What normalization reads by its look
stays as it is written."""


def said_as(text: str, kind: str, form: str, lang: str) -> str:
    """The text as `kind`, which `form` tells more of. Raises InvalidRequest with the choices."""
    reader = READERS.get(kind.lower())
    if reader is None:
        raise InvalidRequest(
            f"say-as: interpret-as {kind!r} is not known. Choices: {', '.join(READERS)}.", "input"
        )
    return reader(text, lang, form)
