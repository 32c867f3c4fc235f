"""One segment's prosody to its audible samples, a step at a time.

Decides where to begin and to stop (the model surrounds speech with up to a second of silence), and
how large each step is. Knows nothing of text, voices, other segments or who listens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from onset.engine.playout_budget import PlayoutBudget
from onset.model.backend import STEP_SAMPLES, AdainStatistics, Backend, Prosody
from onset.model.costs import STAGE_1
from onset.types import SAMPLE_RATE, Floats, Halt, Pause

AUDIBLE_ENERGY = -1.0
"""Energy (the model's own curve: -9.5 in silence, 8 in vowels) at which speech becomes audible.

Over the calibration corpus the samples cross -40 dBFS within one frame of this (docs/log.md).
"""

FAINT_ENERGY = -3.0
"""The same for the end, where a last consonant fades: what follows may begin there. Hardly anything
behind is above -50 dBFS (docs/log.md)."""

SILENT_ENERGY = -7.0
"""What is left rings out until it is below this for good: the noise of -65 dBFS that some voices
hold for half a second behind their last word."""

RISE, STIRRING_ENERGY = 0.5, -8.7
"""And if the curve rises by so much once more, to more than this, what happens there is kept too: a
late release, or a click of the model's own (docs/log.md)."""

LEAD, TAIL, REST = 2, 4, 2
"""Decoder frames (12.5 ms) kept before the audible onset, behind the last faint frame, and behind
the last one that rings."""

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

WORTH = (0.05, 0.5)
"""Share of a segment that must be left for refining stage 0, and stage 1, to be worth the work.

Little for stage 0, which most errors come from; for stage 1, which is twice the work and does again
what was heard already, a half.
"""

TWICE = 0.07
"""Seconds of work for each second of a segment that may be done a second time when it is refined.

On the machines the gate was run on (pace 0.25) that is the half above. On slower ones, which come
to it later, it would make an answer a tenth dearer than decoding it whole (docs/log.md).
"""

SHORT, SHORT_WORTH = 130, 0.1
"""Frames of a segment up to which so small a share is enough for stage 1 too.

A word or two, silence included: what is predicted for so little is furthest off, and all the work
is little.
"""

LONG = 800
"""Frames (10 s) of a segment beyond which stage 1 is not decoded whole.

Its largest piece of work takes 150 ms then on two fast cores, and somebody new may have to wait for
it; its tensors are 25 MB, and several are in use at once.
"""

KNEE, CEILING = 0.8, 0.998
"""Louder samples are bent, as a limiter does, so that none of what the model overdoes is cut flat:
some voices exceed full scale by a fifth, one by two fifths."""

STEP = 16
"""Frames of every later step: 200 ms, where a frame costs what it costs in a whole decode."""


def steps(first: bool) -> Iterator[int]:
    """Sizes of the steps of a segment: the first segment of an answer begins small."""
    if first:
        yield from FIRST_STEPS
    while True:
        yield STEP


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """Decoder frames [begin, end) of a segment, the last `quiet` of them heard faintly at most.

    ringing: frames behind `end`, nearly silent, that are heard together with what follows.
    """

    begin: int
    end: int
    quiet: int
    ringing: int

    @property
    def first(self) -> int:
        """The place in the whole decode of the first sample that is heard."""
        return self.begin * STEP_SAMPLES

    @property
    def length(self) -> int:
        """How many samples are heard before what follows may begin."""
        return (self.end - self.begin) * STEP_SAMPLES

    @property
    def tail(self) -> int:
        """How many samples ring out behind them."""
        return self.ringing * STEP_SAMPLES


def span(prosody: Prosody) -> FrameSpan:
    """What to keep of a segment. Everything, if nothing seems audible."""
    (audible,) = np.nonzero(prosody.energy > AUDIBLE_ENERGY)
    if not len(audible):
        return FrameSpan(0, prosody.frames, 0, 0)
    faint = int(np.flatnonzero(prosody.energy > FAINT_ENERGY)[-1]) + 1
    end = min(prosody.frames, faint + TAIL)
    rung = min(prosody.frames, faint + _ringing(prosody.energy[faint:]) + REST)
    return FrameSpan(max(0, int(audible[0]) - LEAD), end, end - faint, max(0, rung - end))


def _ringing(energy: Floats) -> int:
    """How many frames behind the last faint one are not silent yet."""
    stirs = (energy > np.minimum.accumulate(energy) + RISE) & (energy > STIRRING_ENERGY)
    (found,) = np.nonzero(stirs | (energy > SILENT_ENERGY))
    return int(found[-1]) + 1 if len(found) else 0


def silence(pause: float, ended: FrameSpan) -> int:
    """Samples to be put behind a segment for a pause of so many seconds: what it lacks.

    What the two segments keep of near silence at their join is part of the pause.
    """
    near = (ended.quiet + LEAD) * STEP_SAMPLES
    return max(0, round(pause * SAMPLE_RATE) - near)


def vocode(
    backend: Backend,
    prosody: Prosody,
    place: FrameSpan,
    statistics: AdainStatistics | None,
    sizes: Iterator[int],
    lead: PlayoutBudget,
    halt: Halt,
) -> Iterator[Floats | Pause]:
    """The samples of a segment's span and of its tail, float32, faded at both ends.

    TURN wherever others may have their turn. Begins with the statistics given, and refines what is
    predicted as soon as `lead` affords it; without any, all is refined first. Raises Halted.
    """
    start = max(0, place.begin - CONTEXT)
    decoder = backend.decoder(prosody, statistics, start, halt)
    position, done, total = start * STEP_SAMPLES - place.first, 0, place.length + place.tail
    while decoder.remaining and done < total:
        left = (total - done) / STEP_SAMPLES / prosody.frames
        while decoder.predicted and (
            statistics is None or _pays(decoder.predicted, left, prosody.frames, lead)
        ):
            lead.works(decoder.predicted[0], prosody.frames)
            yield from (Pause.TURN for _ in decoder.refine())
        size = next(sizes)
        samples = decoder.step(size)
        lead.works(sum(decoder.predicted), size, 1)
        kept = samples[max(0, -position) : total - position]
        position += len(samples)
        if len(kept):
            lead.hears(max(0, min(len(kept), place.length - done)))
            yield _faded(kept, done, total)
            done += len(kept)


def _pays(predicted: Sequence[float], left: float, frames: int, lead: PlayoutBudget) -> bool:
    """Whether to refine the next part now. left: share of the segment that is still to be heard."""
    stage, worth = predicted[0], WORTH[-len(predicted)]
    if frames > LONG and stage == STAGE_1:
        return False
    if frames <= SHORT:
        worth = min(worth, SHORT_WORTH)
    elif lead.pace * stage * (1 - left) > TWICE:
        return False
    return left >= worth and lead.affords(stage, frames)


def _faded(samples: Floats, position: int, total: int) -> Floats:
    """samples[position : ...] of a segment of `total`, with the fades that fall there."""
    out = samples.copy()
    if position < FADE_IN:
        out *= _ramp(position, len(out), FADE_IN)
    if total - position - len(out) < FADE_OUT:
        out *= _ramp(total - position - len(out), len(out), FADE_OUT)[::-1]
    return out


def limited(samples: Floats) -> Floats:
    """What is louder than KNEE bent to below CEILING, smoothly; all else as it is."""
    loud = np.abs(samples) - np.float32(KNEE)
    if not (loud > 0).any():
        return samples
    room = np.float32(CEILING - KNEE)
    bent = np.copysign(KNEE + room * np.tanh(loud / room), samples)
    out: Floats = np.where(loud > 0, bent, samples).astype(np.float32)
    return out


def _ramp(position: int, count: int, length: int) -> Floats:
    """A raised cosine, which begins and ends level: a straight ramp left a click of -40 dBFS where
    an affricate begins."""
    rising = (np.arange(position, position + count) + 0.5) / length
    ramp: Floats = (np.sin(np.pi / 2 * np.minimum(rising, 1.0)) ** 2).astype(np.float32)
    return ramp


def split(samples: Floats, size: int) -> Sequence[Floats]:
    """Pieces of at most `size` samples."""
    return [samples[i : i + size] for i in range(0, len(samples), size)]
