"""Renditions: the same request spoken twice, streaming and exact, and what lies where in the audio.

Both come out of the engine's own path, as a listener would get them. The prosody is computed once
and shared, so they have the same length, sample for sample.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise

import numpy as np

from onset.engine.audible_span import audible_span
from onset.engine.engine import Engine
from onset.errors import ModelError
from onset.model.backend import (
    DECODER_FRAME_SAMPLES,
    AdainStatistics,
    Backend,
    Decoder,
    FrontOutput,
    Prosody,
)
from onset.trace import Trace
from onset.types import Chunk, Floats, Halt, Request


@dataclass(frozen=True, slots=True)
class SegmentPlace:
    """Where a segment lies in the audio, samples [begin, end), and the decode it was cut from.

    whole: every sample the exact decode makes, the silence around included. first: the place in
    `whole` of the audio's sample `begin`. tail: how many samples of it ring out behind `end`,
    together with what follows.
    """

    begin: int
    end: int
    whole: Floats
    first: int
    tail: int = 0

    @property
    def last(self) -> int:
        """The place in `whole` where what is heard of it ends."""
        return self.first + self.end - self.begin + self.tail


@dataclass(frozen=True, slots=True)
class Renditions:
    """Streaming and exact audio of a request: float32 [n] each, 24 kHz.

    predicted: whether streaming used predicted statistics; if not, the two are one decode. steps,
    chunks: positions inside a segment, its tail included, at which streaming goes on with another
    step of the generator, and those at which only another chunk of 50 ms begins.
    """

    request: Request
    streaming: Floats
    exact: Floats
    predicted: bool
    steps: tuple[int, ...]
    chunks: tuple[int, ...]
    segments: tuple[SegmentPlace, ...]

    @property
    def seed(self) -> int:
        """For what a measure draws by chance: the same for the same request."""
        text = f"{self.request.voice} {self.request.speed:g} {self.request.text}"
        return int.from_bytes(sha256(text.encode()).digest()[:8])


class MemoizingBackend(Backend):
    """Computes each front, trunk and exact decode once for both renditions, until `forget`.

    decodes: prosody and all samples of each segment decoded exactly, in order. steps: of each
    segment decoded with predicted statistics, the places in the whole decode where steps begin.
    """

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self.digest = inner.digest
        self.begin()
        self.forget()

    def begin(self) -> None:
        """Begin another pair: nothing is decoded yet."""
        self.decodes: list[tuple[Prosody, Floats]] = []
        self.steps: list[list[int]] = []

    def forget(self) -> None:
        """Free what was computed."""
        self._fronts: dict[tuple[tuple[int, ...], bytes, float], FrontOutput] = {}
        self._trunks: dict[int, Prosody] = {}
        self._wholes: dict[int, tuple[Floats, Sequence[Floats]]] = {}

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        key = tokens, style.tobytes(), speed
        if key not in self._fronts:
            self._fronts[key] = self._inner.front(tokens, style, speed, halt)
        return self._fronts[key]

    def trunk(self, front: FrontOutput, halt: Halt) -> Prosody:
        # The id is the front's own for as long as `_fronts` keeps the front.
        if id(front) not in self._trunks:
            self._trunks[id(front)] = self._inner.trunk(front, halt)
        return self._trunks[id(front)]

    def pace(self) -> float:
        return self._inner.pace()

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        decoder = self._inner.decoder(prosody, statistics, start, halt)
        if statistics is None:
            if id(prosody) not in self._wholes:
                self._wholes[id(prosody)] = _whole(self._inner.decoder(prosody, None, 0, halt))
            samples, decoder.reusable_outputs = self._wholes[id(prosody)]
            self.decodes.append((prosody, samples))
            return decoder
        _, decoder.reusable_outputs = self._wholes.get(id(prosody), (None, ()))
        self.steps.append([])
        return _StepRecorder(decoder, self.steps[-1], start * DECODER_FRAME_SAMPLES)


class _StepRecorder(Decoder):
    """Adds to `steps` where each step begins."""

    def __init__(self, inner: Decoder, steps: list[int], start: int) -> None:
        self._inner, self._steps, self._position = inner, steps, start
        self.remaining = inner.remaining

    @property
    def unrefined_shares(self) -> tuple[float, ...]:
        return self._inner.unrefined_shares

    def refine(self) -> Iterator[None]:
        return self._inner.refine()

    def step(self, frames: int) -> Floats:
        samples = self._inner.step(frames)
        self._steps.append(self._position)
        self._position += len(samples)
        self.remaining = self._inner.remaining
        return samples


def _whole(decoder: Decoder) -> tuple[Floats, Sequence[Floats]]:
    """All samples of an exact decode, and what each refined part gave."""
    while decoder.unrefined_shares:
        for _ in decoder.refine():
            pass
    steps, frames = [], decoder.remaining
    while decoder.remaining:
        steps.append(decoder.step(frames))
    return np.concatenate(steps), decoder.refined_outputs


def speak_twice(engine: Engine, request: Request) -> Renditions:
    """Both renditions of a request. The engine's backend is a MemoizingBackend.

    Raises InvalidRequest as the engine does, ModelError should the lengths differ.
    """
    backend = engine.backend
    if not isinstance(backend, MemoizingBackend):
        raise TypeError("To speak twice, the engine needs a MemoizingBackend as its backend.")
    engine.check(request)
    backend.begin()
    predicted = not engine.is_exact(request)
    exact = _spoken(engine, replace(request, exact=True))
    places = tuple(_places(exact, backend.decodes))
    streaming = _spoken(engine, replace(request, exact=False)) if predicted else exact
    samples, whole = _joined(streaming), _joined(exact)
    if len(samples) != len(whole):
        raise ModelError(f"Streaming has {len(samples)} samples, exact {len(whole)}.")
    steps = {
        place.begin + step - place.first
        for place, begins in zip(places, backend.steps, strict=predicted)
        for step in begins
        if place.first < step < place.last
    }
    same_segment = (b for a, b in pairwise(streaming) if predicted and a.segment == b.segment)
    chunks = {chunk.position for chunk in same_segment} - steps
    backend.forget()
    borders = tuple(sorted(steps)), tuple(sorted(chunks))
    return Renditions(request, samples, whole, predicted, *borders, places)


def _spoken(engine: Engine, request: Request) -> list[Chunk]:
    return [chunk for chunk in engine.turns(request, Trace(), Halt()) if isinstance(chunk, Chunk)]


def _joined(chunks: list[Chunk]) -> Floats:
    return np.concatenate([chunk.samples for chunk in chunks])


def _places(chunks: list[Chunk], decodes: list[tuple[Prosody, Floats]]) -> Iterator[SegmentPlace]:
    begins = {chunk.segment: chunk.position for chunk in reversed(chunks)}
    for index, (prosody, whole) in enumerate(decodes):
        heard, begin = audible_span(prosody), begins[index]
        yield SegmentPlace(begin, begin + heard.length, whole, heard.first, heard.tail)
