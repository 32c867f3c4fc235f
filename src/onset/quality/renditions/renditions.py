"""Renditions: the same request spoken twice, streaming and exact, and what lies where in the audio.

Both come out of the engine's own path, as a listener would get them, and are read alike: exact is
what streaming would be if everything predicted were known. So they have the same length, sample
for sample.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise

import numpy as np

from onset.engine.decoded_parts import DecodedPart
from onset.engine.engine import Engine
from onset.errors import ModelError
from onset.quality.renditions.memoizing_backend import DecodeMode, MemoizingBackend
from onset.text.readings import ReadingSource
from onset.trace import Trace
from onset.types import Chunk, Floats, Halt, Request


@dataclass(frozen=True, slots=True)
class PartPlace:
    """Where a decoded part lies in the audio, samples [begin, end), and what it was cut from.

    whole: every sample that the exact decode of its reading makes, the silence around included.
    first: the place in `whole` of the audio's sample `begin`. tail: how many samples of it ring out
    behind `end`, together with what follows. joined: whether it begins, and ends, at a join.
    """

    begin: int
    end: int
    whole: Floats
    first: int
    tail: int = 0
    joined: tuple[bool, bool] = (False, False)

    @property
    def last(self) -> int:
        """The place in `whole` where what is heard of it ends."""
        return self.first + self.end - self.begin + self.tail


@dataclass(frozen=True, slots=True)
class Renditions:
    """Streaming and exact audio of a request: float32 [n] each, 24 kHz.

    predicted: whether streaming used predicted statistics; if not, the two are one decode. steps,
    chunks: positions inside a part, its tail included, at which streaming goes on with another
    step of the generator, and those at which only another chunk of 50 ms begins.
    """

    request: Request
    streaming: Floats
    exact: Floats
    predicted: bool
    steps: tuple[int, ...]
    chunks: tuple[int, ...]
    parts: tuple[PartPlace, ...]

    @property
    def seed(self) -> int:
        """For what a measure draws by chance: the same for the same request."""
        text = f"{self.request.voice} {self.request.speed:g} {self.request.text}"
        return int.from_bytes(sha256(text.encode()).digest()[:8])

    @property
    def utterances(self) -> Iterator[tuple[PartPlace, ...]]:
        """The parts of each utterance, between ends that are not joins."""
        parts: tuple[PartPlace, ...] = ()
        for place in self.parts:
            parts += (place,)
            if not place.joined[1]:
                yield parts
                parts = ()


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """A decoded part and the sample of the answer at which it begins."""

    part: DecodedPart
    position: int


@dataclass(frozen=True, slots=True)
class Rendition:
    """An answer with its parts. decodes: the exact decode of each part's reading, where there is
    one. steps: of each predicted part, the samples of its reading at which steps begin."""

    chunks: Sequence[Chunk]
    parts: Sequence[SpokenPart]
    decodes: Sequence[Floats]
    steps: Sequence[Sequence[int]]

    @property
    def samples(self) -> Floats:
        return np.concatenate([chunk.samples for chunk in self.chunks])

    @property
    def divided(self) -> list[tuple[int, int]]:
        """The frames [begin, end) of its reading that each part is."""
        return [(spoken.part.span.begin, spoken.part.span.end) for spoken in self.parts]


Enough = Callable[[Sequence[SpokenPart], int], bool]
"""Whether an answer may end here, given its parts and how many samples there are."""


def speak_twice(engine: Engine, request: Request) -> Renditions:
    """Both renditions of a request. The engine's backend is a MemoizingBackend.

    Raises InvalidRequest as the engine does, ModelError should their lengths or parts differ.
    """
    request = replace(request, exact=False)
    predicted = not engine.is_exact(request)
    exact = spoken(engine, request, DecodeMode.TRUE)
    streaming = spoken(engine, request, DecodeMode.PREDICTED) if predicted else exact
    samples, whole = streaming.samples, exact.samples
    if len(samples) != len(whole):
        raise ModelError(f"Streaming has {len(samples)} samples, exact {len(whole)}.")
    if streaming.divided != exact.divided:
        raise ModelError(f"Streaming is divided at {streaming.divided}, exact at {exact.divided}.")
    places = tuple(_places(exact))
    steps = {
        place.begin + step - place.first
        for place, begins in zip(places, streaming.steps, strict=predicted)
        for step in begins
        if place.first < step < place.last
    }
    same_reading = (
        b for a, b in pairwise(streaming.chunks) if predicted and a.reading == b.reading
    )
    joins = {place.begin for place in places if place.joined[0]}
    chunks = {chunk.position for chunk in same_reading} - steps - joins
    borders = tuple(sorted(steps)), tuple(sorted(chunks))
    return Renditions(request, samples, whole, predicted, *borders, places)


def spoken(
    engine: Engine,
    request: Request,
    mode: DecodeMode,
    source: ReadingSource | None = None,
    enough: Enough | None = None,
) -> Rendition:
    """Speak a request. source: readings instead of those of its text. enough: when to stop.

    Raises InvalidRequest as the engine does, TypeError if its backend is no MemoizingBackend.
    """
    backend = engine.backend
    if not isinstance(backend, MemoizingBackend):
        raise TypeError("To be compared, the engine needs a MemoizingBackend as its backend.")
    engine.check(request)
    backend.begin(request, mode)
    chunks, parts, position = list[Chunk](), list[SpokenPart](), 0
    decoders = list[int]()  # there were before each part

    def observer(part: DecodedPart) -> None:
        parts.append(SpokenPart(part, position))
        decoders.append(backend.decoders)

    turns = engine.turns(request, Trace(), Halt(), observer=observer, source=source)
    with closing(turns):
        for turn in turns:
            if isinstance(turn, Chunk):
                chunks.append(turn)
                position += len(turn.samples)
                if enough is not None and enough(parts, position):
                    break
    latest = [count - 1 for count in (*decoders[1:], backend.decoders)]
    decodes = [backend.decodes[k] for k in latest if backend.decodes]
    return Rendition(chunks, parts, decodes, [backend.steps[k] for k in latest if backend.steps])


def _places(exact: Rendition) -> Iterator[PartPlace]:
    for spoken_part, whole in zip(exact.parts, exact.decodes, strict=True):
        begin, span = spoken_part.position, spoken_part.part.span
        yield PartPlace(begin, begin + span.length, whole, span.first, span.tail, span.joined)
