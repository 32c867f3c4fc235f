"""A backend that speaks a request in several ways and computes what they share once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum

import numpy as np

from onset.errors import ModelError
from onset.model.backend import (
    DECODER_FRAME_SAMPLES,
    ENTRANCE_CHANNELS,
    SOURCE_CHANNELS,
    STAGE_0_SHARE,
    STAGE_1_SHARE,
    AdainStatistics,
    Backend,
    Decoder,
    FrontOutput,
    Prosody,
    TrunkEntrance,
)
from onset.types import Floats, Halt, Request


class DecodeMode(Enum):
    """How what was read is decoded."""

    PREDICTED = "as a listener gets it"
    TRUE = "with the truth in place of every prediction"
    SILENT = "not at all: silence that is as long"


Key = tuple[bytes, ...]
"""The contents of a front and its phase: fronts that are led over are new objects every time."""


class MemoizingBackend(Backend):
    """Computes each front, trunk and exact decode of a request once, until the next request.

    Where the truth is asked for, every part of a reading plays what the whole reading's exact
    decode has there. decodes: all samples of that decode, for each decoder that plays it, in order.
    steps: of each predicted decoder, the samples of its reading at which steps begin.
    """

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self.digest, self.runs_on, self.shares = inner.digest, inner.runs_on, inner.shares
        self.lead, self.closing = inner.lead, inner.closing
        self._request: Request | None = None
        self.forget()

    def begin(self, request: Request, mode: DecodeMode) -> None:
        """Begin another rendition: nothing is decoded yet. Frees what another request needed."""
        request = replace(request, exact=False)
        if request != self._request:
            self.forget()
        self._request, self._mode = request, mode
        self.decodes: list[Floats] = []
        self.steps: list[list[int]] = []

    @property
    def decoders(self) -> int:
        """How many were made since `begin`, one for each part that does not go on with another's.

        Of silent ones nobody knows."""
        return len(self.decodes) or len(self.steps)

    def forget(self) -> None:
        """Free what was computed."""
        self._mode = DecodeMode.PREDICTED
        self._fronts: dict[tuple[tuple[int, ...], bytes, float], FrontOutput] = {}
        self._trunks: dict[Key, Prosody] = {}
        self._wholes: dict[Key, tuple[Floats, Sequence[Floats]]] = {}
        self._latest: tuple[FrontOutput, float] | None = None

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        key = tokens, style.tobytes(), speed
        if key not in self._fronts:
            self._fronts[key] = self._inner.front(tokens, style, speed, halt)
        return self._fronts[key]

    def trunk(self, front: FrontOutput, halt: Halt, turns: float = 0.0) -> Prosody:
        self._latest = front, turns
        if self._mode is DecodeMode.SILENT:
            trunk = np.zeros((1, front.asr.shape[1], len(front.f0)), np.float32)
            curves = front.durations, front.f0, front.energy
            return Prosody(
                *curves, trunk, np.zeros((1, SOURCE_CHANNELS, 1), np.float32), front.style
            )
        return self._trunk(front, turns, halt)

    def _trunk(self, front: FrontOutput, turns: float, halt: Halt) -> Prosody:
        key = _key(front, turns)
        if key not in self._trunks:
            self._trunks[key] = self._inner.trunk(front, halt, turns)
        return self._trunks[key]

    def trunk_entrance(self, front: FrontOutput, halt: Halt) -> TrunkEntrance:
        self._latest = front, 0.0
        if self._mode is DecodeMode.PREDICTED:
            return self._inner.trunk_entrance(front, halt)
        nothing = np.zeros(ENTRANCE_CHANNELS, np.float32)
        return TrunkEntrance(nothing, nothing + 1, nothing[:, None])

    def trunk_part(
        self, front: FrontOutput, statistics: AdainStatistics, begin: int, end: int, halt: Halt
    ) -> Floats:
        if self._mode is DecodeMode.PREDICTED:
            return self._inner.trunk_part(front, statistics, begin, end, halt)
        return np.zeros((1, 1, end - begin), np.float32)

    def source(self, f0: Floats, turns: float = 0.0) -> Floats:
        if self._latest is not None:  # the phase of an opening comes with its source
            self._latest = self._latest[0], turns
        if self._mode is DecodeMode.PREDICTED:
            return self._inner.source(f0, turns)
        return np.zeros((1, 1, 1), np.float32)

    def pace(self, halt: Halt) -> float:
        return self._inner.pace(halt)

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        front, turns = self._front_of(prosody)
        if self._mode is DecodeMode.SILENT:
            silence = np.zeros(len(front.f0) * DECODER_FRAME_SAMPLES, np.float32)
            return _Playback(silence, start, self._inner)
        if self._mode is DecodeMode.TRUE or statistics is None:
            samples, _ = self._whole(front, turns, halt)
            self.decodes.append(samples)
            return _Playback(samples, start, self._inner)
        decoder = self._inner.decoder(prosody, statistics, start, halt)
        _, decoder.reusable_outputs = self._wholes.get(_key(front, turns), (None, ()))
        self.steps.append([])
        return _StepRecorder(decoder, self.steps[-1], start * DECODER_FRAME_SAMPLES)

    def _front_of(self, prosody: Prosody) -> tuple[FrontOutput, float]:
        """The front, and its phase, that the prosody is of. Raises ModelError for another."""
        if self._latest is None or not np.array_equal(self._latest[0].f0, prosody.f0):
            raise ModelError("A decoder was asked for that is not of the latest reading.")
        return self._latest

    def _whole(
        self, front: FrontOutput, turns: float, halt: Halt
    ) -> tuple[Floats, Sequence[Floats]]:
        """All samples of the exact decode of a reading, and what each refined stage gave."""
        key = _key(front, turns)
        if key not in self._wholes:
            prosody = self._trunk(front, turns, halt)
            self._wholes[key] = _decoded(self._inner.decoder(prosody, None, 0, halt))
        return self._wholes[key]


def _key(front: FrontOutput, turns: float) -> Key:
    arrays = front.durations, front.f0, front.energy, front.style, np.float64(turns)
    return tuple(array.tobytes() for array in arrays)


class _Playback(Decoder):
    """Plays a decode that is there already, from a decoder frame on.

    It counts as work as one of `backend` does, and gives as many samples at a time: what a listener
    has ahead decides where readings are joined, and that must be the same however what was read is
    decoded.
    """

    def __init__(self, samples: Floats, start: int, backend: Backend) -> None:
        self._samples, self._position, self._refined = samples, start * DECODER_FRAME_SAMPLES, 0
        self._lead, self._closing = backend.lead, max(1, backend.closing)
        self.remaining = len(samples) // DECODER_FRAME_SAMPLES - start

    @property
    def unrefined_shares(self) -> tuple[float, ...]:
        return (STAGE_0_SHARE, STAGE_1_SHARE)[self._refined :]

    def refine(self) -> Iterator[None]:
        self._refined += 1
        yield from ()

    def step(self, frames: int) -> Floats:
        lead, self._lead = (self._lead if self.unrefined_shares else 0), 0
        left = self.remaining - frames
        self.remaining = left if left >= self._closing else 0
        end = self._position + frames * DECODER_FRAME_SAMPLES + lead if self.remaining else None
        samples = self._samples[self._position : end]
        self._position += len(samples)
        return samples


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


def _decoded(decoder: Decoder) -> tuple[Floats, Sequence[Floats]]:
    """All samples of an exact decode, and what each refined part gave."""
    while decoder.unrefined_shares:
        for _ in decoder.refine():
            pass
    steps, frames = [], decoder.remaining
    while decoder.remaining:
        steps.append(decoder.step(frames))
    return np.concatenate(steps), decoder.refined_outputs
