"""The same request spoken twice, streaming and exact, with what lies where in the audio.

Both come out of the engine's own path, as a listener would get them; the prosody is computed once
and shared, so they have the same length, sample for sample. Knows nothing of measures.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from onset.engine import Engine
from onset.errors import ModelError
from onset.model import STEP_SAMPLES, Backend, Decoder, Front, Prosody, Statistics
from onset.trace import Trace
from onset.types import Chunk, Floats, Halt, Request
from onset.vocoder import span


@dataclass(frozen=True, slots=True)
class Utterance:
    """Where a segment lies in the audio, samples [begin, end), and the decode it was cut from.

    whole: every sample the exact decode makes, the silence around included. first: the place in
    `whole` of the audio's sample `begin`. within: whether its sentence goes on in the next.
    """

    begin: int
    end: int
    whole: Floats
    first: int
    within: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Streaming and exact audio of a request: float32 [n] each, 24 kHz.

    predicted: whether streaming used predicted statistics; if not, the two are one decode. steps,
    chunks: positions at which a generator's step or only a 50 ms chunk begins inside a segment.
    """

    request: Request
    streaming: Floats
    exact: Floats
    predicted: bool
    steps: tuple[int, ...]
    chunks: tuple[int, ...]
    utterances: tuple[Utterance, ...]


class Recorder(Backend):
    """A backend that computes each front, trunk and whole decode once until `forget`, for both.

    decodes: prosody and all samples of each segment decoded with its own statistics, in order.
    count: how many steps were taken.
    """

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self.digest = inner.digest
        self.forget()

    def forget(self) -> None:
        """Begin a new pair."""
        self.decodes: list[tuple[Prosody, Floats]] = []
        self.count = 0
        self._fronts: dict[tuple[tuple[int, ...], bytes, float], Front] = {}
        self._trunks: dict[int, tuple[Front, Prosody]] = {}
        self._refined: dict[int, list[Floats]] = {}

    def front(self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt) -> Front:
        key = tokens, style.tobytes(), speed
        if key not in self._fronts:
            self._fronts[key] = self._inner.front(tokens, style, speed, halt)
        return self._fronts[key]

    def trunk(self, front: Front, halt: Halt) -> Prosody:
        # The front is kept beside its prosody, so that its id stays its own.
        if id(front) not in self._trunks:
            self._trunks[id(front)] = front, self._inner.trunk(front, halt)
        return self._trunks[id(front)][1]

    def pace(self) -> float:
        return self._inner.pace()

    def decoder(
        self, prosody: Prosody, statistics: Statistics | None, start: int, halt: Halt
    ) -> Decoder:
        if statistics is not None:
            streaming = self._inner.decoder(prosody, statistics, start, halt)
            streaming.known = self._refined.get(id(prosody), ())
            return _Counting(self, streaming)
        whole = self._inner.decoder(prosody, None, 0, halt)
        while whole.predicted:
            for _ in whole.refine():
                pass
        samples = np.concatenate(list(_all(whole, prosody.frames)))
        self.decodes.append((prosody, samples))
        self._refined[id(prosody)] = whole.refined
        return _Counting(self, _Given(samples[start * STEP_SAMPLES :], prosody.frames - start))


class _Counting(Decoder):
    def __init__(self, recorder: Recorder, inner: Decoder) -> None:
        self._recorder, self._inner = recorder, inner
        self.remaining, self.refined = inner.remaining, inner.refined

    @property
    def predicted(self) -> tuple[float, ...]:
        return self._inner.predicted

    def refine(self) -> Iterator[None]:
        return self._inner.refine()

    def step(self, frames: int) -> Floats:
        self._recorder.count += 1
        samples = self._inner.step(frames)
        self.remaining = self._inner.remaining
        return samples


class _Given(Decoder):
    """Samples that are there already, all at the first step."""

    def __init__(self, samples: Floats, frames: int) -> None:
        self._samples = samples
        self.remaining, self.refined = frames, []

    @property
    def predicted(self) -> tuple[float, ...]:
        return ()

    def refine(self) -> Iterator[None]:
        return iter(())

    def step(self, frames: int) -> Floats:
        self.remaining = 0
        return self._samples


def _all(decoder: Decoder, frames: int) -> Iterator[Floats]:
    while decoder.remaining:
        yield decoder.step(frames)


def speak_twice(engine: Engine, request: Request) -> Pair:
    """Both renderings of a request. The engine's backend is a Recorder.

    Raises InvalidRequest as the engine does, ModelError should the lengths differ.
    """
    recorder = engine.backend
    if not isinstance(recorder, Recorder):
        raise TypeError("To speak twice, the engine needs a Recorder as its backend.")
    engine.check(request)
    recorder.forget()
    predicted = not engine.is_exact(request)
    exact, _, _ = _spoken(engine, recorder, replace(request, exact=True))
    decodes = list(recorder.decodes)
    if predicted:
        streaming, steps, chunks = _spoken(engine, recorder, replace(request, exact=False))
    else:
        streaming, steps, chunks = exact, [], []
    samples, whole = _joined(streaming), _joined(exact)
    if len(samples) != len(whole):
        raise ModelError(f"Streaming has {len(samples)} samples, exact {len(whole)}.")
    parts = tuple(_utterances(exact, decodes, [s.within for s in engine.segments(request)]))
    recorder.forget()
    return Pair(request, samples, whole, predicted, tuple(steps), tuple(chunks), parts)


def _spoken(
    engine: Engine, recorder: Recorder, request: Request
) -> tuple[list[Chunk], list[int], list[int]]:
    """Chunks, and the positions at which steps and only chunks begin inside a segment."""
    chunks: list[Chunk] = []
    steps: list[int] = []
    others: list[int] = []
    count = recorder.count
    for chunk in engine.turns(request, Trace(), Halt()):
        if chunk is None:
            continue
        if chunks and chunks[-1].segment == chunk.segment:
            (steps if recorder.count > count else others).append(chunk.position)
        count = recorder.count
        chunks.append(chunk)
    return chunks, steps, others


def _joined(chunks: list[Chunk]) -> Floats:
    return np.concatenate([chunk.samples for chunk in chunks])


def _utterances(
    chunks: list[Chunk], decodes: list[tuple[Prosody, Floats]], goes_on: list[bool]
) -> Iterator[Utterance]:
    begins = {chunk.segment: chunk.position for chunk in reversed(chunks)}
    for index, ((prosody, whole), within) in enumerate(zip(decodes, goes_on, strict=True)):
        place, begin = span(prosody, within), begins[index]
        yield Utterance(begin, begin + place.length, whole, place.first, within)
