"""One answer while it is made: readings in, samples out.

Two things are kept apart. *Reading* a sentence gives its melody: durations, pitch and energy, from
the model's front. *Decoding* makes samples of some frames of it, with trunk, statistics and
generator. A sentence is read whole wherever that makes nobody wait, and decoded from its first
frame on.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from onset.engine.audible_span import FrameSpan, audible_span, joined_span, pause_samples
from onset.engine.decoded_parts import DecodedPart, Parts, PartSource
from onset.engine.first_utterances import KeptBeginning, MadeUtterance
from onset.engine.joins import OpenEnd, best_end, border_frame, led_over, possible_ends
from onset.engine.playout_budget import PlayoutBudget, work
from onset.engine.reading_limits import CHOOSING_PACE
from onset.engine.tail_mixer import TailMixer
from onset.engine.word_timings import word_times
from onset.model.backend import FrontOutput
from onset.text.readings import ReadingSource
from onset.trace import FIRST_SAMPLES, Trace
from onset.types import SAMPLE_RATE, Floats, Pause, Reading, Silence, SpokenWord

Observer = Callable[[DecodedPart], None]
"""Called with each part of an answer before its first sample, for those who measure."""


class ReadingSamples(NamedTuple):
    """Samples of a reading. words: with its first samples, from which their times count."""

    reading: int
    samples: Floats
    words: tuple[SpokenWord, ...] = ()


Decoded = Iterator[ReadingSamples | Pause]

Samples = Generator[ReadingSamples | Pause, None, FrameSpan]
"""Samples of a reading; returns which frames of it were decoded last."""


class Answer:
    """The samples of one request.

    front: durations, F0 and energy of a reading. parts: how it is decoded. kept: what was made of
    its beginning before; None: nobody looks.
    """

    def __init__(
        self,
        front: Callable[[Reading], FrontOutput],
        parts: PartSource,
        budget: PlayoutBudget,
        trace: Trace,
        observer: Observer | None = None,
        kept: KeptBeginning | None = None,
    ) -> None:
        self._kept = kept
        self._front, self._parts, self._observer = front, parts, observer
        self._budget, self._trace = budget, trace
        self._tails = TailMixer()
        self._ahead: Reading | Silence | None = None  # asked for before its turn
        self._ahead_front: FrontOutput | None = None
        self._open: OpenEnd | None = None
        self._decoded = 0  # phonemes, since the listener last had to wait

    def samples(self, source: ReadingSource) -> Iterator[ReadingSamples | Pause]:
        """All samples, and a Pause wherever another request may have its turn."""
        index, pause, self._source = -1, 0, source
        while (reading := self._next()) is not None:
            if isinstance(reading, Pause):
                tail = self._starved()
                pause = max(0, pause - len(tail))
                yield ReadingSamples(index, tail)
                yield reading
                continue
            if isinstance(reading, Silence):
                pause = round(reading.seconds * SAMPLE_RATE)
                self._budget.produced(pause)
                marks = (SpokenWord("", "", 0, pause, reading.marks),) if reading.marks else ()
                yield ReadingSamples(index, self._tails.mix(np.zeros(pause, np.float32)), marks)
                pause = 0
                continue
            self._trace.mark("phonemes")
            if index >= 0 and self._open is None:
                self._budget.produced(pause)
                yield ReadingSamples(index, self._tails.mix(np.zeros(pause, np.float32)))
            index += 1
            span = yield from self._first(reading) if index == 0 else self._spoken(index, reading)
            pause = pause_samples(reading.pause, span)
        yield ReadingSamples(index, self._tails.flush())

    def _next(self) -> Reading | Silence | Pause | None:
        """What is spoken next."""
        ahead, self._ahead = self._ahead, None
        return ahead or self._source.next(self._parts.most(self._decoded))

    def _starved(self) -> Floats:
        """The listener has to wait for text: what is left of the tails, to be heard now."""
        self._budget.reset()
        self._parts.restart()
        self._decoded = 0
        return self._tails.flush()

    def _first(self, reading: Reading) -> Samples:
        """The samples of the first reading: as they were made before, or made, and kept."""
        key = None if self._kept is None else self._kept.key(reading)
        if self._kept is None or key is None:
            return (yield from self._spoken(0, reading))
        made = self._kept.cache.find(key)
        self._trace.cached = made is not None
        if made is not None:
            yield from self._again(made)
            self._decoded += _decoded_phonemes(reading)
            return made.span
        begun, pieces = self._decoded == 0, list[ReadingSamples]()
        span = yield from _noted(self._spoken(0, reading), pieces)
        if begun and pieces and not self._budget.vetoed:
            left = self._tails.left.copy(), self._budget.ahead, self._parts.sizes.taken
            samples = tuple(piece.samples for piece in pieces)
            self._kept.cache.keep(key, MadeUtterance(samples, pieces[0].words, span, *left))
        return span

    def _again(self, made: MadeUtterance) -> Iterator[ReadingSamples]:
        """What was made before; all that follows goes on from where that was left."""
        self._tails.resume(made.tails)
        self._budget.ahead = made.ahead
        self._parts.sizes.taken = made.steps
        self._trace.mark(FIRST_SAMPLES)
        words = made.words
        for piece in made.pieces:
            yield ReadingSamples(0, piece, words)
            words = ()

    def _spoken(self, index: int, reading: Reading) -> Samples:
        """The samples of a reading, as far as it goes before the next one goes on."""
        front, turns = (yield from self._front_of(reading)), 0.0
        begin = None if reading.first else border_frame(reading, front, reading.begin)
        if self._open is not None and begin is not None:
            front, turns = led_over(self._open, front, begin)
        span = yield from self._as_far_as(index, reading, front, turns, begin)
        self._open = None if reading.last else OpenEnd(front, span.end, turns)
        return span

    def _as_far_as(
        self, index: int, reading: Reading, front: FrontOutput, turns: float, begin: int | None
    ) -> Samples:
        """The samples of a reading from the frame `begin` to the border where the next goes on.

        Which one that is is known once there is time to read the next, so one after another of the
        borders is decoded up to, until then.
        """
        ends, kept = list(possible_ends(reading)), audible_span(front.energy)
        spoken, span = replace(reading, end=ends[0]), _until(kept, begin, reading, front, ends[0])
        parts = self._parts.parts(spoken, front, turns, span, not self._decoded)
        yield from self._decode(index, spoken, span, parts)
        if (later := self._later(reading, front, ends)) is None:
            del ends[1:-1]
        while len(ends) > 1:
            if later is not None and self._budget.holds(later + self._parts.until(1)):
                ends = [ends[0], (yield from self._best(reading, front, ends))]
                later = None
            if (end := ends.pop(1)) > ends[0]:
                spoken, begin = replace(reading, begin=ends[0], end=end), span.end
                span = _until(kept, begin, reading, front, end)
                yield from self._decode(index, spoken, span, self._parts.more(spoken, span))
            ends[0] = end
        return span

    def _front_of(self, reading: Reading) -> Generator[Pause, None, FrontOutput]:
        """Read it, unless that was done before its turn."""
        front, self._ahead_front = self._ahead_front, None
        if front is None:
            front = self._front(reading)
            self._trace.mark("front")
            self._budget.spend(self._parts.front_share, len(front.f0))
            yield Pause.TURN
        return front

    def _later(self, reading: Reading, front: FrontOutput, ends: Sequence[int]) -> float | None:
        """Ask for the reading that goes on behind one of `ends`; seconds of work that it takes.

        None if it is not to be chosen, or the text of the next is still being written.
        """
        if len(ends) == 1:
            return None
        planned = _decoded_phonemes(replace(reading, begin=ends[0]))
        behind = self._decoded + (planned if self._budget.pace > CHOOSING_PACE else 0)
        later = self._source.next(self._parts.most(behind))
        self._trace.mark("phonemes")
        if later is None or isinstance(later, Pause):
            return None
        self._ahead = later
        if isinstance(later, Silence) or later.first:
            return None
        frames = len(front.f0) * len(later.phonemes) // len(reading.phonemes)
        return work(self._budget.pace, self._parts.front_share, frames)

    def _best(
        self, reading: Reading, front: FrontOutput, ends: Sequence[int]
    ) -> Generator[Pause, None, int]:
        """Which of `ends` to leave a reading behind: the next one is read, and tells.

        Only one that leaves the listener enough for what the next takes before its first step.
        """
        later = self._ahead
        assert isinstance(later, Reading)
        whole = self._ahead_front = yield from self._front_of(later)
        borders = [border_frame(reading, front, end) for end in ends]
        needed = self._parts.preparation(len(whole.f0))
        spent = [self._parts.until(border - borders[0]) + needed for border in borders]
        lasting = [end for end, s in zip(ends, spent, strict=True) if self._budget.holds(s)]
        end = best_end(reading, front, later, whole, lasting)
        self._ahead = replace(later, begin=later.begin - reading.end + end)
        return end

    def _decode(self, index: int, reading: Reading, span: FrameSpan, parts: Parts) -> Decoded:
        """The samples of a span, and with the first of them its words."""
        volume = np.float32(reading.manner.volume if reading.manner else 1.0)
        words: tuple[SpokenWord, ...] | None = None
        for part, pieces in parts:
            self._begin(part)
            if words is None:
                words = word_times(reading, part.front.durations, span.first, span.length)
            for samples in pieces:
                if isinstance(samples, Pause):
                    yield samples
                    continue
                louder = samples if volume == 1.0 else samples * volume
                yield ReadingSamples(index, self._tails.push(louder), words)
                words = ()
        self._decoded += _decoded_phonemes(reading)

    def _begin(self, part: DecodedPart) -> None:
        self._tails.begin(part.span.length)
        if self._observer is not None:
            self._observer(part)


def _until(
    kept: FrameSpan, begin: int | None, reading: Reading, front: FrontOutput, end: int
) -> FrameSpan:
    """What is kept of a reading between the frame `begin` and the border behind its word `end`."""
    last = end == len(reading.words)
    return joined_span(kept, begin, None if last else border_frame(reading, front, end))


def _decoded_phonemes(reading: Reading) -> int:
    return sum(len(word.phonemes) for word in reading.words[reading.begin : reading.end])


def _noted(samples: Samples, pieces: list[ReadingSamples]) -> Samples:
    """The same samples, which go into `pieces` too."""
    while True:
        try:
            piece = next(samples)
        except StopIteration as end:
            span: FrameSpan = end.value
            return span
        if isinstance(piece, ReadingSamples):
            pieces.append(piece)
        yield piece
