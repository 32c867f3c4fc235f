"""Joins: where one decode of a sentence goes over into another, inside the sentence.

The two overlap at a word's border and are crossfaded. Where they are from different readings the
border is the one, of the last few, at which they agree best; the later one starts with the pitch,
the energy and the phase that the earlier one ends with, and is led over into its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from onset.model.backend import FrontOutput
from onset.model.harmonic_source import phase_at
from onset.text.g2p.vocabulary import audible
from onset.types import Floats, Reading

EARLY_FRAMES = 3
"""Decoder frames (37.5 ms) that speech is ahead of its tokens (word_timings.EARLY)."""

LEAD_OVER = 16
"""Decoder frames (200 ms) in which pitch and energy go over into those of the later reading.

Of pitch voiced frames count: a difference that is led over in a pause is heard as a step.
"""

COMPARED = 24
"""Decoder frames (300 ms) before a join in which the two readings are compared."""

LAST_VOICED = 4
"""Voiced frames (50 ms) that pitch is compared in: what a listener has in the ear at the join."""

LOWEST_PITCH = 50.0
"""Hz below which the curve is no pitch: it falls to 0 and rises from it at the edges of silence."""

FARTHEST = 6.0 / 12
"""Octaves of pitch that are led over at most: more is not a difference but a mistake."""

EARLIER = 4
"""Words that a join may be earlier than planned. With the best of these borders the last word's
pitch is within 1.1 semitones for 90 % of joins, with the last one within 2.4
(docs/log/2026-11-30-best-border.md)."""

UNVOICED = 1.0
"""Semitones that a border counts as where one of the readings has no pitch before it."""

OCTAVE, LENGTHENED = 12.0, 18.0
"""Semitones that a border counts as for an octave of pitch between the readings, and for a last
word that is e times as long: 15 % longer is as bad as 2.5 semitones, as in the quality gate."""


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """Where a reading was left, for the next one of the same utterance to go on from.

    frame: decoder frame of the join. turns: the source's phase at the reading's first sample.
    """

    front: FrontOutput
    frame: int
    turns: float


def border_frame(reading: Reading, front: FrontOutput, word: int) -> int:
    """The decoder frame where words[word] begins: the middle of the space before it, if any."""
    sound = "".join(w.phonemes for w in reading.words[:word])
    begins = np.cumsum(front.durations)  # begins[k]: where token k begins, in frames of 25 ms
    token = len(sound)
    border = 2 * int(begins[token])
    if sound.endswith(" "):
        border = int(begins[token - 1] + begins[token])
    return min(max(0, border - EARLY_FRAMES), len(front.f0) - 1)


def possible_ends(reading: Reading) -> tuple[int, ...]:
    """The words, counted as `Reading.end`, that a reading may be left behind, the last as planned.

    Only that one, where nothing of the utterance follows. At least one word is decoded.
    """
    if reading.last:
        return (reading.end,)
    earlier = range(max(reading.begin + 1, reading.end - EARLIER), reading.end)
    return *(k for k in earlier if _is_border(reading, k)), reading.end


def _is_border(reading: Reading, end: int) -> bool:
    """Whether words that are heard meet there, with a space between them."""
    before, behind = reading.words[end - 1 : end + 1]
    spaced = bool(before.space) or before.phonemes.endswith(" ")
    return spaced and audible(before.phonemes) and audible(behind.phonemes)


def best_end(
    reading: Reading, front: FrontOutput, later: Reading, whole: FrontOutput, ends: Sequence[int]
) -> int:
    """The one of `ends` at which two readings of the same words agree best, the last of equals.

    later: goes on behind the words of `reading`, the last of which it has before its own.
    """
    offset, known = later.begin - reading.end, dict[float, int]()
    for end in ends:
        if offset + end > 0 and reading.words[end - 1] == later.words[offset + end - 1]:
            known[_apart(reading, front, end, later, whole, offset + end)] = end
    return known[min(known)] if known else reading.end


def _apart(
    reading: Reading, front: FrontOutput, end: int, later: Reading, whole: FrontOutput, there: int
) -> float:
    """How far two readings are apart at a border, as a distance of pitch in semitones."""
    frame, other = border_frame(reading, front, end), border_frame(later, whole, there)
    octaves = abs(_pitch(front.f0, frame) - _pitch(whole.f0, other))
    pitch = UNVOICED if np.isnan(octaves) else OCTAVE * octaves
    lasts = frame - border_frame(reading, front, end - 1)
    should = other - border_frame(later, whole, there - 1)
    return float(pitch + LENGTHENED * abs(np.log(max(1, lasts) / max(1, should))))


def led_over(before: OpenEnd, front: FrontOutput, frame: int) -> tuple[FrontOutput, float]:
    """`front` as it goes on from `before` at `frame`, and its source's phase at its beginning."""
    turns = before.turns + phase_at(before.front.f0, before.frame) - phase_at(front.f0, frame)
    apart = _pitch(before.front.f0, before.frame) - _pitch(front.f0, frame)
    octaves = 0.0 if np.isnan(apart) else float(np.clip(apart, -FARTHEST, FARTHEST))
    louder = _level(before.front.energy, before.frame) - _level(front.energy, frame)
    voiced = np.cumsum(front.f0[frame:] > LOWEST_PITCH) - 1
    f0, energy = front.f0.copy(), front.energy.copy()
    f0[frame:] *= np.exp2(np.float32(octaves) * _falling(voiced))
    energy[frame:] += np.float32(louder) * _falling(np.arange(len(energy) - frame))
    return replace(front, f0=f0, energy=energy), turns % 1.0


def _falling(frames: npt.NDArray[np.int64]) -> Floats:
    """From 1 at frame 0 to 0 at LEAD_OVER, a raised cosine."""
    share = np.clip((frames + 0.5) / LEAD_OVER, 0, 1)
    return (0.5 + 0.5 * np.cos(np.pi * share)).astype(np.float32)


def _pitch(f0: Floats, frame: int) -> float:
    """Pitch in octaves of the last voiced frames before `frame`; NaN if there are none."""
    near = f0[max(0, frame - COMPARED) : frame]
    voiced = near[near > LOWEST_PITCH][-LAST_VOICED:]
    return float(np.log2(voiced).mean()) if len(voiced) else float("nan")


def _level(energy: Floats, frame: int) -> float:
    return float(energy[max(0, frame - COMPARED) : frame].mean()) if frame else 0.0
