"""One segment's prosody to its audible samples, a step at a time.

Decides where to begin and to stop (the model surrounds speech with up to a second of silence), and
how large each step is. Knows nothing of text, voices, other segments or who listens.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from onset.model import STEP_SAMPLES, Backend, Prosody, Statistics
from onset.types import Floats, Halt

AUDIBLE_ENERGY = -1.0
"""Energy (the model's own curve: -9.5 in silence, 8 in vowels) at which speech becomes audible.

Over the calibration corpus the samples cross -40 dBFS within one frame of this (docs/log.md).
"""

FAINT_ENERGY = -3.0
"""The same for the end, where a last consonant fades: lower, so that none is cut."""

LEAD, TAIL = 2, 4
"""Decoder frames (12.5 ms) kept before the audible onset and after the last faint frame."""

EDGES = (LEAD + TAIL) * 0.0125
"""Seconds of near silence that two segments leave at a join; a pause includes them."""

CONTEXT = 1
"""Decoder frames generated before the first one kept.

The generator is started in the model's leading silence as if the utterance began there. Against
the whole decode that is 40 dB below the speech without context, 51 dB with one frame, 64 with two;
a frame costs 7 ms of the time to first audio, and the fade hides the rest.
"""

FADE_IN = int(0.010 * 24_000)
FADE_OUT = int(0.020 * 24_000)
"""Samples faded at the two ends, so that no join clicks."""

FIRST_STEPS = (5, 4, 4, 5, 6, 8, 10, 12)
"""Decoder frames of the first steps of an answer: small to be soon, growing with the lead.

A step of n frames costs about (14 + 6 n) ms on two cores and yields 12.5 n ms of audio, the first
CONTEXT less and a hop more. Each costs at most three quarters of what is ahead of the listener.
"""

STEP = 16
"""Frames of every later step: 200 ms, where a frame costs what it costs in a whole decode."""


def steps(first: bool) -> Iterator[int]:
    """Sizes of the steps of a segment: the first segment of an answer begins small."""
    if first:
        yield from FIRST_STEPS
    while True:
        yield STEP


def span(prosody: Prosody) -> tuple[int, int]:
    """First and last decoder frame (exclusive) to keep. Everything, if nothing seems audible."""
    audible = np.flatnonzero(prosody.energy > AUDIBLE_ENERGY)
    if not len(audible):
        return 0, prosody.frames
    faint = np.flatnonzero(prosody.energy > FAINT_ENERGY)
    begin = max(0, int(audible[0]) - LEAD)
    return begin, min(prosody.frames, int(faint[-1]) + 1 + TAIL)


def kept(prosody: Prosody) -> tuple[int, int]:
    """The first sample of the whole decode that is heard, and how many are."""
    begin, end = span(prosody)
    return begin * STEP_SAMPLES, (end - begin) * STEP_SAMPLES


def vocode(
    backend: Backend,
    prosody: Prosody,
    statistics: Statistics | None,
    sizes: Iterator[int],
    halt: Halt,
) -> Iterator[Floats]:
    """The audible samples of a segment, float32 in [-1, 1], faded at both ends.

    What comes out does not depend on the sizes of the steps. Raises Halted.
    """
    begin, end = span(prosody)
    start = max(0, begin - CONTEXT)
    decoder = backend.decoder(prosody, statistics, start, halt)
    position, done, total = (start - begin) * STEP_SAMPLES, 0, (end - begin) * STEP_SAMPLES
    while decoder.remaining and done < total:
        samples = decoder.step(next(sizes))
        kept = samples[max(0, -position) : total - position]
        position += len(samples)
        if len(kept):
            yield _faded(kept, done, total)
            done += len(kept)


def _faded(samples: Floats, position: int, total: int) -> Floats:
    """samples[position : ...] of a segment of `total`, clipped, with the fades that fall there."""
    out = np.clip(samples, -1.0, 1.0)
    if position < FADE_IN:
        out *= _ramp(position, len(out), FADE_IN)
    if total - position - len(out) < FADE_OUT:
        out *= _ramp(total - position - len(out), len(out), FADE_OUT)[::-1]
    return out


def _ramp(position: int, count: int, length: int) -> Floats:
    rising = (np.arange(position, position + count) + 0.5) / length
    return np.minimum(rising, 1.0).astype(np.float32)


def split(samples: Floats, size: int) -> Sequence[Floats]:
    """Pieces of at most `size` samples."""
    return [samples[i : i + size] for i in range(0, len(samples), size)]
