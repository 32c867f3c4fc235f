"""Which frames of a segment are kept: the model surrounds speech with up to a second of silence."""

from dataclasses import dataclass

import numpy as np

from onset.model.backend import DECODER_FRAME_SAMPLES, Prosody
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

LEAD, TAIL, REST = 2, 4, 2
"""Decoder frames (12.5 ms) kept before the audible onset, behind the last faint frame, and behind
the last frame of the tail."""


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """Decoder frames [begin, end) of a segment, the last `quiet` of them faint or silent.

    tail_frames: nearly silent frames behind `end`, to be mixed into what follows. first: index of
    the first sample kept, in the whole decode; length: samples before what follows may begin; tail:
    samples of the tail behind them.
    """

    begin: int
    end: int
    quiet: int
    tail_frames: int

    @property
    def first(self) -> int:
        return self.begin * DECODER_FRAME_SAMPLES

    @property
    def length(self) -> int:
        return (self.end - self.begin) * DECODER_FRAME_SAMPLES

    @property
    def tail(self) -> int:
        return self.tail_frames * DECODER_FRAME_SAMPLES


def audible_span(prosody: Prosody) -> FrameSpan:
    """Which frames of a segment to keep. All, if none seems audible."""
    (audible,) = np.nonzero(prosody.energy > AUDIBLE_ENERGY)
    if not len(audible):
        return FrameSpan(0, prosody.frames, 0, 0)
    faint = int(np.flatnonzero(prosody.energy > FAINT_ENERGY)[-1]) + 1
    end = min(prosody.frames, faint + TAIL)
    tail_end = min(prosody.frames, faint + _tail_frames(prosody.energy[faint:]) + REST)
    return FrameSpan(max(0, int(audible[0]) - LEAD), end, end - faint, max(0, tail_end - end))


def _tail_frames(energy: Floats) -> int:
    """How many frames behind the last faint one are not silent yet."""
    rises = (energy > np.minimum.accumulate(energy) + RISE) & (energy > STIRRING_ENERGY)
    (frames,) = np.nonzero(rises | (energy > SILENT_ENERGY))
    return int(frames[-1]) + 1 if len(frames) else 0


def pause_samples(pause: float, before: FrameSpan) -> int:
    """Samples of silence to add behind a segment for a pause of `pause` seconds.

    The near silence that the two segments keep at their join is part of the pause.
    """
    near = (before.quiet + LEAD) * DECODER_FRAME_SAMPLES
    return max(0, round(pause * SAMPLE_RATE) - near)
