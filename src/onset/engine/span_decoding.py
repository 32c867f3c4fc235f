"""Part of a reading to its audible samples, a step at a time.

Decides how large each step is, and when it pays to refine what was predicted.
"""

from collections.abc import Generator, Iterator, Sequence
from math import ceil

import numpy as np

from onset.engine.audible_span import CROSSFADE, FrameSpan
from onset.engine.dsp import FADE_IN, FADE_OUT, fade
from onset.engine.playout_budget import PlayoutBudget
from onset.model.backend import DECODER_FRAME_SAMPLES, STAGE_1_SHARE, Decoder
from onset.types import Floats, Pause

CONTEXT = 1
"""Decoder frames generated before the first one kept.

The generator is started in the model's leading silence as if the utterance began there. Against
the whole decode that is 40 dB below the speech without context, 51 dB with one frame, 64 with two;
a frame costs 7 ms of the time to first audio, and the fade hides the rest.
"""

JOINED_CONTEXT = 8
"""The same where decoding begins inside a sentence: as far as the generator looks back, so that it
sounds as if all before had been decoded too."""

FIRST_STEPS = (5, 4, 4, 5, 6, 8, 10, 12)
"""Decoder frames of the first steps of an answer: small to be soon, growing with the buffer.

A step of n frames costs about (14 + 6 n) ms on two cores and yields 12.5 n ms of audio, the first
CONTEXT less and a hop more. Each costs at most three quarters of what the listener has buffered.
"""

WORTH = (0.05, 0.5)
"""Share of a reading that must be left for refining stage 0, and stage 1, to be worth the work.

Little for stage 0, where most errors come from. A half for stage 1, which is twice the work and
does again what was heard already.
"""

TWICE, JOINED_TWICE = 0.07, 0.04
"""Seconds of work for each second of a reading that may be done a second time when it is refined,
and the same where its beginning was decoded before.

On the machines of the quality gate (pace 0.25) that is the half above. On slower machines, which
refine later, a half would cost a tenth more than decoding the answer whole; so would a sentence of
two readings with 0.07. Source: docs/log/2026-11-27-cost-by-pace.md, 2026-11-29-whole-sentences.md.
"""

SHORT, SHORT_WORTH = 210, 0.1
"""In a reading of at most SHORT frames, a share of SHORT_WORTH is enough for stage 1 too.

That is a word or two, silence included: predictions for so little are furthest off, and all the
work is little.
"""

LONG = 800
"""Frames (10 s) of a reading beyond which stage 1 is not decoded whole.

Its largest piece of work would take 150 ms on two fast cores, for which a new listener may have to
wait; its tensors are 25 MB, and several are in use at once.
"""

STEP = 16
"""Frames of every later step: 200 ms, where a frame costs what it costs in a whole decode."""


OVER = object()
"""What an iterator of pieces of work gives that has none left."""


class StepSizes(Iterator[int]):
    """Frames of each step of an answer, which begin small. taken: steps that were made."""

    def __init__(self, taken: int = 0) -> None:
        self.taken = taken

    def __next__(self) -> int:
        self.taken += 1
        return FIRST_STEPS[self.taken - 1] if self.taken <= len(FIRST_STEPS) else STEP


def first_frame(span: FrameSpan) -> int:
    """The decoder frame at which decoding of a span begins."""
    return max(0, span.begin - (JOINED_CONTEXT if span.joined[0] else CONTEXT))


