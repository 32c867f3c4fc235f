"""One answer while it is made: readings in, samples out.

Two things are kept apart. *Reading* a sentence gives its melody: durations, pitch and energy, from
the model's front. *Decoding* makes samples of some frames of it, with trunk, statistics and
generator. A sentence is read whole wherever that makes nobody wait, and decoded from its first
frame on.
"""

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

import numpy as np

from onset.engine.audible_span import FrameSpan, audible_span, joined_span, pause_samples
from onset.engine.joins import OpenEnd, border_frame, led_over
from onset.engine.playout_budget import PlayoutBudget
from onset.engine.reading_limits import (
    OPENED_SPEEDS,
    SHORTEST_OPENED,
    SHORTEST_REST,
    most_phonemes,
    opening_frames,
)
from onset.engine.span_decoding import decode, first_frame, step_sizes
from onset.engine.tail_mixer import TailMixer
from onset.engine.word_timings import word_times
from onset.model.backend import FRONT_SHARE, TRUNK_SHARE, Backend, Decoder, FrontOutput
from onset.model.opening_decoder import OpeningDecoder
from onset.model.opening_predictor import OpeningPredictor
from onset.model.voice_styles import Mix
from onset.text.readings import ReadingSource
from onset.trace import FIRST_SAMPLES, Trace
from onset.types import MAX_PHONEMES, Floats, Halt, Pause, Reading, SpokenWord


class DecodedPart(NamedTuple):
    """Some frames of a reading, as their decoding begins.

    front: as it is decoded, led over from the reading before. opening: whether they are decoded
    before the whole trunk is computed.
    """

    reading: Reading
    front: FrontOutput
    span: FrameSpan
    opening: bool


Observer = Callable[[DecodedPart], None]
"""Called with each part of an answer before its first sample, for those who measure."""


class ReadingSamples(NamedTuple):
    """Samples of a reading. words: with its first samples, from which their times count."""

    reading: int
    samples: Floats
    words: tuple[SpokenWord, ...] = ()


Samples = Generator[ReadingSamples | Pause, None, FrameSpan]
"""Samples of a reading; returns which frames of it were decoded."""


