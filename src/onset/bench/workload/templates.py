"""Sentence templates: each takes random numbers and gives one sentence. Words: `data/texts.toml`.

The order of the draws counts: another order gives other texts for a seed.
"""

import random
import tomllib
from importlib.resources import files

_WORDS: dict[str, list[str]] = tomllib.loads(
    files("onset").joinpath("data", "texts.toml").read_text("utf-8")
)


def two_words(rng: random.Random) -> str:
    """The shortest text: an adjective and a noun."""
    return f"{_word(rng, 'adjectives')} {_word(rng, 'things')}."


def plain_sentence(rng: random.Random) -> str:
    """A statement without a comma."""
    return f"{_capital(_statement(rng))}."


def sentence_with_comma(rng: random.Random) -> str:
    """Two statements, or a subordinate clause and a statement."""
    if rng.random() < 0.3:
        link = rng.choice(("and", "but", "so"))
        return f"{_capital(_statement(rng))}, {link} {_statement(rng)}."
    opening = f"{_word(rng, 'conjunctions')} {_word(rng, 'events')}{_word(rng, 'moments')}"
    return f"{opening}, {_statement(rng)}."


def prose_sentence(rng: random.Random) -> str:
    """A sentence with or without a comma."""
    return plain_sentence(rng) if rng.random() < 0.4 else sentence_with_comma(rng)


def run_on_sentence(rng: random.Random) -> str:
    """Five to eight statements joined by "and", without a comma."""
    parts = [_statement(rng) for _ in range(rng.randrange(5, 9))]
    return f"{_capital(' and '.join(parts))}."


def short_sentence(rng: random.Random) -> str:
    """Who did what, and perhaps when."""
    statement = f"{_word(rng, 'people')} {_word(rng, 'actions')}{_word(rng, 'moments')}"
    return f"{_capital(statement)}."


def complex_sentence(rng: random.Random) -> str:
    """A sentence of numbers, dates, amounts, names, addresses or code."""
    return rng.choice((_release, _invoice, _meeting, _contact, _call, _measurement))(rng)


def unicode_sentence(rng: random.Random) -> str:
    """A sentence with emoji and words of other scripts in it."""
    number = rng.randrange(2, 9_000)
    word, other = rng.sample(_WORDS["foreign"], 2)
    return rng.choice(
        (
            f"Box {number} {_word(rng, 'emoji')} came from {word}, and the label said “{other}”.",
            f"Room {number} is called {word} {_word(rng, 'emoji')}; next to it is {other}…",
            f"Song {number}, “{word}”, made everyone think of {other} {_word(rng, 'emoji')}!",
        )
    )


def _release(rng: random.Random) -> str:
    major, minor, patch = rng.randrange(1, 30), rng.randrange(20), rng.randrange(20)
    system, other = rng.sample(_WORDS["systems"], 2)
    return (
        f"Version {major}.{minor}.{patch} of the {system} server handles {_count(rng)} "
        f"{other} requests per second at {_figure(rng)} {_word(rng, 'units')}."
    )


def _invoice(rng: random.Random) -> str:
    sign = _word(rng, "currencies")
    return (
        f"Invoice #{rng.randrange(1000, 99999)} for {sign}{_count(rng)}.{rng.randrange(10, 99)} "
        f"is due on {_date(rng)}, or {rng.randrange(2, 15)}.5% is added."
    )


def _meeting(rng: random.Random) -> str:
    hour, minute = rng.randrange(1, 12), rng.choice((5, 15, 30, 45, 50))
    return (
        f"On {_date(rng)} at {hour}:{minute:02d} {rng.choice(('a.m.', 'p.m.'))} "
        f"{_word(rng, 'titles')} {_word(rng, 'surnames')} opens the "
        f"{rng.randrange(2, 40)}th session."
    )


def _contact(rng: random.Random) -> str:
    name = _word(rng, "surnames").lower().replace("'", "").replace("ü", "ue")
    return (
        f"Call +1 ({rng.randrange(200, 999)}) 555-{rng.randrange(100, 9999):04d}, or write to "
        f"{name}{rng.randrange(9)}@{_word(rng, 'hosts')} before {_date(rng)}."
    )


def _call(rng: random.Random) -> str:
    system = _word(rng, "systems")
    return (
        f"If {_word(rng, 'calls')}(x={rng.randrange(2000)}) returns {rng.randrange(400, 599)}, "
        f"see https://{_word(rng, 'hosts')}/v{rng.randrange(1, 9)}/{system.lower()}?page="
        f"{rng.randrange(1, 90)} and restart the {system}."
    )


def _measurement(rng: random.Random) -> str:
    return (
        f"Sensor {rng.choice('ABCDEFGH')}-{rng.randrange(10, 999)} read -{_figure(rng)} °C, i.e. "
        f"{rng.randrange(2, 9)}/{rng.randrange(10, 16)} of the {_count(rng)} {_word(rng, 'units')} "
        f"allowed (see § {rng.randrange(1, 30)})."
    )


def _count(rng: random.Random) -> str:
    return f"{rng.randrange(1_000, 2_000_000):,}"


def _figure(rng: random.Random) -> str:
    return f"{rng.uniform(0.1, 99):.{rng.randrange(1, 3)}f}"


def _date(rng: random.Random) -> str:
    day, month, year = rng.randrange(1, 29), _word(rng, "months"), rng.randrange(1987, 2040)
    return rng.choice((f"{month} {day}, {year}", f"{day} {month} {year}", f"{year}-06-{day:02d}"))


def _statement(rng: random.Random) -> str:
    return f"{_word(rng, 'people')} {_word(rng, 'actions')}{_word(rng, 'endings')}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _word(rng: random.Random, kind: str) -> str:
    return rng.choice(_WORDS[kind])
