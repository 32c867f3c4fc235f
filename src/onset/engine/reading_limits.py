"""How much of a sentence is read at once, and how much of it is decoded before its trunk is there.

The whole sentence, where that makes nobody wait. Both are decided by counting phonemes and frames
at the machine's pace, never by a clock, so that the same request gives the same samples.
"""

from itertools import chain, repeat

from onset.engine.playout_budget import FRAME, RESERVE, work
from onset.engine.span_decoding import CONTEXT, FIRST_STEPS, JOINED_CONTEXT, STEP
from onset.model.backend import STAGE_0_SHARE, STAGE_1_SHARE, Shares
from onset.types import MAX_PHONEMES

FIRST_READING = 64
"""Phonemes read before the first sound of an answer, unless nothing waits for more.

Reading 64 instead of 30 takes about as long as computing the trunk for all of those 30 did
(docs/log/2026-11-29-whole-sentences.md).
"""

PHONEME_SECONDS = 0.07
"""Seconds of speech of a phoneme: English at speed 1."""

FASTEST_PACE, SLOWEST_PACE = 0.12, 0.75
"""Paces are taken to be within these. A machine of pace 1 decodes as fast as it plays, at best, so
nothing could ever be prepared; it is treated as the faster of those that are told 1."""

CHOOSING_PACE = 0.5
"""Pace up to which the next reading is as long as can be made behind what is decoded when it is
asked for, so that there is time to choose a border. Slower machines rarely have that time: for them
it is as long as can be made behind the border that was planned, so that they join less often."""

LONGEST_OPENING = 80
"""Decoder frames (1 s) decoded at most without the whole trunk."""

SHORTEST_OPENED = 200
"""Decoder frames (2.5 s, silence included) from which on a reading's trunk is begun in part.

The trunk of less is computed in nearly the time that the smallest part takes."""

OPENED_SPEEDS = (0.7, 1.6)
"""Speeds at which an answer is opened: beyond, its statistics are predicted half as well again, and
it begins with the whole trunk of its first reading."""

SHORTEST_REST = 40
"""Decoder frames (0.5 s) behind an opening for which the whole trunk is computed. Less than that is
decoded as the opening is."""


def most_phonemes(pace: float, decoded: int, shares: Shares) -> int:
    """How many phonemes may be read next, after an answer's first `decoded` phonemes.

    As many as can be read, and their trunk computed, while what was decoded plays.
    """
    if not decoded:
        return FIRST_READING
    pace = min(max(pace, FASTEST_PACE), SLOWEST_PACE)
    affordable = decoded * (1 - pace) / (sum(shares) * pace)
    return min(MAX_PHONEMES, max(FIRST_READING, int(affordable)))


def before_rest(pace: float, frames: int, shares: Shares) -> float:
    """Seconds of work before the first step behind an opening: a whole trunk, and the join."""
    joined = JOINED_CONTEXT + CONTEXT + STEP
    generator = work(pace, STAGE_0_SHARE + STAGE_1_SHARE, joined, 1)
    return work(pace, shares.trunk, frames) + generator


def opening_frames(pace: float, frames: int, shares: Shares) -> int:
    """How many frames are decoded of a reading of `frames` before its whole trunk is computed.

    Until what they leave the listener lasts for the trunk and for joining what follows.
    """
    generator, needed = STAGE_0_SHARE + STAGE_1_SHARE, before_rest(pace, frames, shares) + RESERVE
    ahead, total = 0.0, 0
    for size in chain(FIRST_STEPS, repeat(STEP)):
        ahead += size * FRAME - (work(pace, generator, size, 1) if total else 0.0)
        total += size
        if ahead >= needed or total >= LONGEST_OPENING:
            return min(total, LONGEST_OPENING)
    raise AssertionError("The steps never end.")