class Answer:
    """The samples of one request.

    front: durations, F0 and energy of a reading. predictor: None if the answer is decoded exactly:
    each utterance is read whole, and nothing of it sounds before all of it is decoded.
    """

    def __init__(
        self,
        backend: Backend,
        front: Callable[[Reading], FrontOutput],
        predictor: OpeningPredictor | None,
        mix: Mix,
        speed: float,
        budget: PlayoutBudget,
        trace: Trace,
        halt: Halt,
        observer: Observer | None = None,
    ) -> None:
        self._observer = observer
        self._backend, self._front = backend, front
        self._predictor, self._mix, self._speed = predictor, mix, speed
        self._budget, self._trace, self._halt = budget, trace, halt
        self._tails, self._sizes = TailMixer(), step_sizes()
        self._open: OpenEnd | None = None
        self._decoded = 0  # phonemes, since the listener last had to wait

    def samples(self, source: ReadingSource) -> Iterator[ReadingSamples | Pause]:
        """All samples, and a Pause wherever another request may have its turn."""
        index, pause = -1, 0
        while (reading := source.next(self._most())) is not None:
            if isinstance(reading, Pause):
                tail = self._starved()
                pause = max(0, pause - len(tail))
                yield ReadingSamples(index, tail)
                yield reading
                continue
            self._trace.mark("phonemes")
            if index >= 0 and self._open is None:
                self._budget.produced(pause)
                yield ReadingSamples(index, self._tails.mix(np.zeros(pause, np.float32)))
            index += 1
            span = yield from self._spoken(index, reading)
            pause = pause_samples(reading.pause, span)
            self._decoded += sum(
                len(w.phonemes) for w in reading.words[reading.begin : reading.end]
            )
        yield ReadingSamples(index, self._tails.flush())

    def _most(self) -> int:
        """How many phonemes may be read next."""
        if self._predictor is None:
            return MAX_PHONEMES
        return most_phonemes(self._budget.pace, self._decoded)

    def _starved(self) -> Floats:
        """The listener has to wait for text: what is left of the tails, to be heard now."""
        self._budget.reset()
        self._sizes, self._decoded = step_sizes(), 0
        return self._tails.flush()

    def _spoken(self, index: int, reading: Reading) -> Samples:
        """The samples of a reading."""
        front, turns = self._front(reading), 0.0
        self._trace.mark("front")
        self._budget.spend(FRONT_SHARE, len(front.f0))
        yield Pause.TURN
        begin = None if reading.first else border_frame(reading, front, reading.begin)
        end = None if reading.last else border_frame(reading, front, reading.end)
        if self._open is not None and begin is not None:
            front, turns = led_over(self._open, front, begin)
        span = joined_span(audible_span(front.energy), begin, end)
        words = word_times(reading, front.durations, span.first, span.length)
        self._open = None if reading.last else OpenEnd(front, span.end, turns)
        for part, pieces in self._parts(reading, front, turns, span):
            self._begin(part)
            for samples in pieces:
                if isinstance(samples, Pause):
                    yield samples
                    continue
                yield ReadingSamples(index, self._tails.push(samples), words)
                words = ()
        return span

    def _begin(self, part: DecodedPart) -> None:
        self._tails.begin(part.span.length)
        if self._observer is not None:
            self._observer(part)

    def _parts(
        self, reading: Reading, front: FrontOutput, turns: float, span: FrameSpan
    ) -> Iterator[tuple[DecodedPart, Iterator[Floats | Pause]]]:
        """The parts a span is decoded in, one or two, and the samples of each."""
        rest: FrameSpan | None = span
        if self._predictor is not None and self._opens(front):
            opening, rest = self._divided(front, span)
            pieces = self._opening(self._predictor, front, turns, opening)
            yield DecodedPart(reading, front, opening, True), pieces
        if rest is not None:
            yield DecodedPart(reading, front, rest, False), self._whole(front, turns, rest)

    def _opens(self, front: FrontOutput) -> bool:
        """Whether a listener waits for the first sound, and the whole trunk would take longer."""
        slowest, fastest = OPENED_SPEEDS
        long = len(front.f0) >= SHORTEST_OPENED
        return not self._decoded and long and slowest <= self._speed <= fastest

    def _divided(self, front: FrontOutput, span: FrameSpan) -> tuple[FrameSpan, FrameSpan | None]:
        """The opening of a span, and what is left of it, if that is worth a whole trunk."""
        end = span.begin + opening_frames(self._budget.pace, len(front.f0))
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
        yield from self._decode(decoder, len(front.f0), span)

    def _whole(self, front: FrontOutput, turns: float, span: FrameSpan) -> Iterator[Floats | Pause]:
        """A part of a reading, from its whole trunk."""
        prosody = self._backend.trunk(front, self._halt, turns)
        self._trace.mark("trunk")
        self._budget.spend(TRUNK_SHARE, prosody.frames)
        yield Pause.TURN
        statistics = None
        if self._predictor is not None:
            statistics = self._predictor.generator.predict(prosody, self._mix)
        self._trace.mark("statistics")
        decoder = self._backend.decoder(prosody, statistics, first_frame(span), self._halt)
        yield from self._decode(decoder, prosody.frames, span, predicted=statistics is not None)

    def _decode(
        self, decoder: Decoder, frames: int, span: FrameSpan, *, predicted: bool = True
    ) -> Iterator[Floats | Pause]:
        pieces = decode(decoder, frames, span, self._sizes, self._budget, predicted=predicted)
        for samples in pieces:
            self._trace.mark("refine" if isinstance(samples, Pause) else FIRST_SAMPLES)
            yield samples
