"""What the quality gate speaks: all voices and speeds, mixes and edge cases, on held-out texts.

A text is held out if it is in no corpus that anything was fitted on. The choice is fixed: the same
arguments give the same items.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import zip_longest
from math import ceil

from onset.model.voice_styles import VOICES, language, parse
from onset.types import Request

SPEEDS = (0.5, 0.75, 1.0, 1.5, 2.0)

LINES = 24
"""Held-out lines for each voice at speed 1, as far as its language has so many."""

SHARE = 4
"""Of these, one in SHARE at each other speed and for each mix."""

_DATA = tomllib.loads((resources.files("onset") / "data" / "gate.toml").read_text("utf-8"))

MIXES: tuple[str, ...] = tuple(_DATA["mixes"])
BREATH: str = _DATA["breath"].strip()

EDGES = ("Yes.", "No?", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ", *"0123456789")

GOLDEN = 0.618034
"""The golden ratio less one. Its multiples modulo 1 are spread evenly, however many there are."""


@dataclass(frozen=True, slots=True)
class GateItem:
    """A request of the gate. group: "voice", "speed", "mix" or "edge".

    held_out: whether the text is in no corpus that anything was fitted on.
    """

    group: str
    request: Request
    held_out: bool = True


def plan_items(
    voices: Sequence[str],
    speeds: Sequence[float],
    count: int,
    lines: Mapping[str, Sequence[str]],
    corpus: Collection[str],
) -> list[GateItem]:
    """Every request of the gate, voices in turn, so that a run that is stopped has seen them all.

    count: lines for each voice at speed 1. lines: held-out lines by language, as in VOICES. corpus:
    lines used for fitting. Mixes and edges are spoken only by voices that were asked for.
    """
    items = _in_turn([_voice(voice, k, speeds, count, lines) for k, voice in enumerate(voices)])
    if 1.0 in speeds:
        mixes = [mix for mix in MIXES if {name for name, _ in parse(mix)} <= set(voices)]
        turns = [_lines("mix", mix, 1.0, k, count // SHARE, lines) for k, mix in enumerate(mixes)]
        items += [*_in_turn(turns), *_edges(voices, count, set(corpus))]
    return items


def _voice(
    voice: str, k: int, speeds: Sequence[float], count: int, lines: Mapping[str, Sequence[str]]
) -> list[GateItem]:
    """The k-th voice's items, those at speed 1 first."""
    items = []
    for speed in sorted(speeds, key=lambda speed: abs(speed - 1.0)):
        group, size = ("voice", count) if speed == 1.0 else ("speed", count // SHARE)
        items += _lines(group, voice, speed, k + round(100 * speed), size, lines)
    return items


def _lines(
    group: str, voice: str, speed: float, k: int, count: int, lines: Mapping[str, Sequence[str]]
) -> list[GateItem]:
    """`count` (at least one) held-out lines of the voice's language, from short to long.

    Lines in order of length are cut into `count` equal parts. One is taken of each, another for
    each k.
    """
    own = sorted(lines.get(language(voice), ()), key=lambda line: (len(line), line))
    count = min(max(1, count), len(own))
    within = [(GOLDEN * (k + i * len(VOICES))) % 1.0 for i in range(count)]
    chosen = [own[int((i + share) * len(own) / count)] for i, share in enumerate(within)]
    return [GateItem(group, Request(line, voice, speed)) for line in chosen]


def _in_turn(turns: Sequence[Sequence[GateItem]]) -> list[GateItem]:
    """The first of each, then the second of each, and so on."""
    return [item for turn in zip_longest(*turns) for item in turn if item is not None]


def _edges(voices: Sequence[str], count: int, corpus: Collection[str]) -> Iterator[GateItem]:
    """Letters, digits, "Yes." and "No?", two English voices each; the breath by four.

    Fewer of them where fewer lines than LINES are wanted.
    """
    english = [voice for voice in voices if VOICES[voice].language.startswith("en")]
    if not english:
        return
    fewer = max(1, LINES // count)
    for k, text in enumerate(EDGES[::fewer]):
        for voice in dict.fromkeys(english[(2 * k + n) % len(english)] for n in range(2)):
            fitted = any(text.strip(".?") == line.strip(".?!") for line in corpus)
            yield GateItem("edge", Request(text, voice), not fitted)
    for voice in english[:: fewer * ceil(len(english) / 4)]:
        yield GateItem("edge", Request(BREATH, voice))
