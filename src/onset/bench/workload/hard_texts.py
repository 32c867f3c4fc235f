"""Sentences that are hard to read aloud: numbers, dates, amounts, addresses, code, many scripts.

Our own wording, from templates; every sentence begins with words and numbers drawn anew.
Knows nothing of who speaks them, and keeps no account of what was drawn before.
"""

import random

_UNITS = ("ms", "kHz", "GB", "km/h", "kWh", "°C", "mm", "MB/s", "%")
_SYSTEMS = (
    "API", "GPU", "HTTP", "SQL", "USB", "DNS", "JSON", "CPU", "TLS", "ONNX", "PDF", "RAM",
)  # fmt: skip
_TITLES = ("Dr.", "Mr.", "Mrs.", "Prof.", "St.", "Capt.")
_NAMES = (
    "Alvarez", "Nakamura", "O'Brien", "Müller", "Kowalski", "Okafor", "Lindqvist", "Haddad",
    "Petrov", "Ngata", "Rossi", "Fitzgerald",
)  # fmt: skip
_MONTHS = ("January", "March", "April", "June", "August", "October", "November", "December")
_PLACES = ("example.org", "mail.example.com", "docs.example.net", "status.example.edu")
_CURRENCIES = ("$", "€", "£")
_CALLS = ("get_user", "render", "parse_date", "flush", "open_stream", "to_json")
_EMOJI = ("🙂", "🚀", "🌧️", "🎉", "☕", "📦", "🔧", "🐈")
_FOREIGN = (
    "Straße", "naïve café", "señor", "Ελλάδα", "Москва", "東京", "서울", "שלום", "مرحبا",
    "jalapeño", "Dvořák", "smørrebrød",
)  # fmt: skip


def complex_sentence(rng: random.Random) -> str:
    """A sentence of numbers, dates, amounts, names, addresses or code."""
    return rng.choice((_release, _invoice, _meeting, _contact, _call, _measurement))(rng)


def unicode_sentence(rng: random.Random) -> str:
    """A sentence with emoji and words of other scripts in it."""
    number = rng.randrange(2, 9_000)
    word, other = rng.sample(_FOREIGN, 2)
    return rng.choice(
        (
            f"Box {number} {rng.choice(_EMOJI)} came from {word}, and the label said “{other}”.",
            f"Room {number} is called {word} {rng.choice(_EMOJI)}; next to it is {other}…",
            f"Song {number}, “{word}”, made everyone think of {other} {rng.choice(_EMOJI)}!",
        )
    )


def _release(rng: random.Random) -> str:
    major, minor, patch = rng.randrange(1, 30), rng.randrange(20), rng.randrange(20)
    system, other = rng.sample(_SYSTEMS, 2)
    return (
        f"Version {major}.{minor}.{patch} of the {system} server handles {_count(rng)} "
        f"{other} requests per second at {_figure(rng)} {rng.choice(_UNITS)}."
    )


def _invoice(rng: random.Random) -> str:
    sign = rng.choice(_CURRENCIES)
    return (
        f"Invoice #{rng.randrange(1000, 99999)} for {sign}{_count(rng)}.{rng.randrange(10, 99)} "
        f"is due on {_date(rng)}, or {rng.randrange(2, 15)}.5% is added."
    )


def _meeting(rng: random.Random) -> str:
    hour, minute = rng.randrange(1, 12), rng.choice((5, 15, 30, 45, 50))
    return (
        f"On {_date(rng)} at {hour}:{minute:02d} {rng.choice(('a.m.', 'p.m.'))} "
        f"{rng.choice(_TITLES)} {rng.choice(_NAMES)} opens the {rng.randrange(2, 40)}th session."
    )


def _contact(rng: random.Random) -> str:
    name = rng.choice(_NAMES).lower().replace("'", "").replace("ü", "ue")
    return (
        f"Call +1 ({rng.randrange(200, 999)}) 555-{rng.randrange(100, 9999):04d}, or write to "
        f"{name}{rng.randrange(9)}@{rng.choice(_PLACES)} before {_date(rng)}."
    )


def _call(rng: random.Random) -> str:
    system = rng.choice(_SYSTEMS)
    return (
        f"If {rng.choice(_CALLS)}(x={rng.randrange(2000)}) returns {rng.randrange(400, 599)}, "
        f"see https://{rng.choice(_PLACES)}/v{rng.randrange(1, 9)}/{system.lower()}?page="
        f"{rng.randrange(1, 90)} and restart the {system}."
    )


def _measurement(rng: random.Random) -> str:
    return (
        f"Sensor {rng.choice('ABCDEFGH')}-{rng.randrange(10, 999)} read -{_figure(rng)} °C, i.e. "
        f"{rng.randrange(2, 9)}/{rng.randrange(10, 16)} of the {_count(rng)} {rng.choice(_UNITS)} "
        f"allowed (see § {rng.randrange(1, 30)})."
    )


def _count(rng: random.Random) -> str:
    return f"{rng.randrange(1_000, 2_000_000):,}"


def _figure(rng: random.Random) -> str:
    return f"{rng.uniform(0.1, 99):.{rng.randrange(1, 3)}f}"


def _date(rng: random.Random) -> str:
    day, month, year = rng.randrange(1, 29), rng.choice(_MONTHS), rng.randrange(1987, 2040)
    return rng.choice((f"{month} {day}, {year}", f"{day} {month} {year}", f"{year}-06-{day:02d}"))
