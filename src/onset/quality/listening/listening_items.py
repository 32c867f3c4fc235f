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

INNER_END = re.compile(r"[.!?…。！？।]\W+\w")
"""A sentence's end with more behind it."""


@dataclass(frozen=True, slots=True)
class ListeningItem:
    """A sentence and who speaks it."""

    text: str
    voice: str


def long_sentences(lines: Sequence[str]) -> list[str]:
    """Those lines that are one sentence of SHORTEST to LONGEST letters."""
    return [
        line
        for line in lines
        if SHORTEST <= letters(line) <= LONGEST and not INNER_END.search(line)
    ]


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
    wanted, used = Counter(map(language, speakers)), Counter[str]()
    items = []
    for voice in speakers:
        code = language(voice)
        own = long_sentences(lines[code])
        if wanted[code] > len(own):
            few = f"There are {len(own)} held-out sentences of {SHORTEST} to {LONGEST} letters"
            raise InvalidRequest(f"{few} in {code}, not {wanted[code]}.", "sentences")
        items.append(ListeningItem(own[used[code] * len(own) // wanted[code]], voice))
        used[code] += 1
    return items
