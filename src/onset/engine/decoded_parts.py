"""How a reading is decoded: in which parts, and by which model.

`KokoroParts` is Kokoro's way: an opening before the trunk is there, the rest from the whole trunk,
refined where there is time. `DirectParts` is that of any other model: each span in one part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from onset.engine.audible_span import FrameSpan, joined_span
from onset.engine.plans import SMALLEST_TRUNK, Plan
from onset.engine.playout_budget import FRAME, PlayoutBudget, work
from onset.engine.reading_limits import (
    OPENED_SPEEDS,
    SHORTEST_OPENED,
    SHORTEST_REST,
    before_rest,
    most_phonemes,
    opening_frames,
)
from onset.engine.span_decoding import STEP, StepSizes, decode, first_frame
from onset.errors import InvalidRequest
from onset.model.backend import (
    DECODER_FRAME_SAMPLES,
    STAGE_0_SHARE,
    STAGE_1_SHARE,
    Backend,
    Decoder,
    FrontOutput,
    SpeechModel,
)
from onset.model.opening_decoder import OpeningDecoder
from onset.model.opening_predictor import OpeningPredictor
from onset.model.voice_styles import Mix, parse
from onset.trace import FIRST_SAMPLES, Trace
from onset.types import MAX_PHONEMES, Floats, Halt, Pause, Reading


class DecodedPart(NamedTuple):
    """Some frames of a reading, as their decoding begins.

    front: as it is decoded, led over from the reading before. opening: whether they are decoded
    before the whole trunk is computed.
    """

    reading: Reading
    front: FrontOutput
    span: FrameSpan
    opening: bool


Parts = Iterator[tuple[DecodedPart, Iterator[Floats | Pause]]]
"""The parts a span is decoded in, and the samples of each."""


class PartSource(Protocol):
    """How one answer is decoded. front_share: of the work, what reading is. sizes: of its steps."""

    front_share: float
    sizes: StepSizes

    def most(self, decoded: int) -> int:
        """How many phonemes may be read next, behind the first `decoded`."""

    def restart(self) -> None:
        """The listener has to wait for text: what comes next is a first sound again."""

    def parts(
        self, reading: Reading, front: FrontOutput, turns: float, span: FrameSpan, waiting: bool
    ) -> Parts:
        """The parts of a span. turns: phase at the reading's first sample. waiting: whether the
        listener has heard nothing yet."""

    def more(self, reading: Reading, span: FrameSpan) -> Parts:
        """What follows the last span in the same front, at its end, where `parts` was consumed."""

    def preparation(self, frames: int) -> float:
        """Seconds of work until the first step of another front, of `frames`, is made."""

    def until(self, frames: int) -> float:
        """Seconds of audio that a listener has less when `more` has decoded `frames`, the wait for
        its first step included; below 0 if they gain."""


@dataclass(slots=True)
class Decoding:
    """A front that is decoded as far as `behind`: what its decoder gave behind the last span.

    decoder: None where its whole trunk was not needed so far. predicted: as of `decode`.
    """

    front: FrontOutput
    turns: float
    predicted: int
    decoder: Decoder | None = None
    behind: Floats | None = None

    def pieces(
        self, decoder: Decoder, span: FrameSpan, sizes: StepSizes, budget: PlayoutBudget
    ) -> Iterator[Floats | Pause]:
        """The samples of a span, of which the decoder may have given the first ones before."""
        self.decoder, frames = decoder, len(self.front.f0)
        self.behind = yield from decode(
            decoder, frames, span, sizes, budget, predicted=self.predicted, made=self.behind
        )


class DirectParts:
    """Each span in one part, by a model of one voice that needs no preparation; sentences are read
    whole. A text that is being written may turn to another voice: InvalidRequest is raised then."""

    def __init__(
        self, model: SpeechModel, voice: str, budget: PlayoutBudget, trace: Trace, halt: Halt
    ) -> None:
        self._model, self._voice = model, voice
        self._budget, self._trace, self._halt = budget, trace, halt
        self.front_share = model.shares.front
        self.sizes = StepSizes()

    def most(self, decoded: int) -> int:
        return self._model.most_phonemes

    def restart(self) -> None:
        self.sizes = StepSizes()

    def parts(
        self, reading: Reading, front: FrontOutput, turns: float, span: FrameSpan, waiting: bool
    ) -> Parts:
        if reading.manner is not None and reading.manner.voice != self._voice:
            message = "The plan fast has one voice. Ask for balanced, quality or exact."
            raise InvalidRequest(message, "plan")
        self._decoding = Decoding(front, turns, 2)
        yield DecodedPart(reading, front, span, False), self._samples(self._decoding, span)

    def more(self, reading: Reading, span: FrameSpan) -> Parts:
        decoding = self._decoding
        yield DecodedPart(reading, decoding.front, span, False), self._samples(decoding, span)

    def preparation(self, frames: int) -> float:
        return 0.0

    def until(self, frames: int) -> float:
        return 0.0

    def _samples(self, decoding: Decoding, span: FrameSpan) -> Iterator[Floats | Pause]:
        decoder = decoding.decoder or self._model.decoder_from(
            decoding.front, first_frame(span), self._halt
        )
        yield from traced(decoding.pieces(decoder, span, self.sizes, self._budget), self._trace)


class KokoroParts:
    """Kokoro's way. predictor: may be None where the plan is exact."""

    def __init__(
        self,
        backend: Backend,
        predictor: OpeningPredictor | None,
        mix: Mix,
        speed: float,
        budget: PlayoutBudget,
        trace: Trace,
        halt: Halt,
        plan: Plan,
    ) -> None:
        self._backend, self._predictor = backend, None if plan.exact else predictor
        self._plan, self._shares = plan, backend.shares
        self.front_share = backend.shares.front
        self._mix, self._speed = mix, speed
        self._budget, self._trace, self._halt = budget, trace, halt
        self.sizes = StepSizes()

    def most(self, decoded: int) -> int:
        if not self._plan.windows:
            return MAX_PHONEMES
        return most_phonemes(self._budget.pace, decoded, self._shares)

    def restart(self) -> None:
        self.sizes = StepSizes()

    def parts(
        self, reading: Reading, front: FrontOutput, turns: float, span: FrameSpan, waiting: bool
    ) -> Parts:
        if reading.manner is not None:
            self._mix, self._speed = parse(reading.manner.voice), reading.manner.speed
        self._decoding = Decoding(front, turns, self._plan.predicted)
        rest: FrameSpan | None = span
        if (predictor := self._covering) is not None and waiting and self._opens(front):
            opening, rest = self._divided(front, span)
            pieces = self._opening(predictor, front, turns, opening)
            yield DecodedPart(reading, front, opening, True), pieces
        if rest is not None:
            yield DecodedPart(reading, front, rest, False), self._whole(self._decoding, rest)

    def more(self, reading: Reading, span: FrameSpan) -> Parts:
        decoding = self._decoding
        yield DecodedPart(reading, decoding.front, span, False), self._whole(decoding, span)

    def preparation(self, frames: int) -> float:
        return before_rest(self._budget.pace, frames, self._shares)

    def until(self, frames: int) -> float:
        if not frames:
            return 0.0
        pace, generator = self._budget.pace, STAGE_0_SHARE + STAGE_1_SHARE
        first = work(pace, generator, STEP, 1)
        if self._decoding.decoder is None:
            first = self.preparation(len(self._decoding.front.f0))
        return first + work(pace, generator, frames) - FRAME * frames

    @property
    def _covering(self) -> OpeningPredictor | None:
        """What predicts statistics for the voice; None for one that a written text turned to, and
        for which none were fitted."""
        covers = self._predictor is not None and self._predictor.covers(self._mix)
        return self._predictor if covers else None

    def _opens(self, front: FrontOutput) -> bool:
        """Whether it may begin early, and the whole trunk would take longer than a part of it."""
        slowest, fastest = OPENED_SPEEDS
        return (
            self._plan.opening
            and len(front.f0) >= SHORTEST_OPENED
            and slowest <= self._speed <= fastest
        )

    def _divided(self, front: FrontOutput, span: FrameSpan) -> tuple[FrameSpan, FrameSpan | None]:
        """The opening of a span, and what is left of it, if that is worth a whole trunk."""
        end = span.begin + opening_frames(self._budget.pace, len(front.f0), self._shares)
        if span.end - end < SHORTEST_REST:
            return span, None
        opening = joined_span(span, span.begin if span.joined[0] else None, end)
        return opening, joined_span(span, end, span.end if span.joined[1] else None)

    def _opening(
        self, predictor: OpeningPredictor, front: FrontOutput, turns: float, span: FrameSpan
    ) -> Iterator[Floats | Pause]:
        """The first part of a reading, before its whole trunk is computed."""
        entrance = self._backend.trunk_entrance(front, self._halt)
        statistics = predictor.predict(front, entrance, self._mix)
        self._trace.mark("statistics")
        start, end = first_frame(span), span.end + span.tail_frames
        decoder = OpeningDecoder(self._backend, front, statistics, start, end, turns, self._halt)
        self._trace.mark("trunk")
        self._budget.count(self._shares.trunk, max(SMALLEST_TRUNK, end - start))
        pieces = decode(decoder, len(front.f0), span, self.sizes, self._budget)
        for samples in traced(pieces, self._trace):
            if not isinstance(samples, Pause):
                frames = len(samples) // DECODER_FRAME_SAMPLES
                self._budget.spend(STAGE_0_SHARE + STAGE_1_SHARE, frames)
            yield samples

    def _whole(self, decoding: Decoding, span: FrameSpan) -> Iterator[Floats | Pause]:
        """A part of a reading, from its whole trunk."""
        decoder = decoding.decoder
        if decoder is None:
            prosody = self._backend.trunk(decoding.front, self._halt, decoding.turns)
            self._trace.mark("trunk")
            self._budget.spend(self._shares.trunk, prosody.frames)
            yield Pause.TURN
            statistics = None
            if (predictor := self._covering) is not None:
                statistics = predictor.generator.predict(prosody, self._mix)
            self._trace.mark("statistics")
            decoder = self._backend.decoder(prosody, statistics, first_frame(span), self._halt)
        yield from traced(decoding.pieces(decoder, span, self.sizes, self._budget), self._trace)


def traced(pieces: Iterator[Floats | Pause], trace: Trace) -> Iterator[Floats | Pause]:
    """The same pieces, each marked as it comes."""
    for samples in pieces:
        if samples is not Pause.STEP:
            trace.mark("refine" if isinstance(samples, Pause) else FIRST_SAMPLES)
        yield samples