class Refinement:
    """The refining of one decoder, as far as there is time before its steps.

    frames: of the whole reading. predicted: stages that may go by predicted statistics; the others
    must not before the first sound, nor ever if it is 0. twice: seconds of work, of each second of
    the reading, that may be done again; None: it ends inside a sentence, so that much of what is
    refined would be read again.
    """

    def __init__(
        self,
        decoder: Decoder,
        frames: int,
        budget: PlayoutBudget,
        predicted: int,
        twice: float | None,
    ) -> None:
        self._decoder, self._frames, self._budget = decoder, frames, budget
        self._predicted, self._twice = predicted, twice
        self._begun: Iterator[None] | None = None

    def advance(self, left: float, size: int) -> bool:
        """Do a piece of work; False where none is due, or the next step, of `size` frames, is.

        left: share of the reading still to be played. What was begun is gone on with behind that
        step, if there is time again. Raises Halted.
        """
        while self._begun is not None or self._due(left):
            if self._begun is None:
                self._budget.spend(self._decoder.unrefined_shares[0], self._frames)
                self._begun = self._decoder.refine()
            elif self._predicted and self._budget.urgent(sum(self._decoder.unrefined_shares), size):
                return False
            if next(self._begun, OVER) is not OVER:
                return True
            self._begun = None
        return False

    def _due(self, left: float) -> bool:
        """Whether to begin with the next stage now."""
        shares = self._decoder.unrefined_shares
        if not shares:
            return False
        if len(shares) > self._predicted:
            waiting = self._budget.ahead is None
            return not self._predicted or waiting or self._budget.affords(shares[0], self._frames)
        if self._twice is None:
            return False
        return _pays(shares, left, self._frames, self._budget, self._twice)


def decode(
    decoder: Decoder,
    frames: int,
    span: FrameSpan,
    sizes: Iterator[int],
    budget: PlayoutBudget,
    *,
    predicted: int = 2,
    made: Floats | None = None,
) -> Generator[Floats | Pause, None, Floats]:
    """The samples of a span and of its tail, float32, faded at both ends.

    decoder: begins at `first_frame`. frames: of the whole reading. predicted: stages that may go by
    predicted statistics until `budget` affords to refine them; the others are refined first. made:
    what the decoder gave from `span.begin` on already. Returns what it gave behind `span.end`. A
    Pause wherever another request may have its turn. Raises Halted.
    """
    twice = JOINED_TWICE if span.joined[0] else TWICE
    refinement = Refinement(decoder, frames, budget, predicted, None if span.joined[1] else twice)
    start = first_frame(span) if made is None else span.begin
    extra, samples, behind = span.begin - start - CONTEXT, made, np.zeros(0, np.float32)
    position, done, total = start * DECODER_FRAME_SAMPLES - span.first, 0, span.length + span.tail
    while done < total and (samples is not None or decoder.remaining):
        if samples is None:
            left = (total - done) / DECODER_FRAME_SAMPLES
            size, extra = min(next(sizes), ceil(left) + CONTEXT) + max(0, extra), 0
            while refinement.advance(left / frames, size):
                yield Pause.TURN
            samples = yield from decoder.stepping(size)
            budget.spend(sum(decoder.unrefined_shares), size, 1)
        kept = samples[max(0, -position) : max(0, total - position)]
        behind = np.append(behind, samples[max(0, span.length - position) :])
        position, samples = position + len(samples), None
        if len(kept):
            budget.produced(max(0, min(len(kept), span.length - done)))
            yield _faded(kept, done, span)
            done += len(kept)
    return behind


def _faded(samples: Floats, position: int, span: FrameSpan) -> Floats:
    crossfade = CROSSFADE * DECODER_FRAME_SAMPLES
    ends = (
        crossfade if joined else usual
        for joined, usual in zip(span.joined, (FADE_IN, FADE_OUT), strict=True)
    )
    return fade(samples, position, span.length + span.tail, *ends)


def _pays(
    predicted: Sequence[float], left: float, frames: int, budget: PlayoutBudget, twice: float
) -> bool:
    """Whether to refine the next stage now. left: share of the reading still to be played.

    twice: seconds of work, of each second of the reading, that may be done again.
    """
    stage, worth = predicted[0], WORTH[-len(predicted)]
    if frames > LONG and stage == STAGE_1_SHARE:
        return False
    if frames <= SHORT:
        worth = min(worth, SHORT_WORTH)
    elif budget.pace * stage * (1 - left) > twice:
        return False
    return left >= worth and budget.affords(stage, frames)
