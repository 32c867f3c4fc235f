"""Which sentences are listened to: held-out ones, long enough that streaming has to divide them.

The choice is fixed: the same arguments give the same items.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from onset.errors import InvalidRequest
from onset.model.voice_styles import language

COUNT = 12
"""Sentences of a test. Each is a question of every comparison, so a round takes ten minutes."""

VOICES_HEARD = ("af_heart", "am_michael", "bf_emma", "bm_george", "af_bella", "am_fenrir")
"""Voices of a test where none are named: both accents, both genders, in turn."""

SHORTEST, LONGEST = 60, 150
"""Letters of a sentence, about as many phonemes: at least twice what was decoded first when
sentences were cut (30 phonemes), and no more than a listener keeps in mind, some ten seconds."""

END = "[.!?…。！？।]"
INNER_END = re.compile(END + r"\W+\w")
"""A sentence's end with more behind it."""

WHOLE = re.compile(rf"[^a-z].*{END}[”’»」\"']*", re.DOTALL)
"""A line that begins as a sentence does, and ends as one."""


@dataclass(frozen=True, slots=True)
class ListeningItem:
    """A sentence and who speaks it."""

    text: str
    voice: str


def long_sentences(lines: Sequence[str]) -> list[str]:
    """Those lines that are one sentence of SHORTEST to LONGEST letters."""
    single = [line for line in lines if WHOLE.fullmatch(line) and not INNER_END.search(line)]
    return [line for line in single if SHORTEST <= letters(line) <= LONGEST]


def letters(line: str) -> int:
    """Characters of a line; one of Chinese or Japanese counts as two, for it is so many sounds."""
    return len(line) + sum(east_asian_width(character) in "WF" for character in line)


def plan_listening(
    voices: Sequence[str], count: int, lines: Mapping[str, Sequence[str]]
) -> list[ListeningItem]:
    """`count` sentences, the voices in turn, no sentence twice.

    lines: held-out lines by language. Raises InvalidRequest if there are too few of a language.
    """
    speakers = [voices[k % len(voices)] for k in range(count)]
    wanted, used = Counter(map(_base, speakers)), Counter[str]()
    items = []
    for voice in speakers:
        code, own = _base(voice), long_sentences(lines[language(voice)])
        if wanted[code] > len(own):
            few = f"There are {len(own)} held-out sentences of {SHORTEST} to {LONGEST} letters"
            raise InvalidRequest(f"{few} in {code}, not {wanted[code]}.", "sentences")
        items.append(ListeningItem(own[used[code] * len(own) // wanted[code]], voice))
        used[code] += 1
    return items


def _base(voice: str) -> str:
    """The language without its country: both kinds of English have the same lines."""
    return language(voice).partition("-")[0]
