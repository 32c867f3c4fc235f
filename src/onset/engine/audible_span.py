"""Which frames of a reading are kept: the model surrounds speech with up to a second of silence."""

from dataclasses import dataclass, replace

import numpy as np

from onset.model.backend import DECODER_FRAME_SAMPLES
from onset.types import SAMPLE_RATE, Floats

AUDIBLE_ENERGY = -1.0
"""Energy (the model's own curve: -9.5 in silence, 8 in vowels) at which speech becomes audible.

Over the calibration corpus the samples cross -40 dBFS within one frame of this.
Source: docs/log/2026-11-22-speech-edges.md.
"""

FAINT_ENERGY = -3.0
"""The same for the end, where a last consonant fades: what follows may begin there. Hardly anything
behind is above -50 dBFS (docs/log/2026-11-27-cut-ends.md)."""

SILENT_ENERGY = -7.0
"""The tail lasts until the energy is below this for good: some voices hold a noise of -65 dBFS for
half a second behind their last word."""

RISE, STIRRING_ENERGY = 0.5, -8.7
"""The tail is also kept up to where the curve rises by RISE once more, to above STIRRING_ENERGY: a
late release, or a click of the model's own (docs/log/2026-11-27-ringing-out.md)."""

CROSSFADE = 2
"""Decoder frames (25 ms) in which two decodes of a sentence go over into each other."""

LEAD, TAIL, REST = 2, 4, 2
"""Decoder frames (12.5 ms) kept before the audible onset, behind the last faint frame, and behind
the last frame of the tail."""


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """Decoder frames [begin, end) of a reading, the last `quiet` of them faint or silent.

    tail_frames: frames behind `end`, nearly silent or fading, to be mixed into what follows.
    joined: whether it begins, and ends, inside a sentence, where decodes are crossfaded. first:
    index of the first sample kept, in the whole decode; length: samples before what follows may
    begin; tail: samples of the tail behind them.
    """

    begin: int
    end: int
    quiet: int
    tail_frames: int
    joined: tuple[bool, bool] = (False, False)

    @property
    def first(self) -> int:
        return self.begin * DECODER_FRAME_SAMPLES

    @property
    def length(self) -> int:
        return (self.end - self.begin) * DECODER_FRAME_SAMPLES

    @property
    def tail(self) -> int:
        return self.tail_frames * DECODER_FRAME_SAMPLES


def audible_span(energy: Floats) -> FrameSpan:
    """Which frames of a reading to keep, from its energy curve [2F]. All, if none seems audible."""
    (audible,) = np.nonzero(energy > AUDIBLE_ENERGY)
    if not len(audible):
        return FrameSpan(0, len(energy), 0, 0)
    faint = int(np.flatnonzero(energy > FAINT_ENERGY)[-1]) + 1
    end = min(len(energy), faint + TAIL)
    tail_end = min(len(energy), faint + _tail_frames(energy[faint:]) + REST)
    return FrameSpan(max(0, int(audible[0]) - LEAD), end, end - faint, max(0, tail_end - end))


def joined_span(whole: FrameSpan, begin: int | None, end: int | None) -> FrameSpan:
    """The part of an audible span between joins at the frames `begin` and `end`, where there are.

    At a join CROSSFADE frames behind the end are its tail, fading as what follows begins.
    """
    joined = begin is not None, end is not None
    first = whole.begin if begin is None else begin
    if end is None:
        return replace(whole, begin=min(first, whole.end - 1), joined=joined)
    return FrameSpan(first, max(end, first + 1), 0, CROSSFADE, joined)


def _tail_frames(energy: Floats) -> int:
    """How many frames behind the last faint one are not silent yet."""
    rises = (energy > np.minimum.accumulate(energy) + RISE) & (energy > STIRRING_ENERGY)
    (frames,) = np.nonzero(rises | (energy > SILENT_ENERGY))
    return int(frames[-1]) + 1 if len(frames) else 0


def pause_samples(pause: float, before: FrameSpan) -> int:
    """Samples of silence to add behind a reading for a pause of `pause` seconds.

    The near silence that the two readings keep at their join is part of the pause.
    """
    near = (before.quiet + LEAD) * DECODER_FRAME_SAMPLES
    return max(0, round(pause * SAMPLE_RATE) - near)
