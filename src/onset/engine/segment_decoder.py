"""One segment's prosody to its audible samples, a step at a time.

Decides how large each step is, and when it pays to refine what was predicted.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat

from onset.engine.audible_span import FrameSpan
from onset.engine.dsp import fade
from onset.engine.playout_budget import PlayoutBudget
from onset.model.backend import (
    DECODER_FRAME_SAMPLES,
    STAGE_1_SHARE,
    AdainStatistics,
    Backend,
    Prosody,
)
from onset.types import Floats, Halt, Pause

CONTEXT = 1
"""Decoder frames generated before the first one kept.

The generator is started in the model's leading silence as if the utterance began there. Against
the whole decode that is 40 dB below the speech without context, 51 dB with one frame, 64 with two;
a frame costs 7 ms of the time to first audio, and the fade hides the rest.
"""

FIRST_STEPS = (5, 4, 4, 5, 6, 8, 10, 12)
"""Decoder frames of the first steps of an answer: small to be soon, growing with the buffer.

A step of n frames costs about (14 + 6 n) ms on two cores and yields 12.5 n ms of audio, the first
CONTEXT less and a hop more. Each costs at most three quarters of what the listener has buffered.
"""

WORTH = (0.05, 0.5)
"""Share of a segment that must be left for refining stage 0, and stage 1, to be worth the work.

Little for stage 0, where most errors come from. A half for stage 1, which is twice the work and
does again what was heard already.
"""

TWICE = 0.07
"""Seconds of work for each second of a segment that may be done a second time when it is refined.

On the machines of the quality gate (pace 0.25) that is the half above. On slower machines, which
refine later, a half would cost a tenth more than decoding the answer whole.
Source: docs/log/2026-11-27-cost-by-pace.md.
"""

SHORT, SHORT_WORTH = 130, 0.1
"""In a segment of at most SHORT frames, a share of SHORT_WORTH is enough for stage 1 too.

That is a word or two, silence included: predictions for so little are furthest off, and all the
work is little.
"""

LONG = 800
"""Frames (10 s) of a segment beyond which stage 1 is not decoded whole.

Its largest piece of work would take 150 ms on two fast cores, for which a new listener may have to
wait; its tensors are 25 MB, and several are in use at once.
"""

STEP = 16
"""Frames of every later step: 200 ms, where a frame costs what it costs in a whole decode."""


def step_sizes(first: bool) -> Iterator[int]:
    """Frames of each step of a segment; those of an answer's first segment begin small."""
    return chain(FIRST_STEPS if first else (), repeat(STEP))


def decode_segment(
    backend: Backend,
    prosody: Prosody,
    span: FrameSpan,
    statistics: AdainStatistics | None,
    sizes: Iterator[int],
    budget: PlayoutBudget,
    halt: Halt,
) -> Iterator[Floats | Pause]:
    """The samples of a segment's span and of its tail, float32, faded at both ends.

    TURN wherever another request may have its turn. Starts with the given statistics, and refines
    what is predicted as soon as `budget` affords it; without any, all is refined first. Raises
    Halted.
    """
    start = max(0, span.begin - CONTEXT)
    decoder = backend.decoder(prosody, statistics, start, halt)
    position, done, total = start * DECODER_FRAME_SAMPLES - span.first, 0, span.length + span.tail
    while decoder.remaining and done < total:
        left = (total - done) / DECODER_FRAME_SAMPLES / prosody.frames
        while decoder.unrefined_shares and (
            statistics is None or _pays(decoder.unrefined_shares, left, prosody.frames, budget)
        ):
            budget.spend(decoder.unrefined_shares[0], prosody.frames)
            yield from (Pause.TURN for _ in decoder.refine())
        size = next(sizes)
        samples = decoder.step(size)
        budget.spend(sum(decoder.unrefined_shares), size, 1)
        kept = samples[max(0, -position) : total - position]
        position += len(samples)
        if len(kept):
            budget.produced(max(0, min(len(kept), span.length - done)))
            yield fade(kept, done, total)
            done += len(kept)


def _pays(predicted: Sequence[float], left: float, frames: int, budget: PlayoutBudget) -> bool:
    """Whether to refine the next part now. left: share of the segment still to be played."""
    stage, worth = predicted[0], WORTH[-len(predicted)]
    if frames > LONG and stage == STAGE_1_SHARE:
        return False
    if frames <= SHORT:
        worth = min(worth, SHORT_WORTH)
    elif budget.pace * stage * (1 - left) > TWICE:
        return False
    return left >= worth and budget.affords(stage, frames)
