"""Joins: where one decode of a sentence goes over into another, inside the sentence.

The two overlap at a word's border and are crossfaded. Where they are from different readings the
later one starts with the pitch, the energy and the phase that the earlier one ends with, and is led
over into its own.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from onset.model.backend import FrontOutput
from onset.model.harmonic_source import phase_at
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
