"""The generator: prosody and statistics in, samples out, a step at a time.

One class, so that another generator (native, another precision) can take its place. Knows nothing
of text, voices, or where the statistics come from.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import numpy as np
import onnxruntime as ort

from onset.model.backend import STEP_SAMPLES, AdainStatistics, Decoder, Prosody
from onset.model.costs import STAGE_0, STAGE_1
from onset.model.full_decoder import AdainAffines, FullDecoder, Work
from onset.model.graph.istftnet import (
    BINS,
    LOOKAHEAD,
    STAGES,
    STYLE,
    norms,
    slot_channels,
    stage_norms,
)
from onset.model.harmonic_source import HOP, WINDOW, HarmonicSource
from onset.model.onnx_session import AnyArray, OnnxSession, value
from onset.types import SAMPLE_RATE, Floats, Halt

Affine: TypeAlias = tuple[Floats, Floats]
"""Scale and shift."""

RATE = 60
"""Spectrum frames (4800 Hz) in a decoder frame (80 Hz)."""

TIMED, TIMED_FRAMES = 4, 16
"""Steps that are timed, and their decoder frames, as in the middle of a speech: 0.2 s in all on two
fast cores. Steps of 8 would overstate the pace by a tenth."""

MIDDLE_LOOKAHEAD = 65
"""Frames at 800 Hz that stage 0 is behind its input: 5 of its upsampling, 60 of its blocks."""

WARM_UP = 8
"""Decoder frames that fill the lookahead: 8 * 60 is the first multiple above LOOKAHEAD."""

TAIL = 4
"""Decoder frames that only the last step may take.

The source's first block looks 45 ms ahead, so a step that stops closer to the end would need
source that does not exist; the last step pads instead.
"""


class InverseSTFT:
    """Spectrum frames [22, t] in, samples out, by overlap and add.

    edge: what the export divides the very first samples by, or None when the audio does not begin
    at the utterance's first frame.
    """

    def __init__(self, basis: Floats, edge: Floats | None) -> None:
        self._basis = basis
        self._edge = edge
        self._tail = np.zeros(WINDOW - HOP, np.float32)
        self._begun = False

    def push(self, spectrum: Floats, last: bool) -> Floats:
        """Samples that are complete now; with `last`, all that remain."""
        half = WINDOW // 2
        magnitude, phase = np.exp(spectrum[: half + 1]), np.sin(spectrum[half + 1 :])
        parts = np.concatenate([magnitude * np.cos(phase), magnitude * np.sin(phase)])
        frames = parts.T @ self._basis
        count = len(frames)
        total = np.zeros(count * HOP + WINDOW - HOP, np.float32)
        total[: WINDOW - HOP] = self._tail
        for k in range(WINDOW // HOP):
            piece = frames[:, k * HOP : (k + 1) * HOP].reshape(-1)
            total[k * HOP : k * HOP + count * HOP] += piece
        self._tail = total[count * HOP :].copy()
        done = total[: len(total) - half] if last else total[: count * HOP]
        return done if self._begun else self._first(done)

    def _first(self, samples: Floats) -> Floats:
        """Drop the half window that reflects the edge, and scale as the export does."""
        self._begun = True
        if self._edge is not None:
            gain = np.where(self._edge > np.finfo(np.float32).tiny, self._edge, 1.0)
            count = min(len(gain), len(samples))
            samples[:count] /= gain[:count]
        return samples[WINDOW // 2 :]


class Generator:
    """Loads the graphs of the steps (and those of whole segments when first needed)."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._threads = folder, threads
        states = json.loads((folder / "states.json").read_text())
        self.steps = [
            StepGraph(OnnxSession(folder / f"step{stage}.onnx", threads), kept)
            for stage, kept in enumerate(states)
        ]
        self._whole: FullDecoder | None = None
        with np.load(folder / "constants.npz", allow_pickle=False) as constants:
            self._constants: dict[str, Floats] = dict(constants)
        weight, bias = self._constants["source_weight"], self._constants["source_bias"]
        self.source = HarmonicSource(weight, float(bias[0]))
        self._slots = _channels_of_slots()

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        """Audio from decoder frame `start` on, as Backend.decoder."""
        return StreamingDecoder(self, prosody, statistics, start, halt)

    def pace(self) -> float:
        """Seconds for a second of audio: the fastest of some steps, of silence.

        The fastest, for what else the machine does while a server starts is not its pace.
        """
        frames = WARM_UP + (TIMED + 1) * TIMED_FRAMES + TAIL
        source = np.zeros((1, BINS, RATE * frames + 1), np.float32)
        trunk, curve = np.zeros((1, 512, frames), np.float32), np.zeros(frames, np.float32)
        style = np.zeros((1, 2 * STYLE), np.float32)
        silence = Prosody(np.array([frames // 2]), curve, curve, trunk, source, style)
        decoder, taken = self.decoder(silence, nothing_known(), 0, Halt()), []
        for _ in range(TIMED + 1):  # the first is slower: it has more to do, for the first time
            begin = perf_counter()
            decoder.step(TIMED_FRAMES)
            taken.append(perf_counter() - begin)
        return min(taken[1:]) * SAMPLE_RATE / (TIMED_FRAMES * STEP_SAMPLES)

    def whole(self, prosody: Prosody, halt: Halt) -> tuple[Floats, AdainStatistics]:
        """All samples of the segment with its own statistics, and those statistics."""
        found, x = nothing_known(), prosody.trunk
        for number in range(len(STAGES)):
            x = _done(self.stage(number, x, prosody, found, halt))
        return self.samples(x, halt), found

    def samples(self, x: Floats, halt: Halt) -> Floats:
        """Stage 1's output for the whole segment to its samples."""
        spectrum = self._graphs.spectrum(x, halt)
        return self.inverse_stft(0).push(spectrum[0], last=True)

    def stage(
        self, number: int, x: Floats, prosody: Prosody, found: AdainStatistics, halt: Halt
    ) -> Work:
        """A stage's output for the whole segment; fills its part of `found`."""
        affines = AdainAffines(*self._style(prosody.style))
        return self._graphs.stage(number, x, prosody.source, affines, found, halt)

    @property
    def _graphs(self) -> FullDecoder:
        if self._whole is None:
            self._whole = FullDecoder(self._folder, self._threads)
        return self._whole

    def inverse_stft(self, start: int) -> InverseSTFT:
        """For a decode that begins at decoder frame `start`."""
        return InverseSTFT(self._constants["basis"], None if start else self._constants["edge"])

    def affine(self, style: Floats, statistics: AdainStatistics) -> list[Affine]:
        """AdaIN as one scale and shift a channel: [1, C, 1] each, for each stage."""
        gamma, beta = self._style(style)
        scale = gamma / statistics.std[self._slots]
        shift = beta - scale * statistics.mean[self._slots]
        ends = np.cumsum([sum(n.channels for n in stage_norms(k)) for k in range(len(STAGES))])
        parts = zip(np.split(scale, ends[:-1]), np.split(shift, ends[:-1]), strict=True)
        return [(a.reshape(1, -1, 1), b.reshape(1, -1, 1)) for a, b in parts]

    def _style(self, style: Floats) -> tuple[Floats, Floats]:
        """gamma (the 1 included) and beta of all 48 AdaIN, [9216] each."""
        half, c = style[0, :STYLE], self._constants
        gamma = half @ c["gamma_weight"] + c["gamma_bias"] + np.float32(1)
        return gamma, half @ c["beta_weight"] + c["beta_bias"]


def _done(work: Work) -> Floats:
    """The value of a work without its pauses."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            value: Floats = end.value
            return value


def nothing_known() -> AdainStatistics:
    """To be filled."""
    count = sum(slot_channels())
    return AdainStatistics(np.zeros(count, np.float32), np.ones(count, np.float32))


def _channels_of_slots() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each of the 9216 AdaIN channels, its place among the 8448 statistics."""
    starts = np.concatenate([[0], np.cumsum(slot_channels())])
    return np.concatenate([starts[n.slot] + np.arange(n.channels) for n in norms()])


class StepGraph:
    """The graph of one step of a stage, and how its states begin."""

    def __init__(self, session: OnnxSession, states: Sequence[Mapping[str, int]]) -> None:
        self._session, self._states = session, states
        self._outputs = ["y", *(f"state{k}_out" for k in range(len(states)))]

    def begin(self) -> list[ort.OrtValue]:
        """The states before the first step."""
        zeros = [np.zeros((1, s["channels"], s["start"]), np.float32) for s in self._states]
        return [ort.OrtValue.ortvalue_from_numpy(zero) for zero in zeros]

    def run(
        self, arrays: Mapping[str, AnyArray], states: list[ort.OrtValue], halt: Halt
    ) -> tuple[ort.OrtValue, list[ort.OrtValue]]:
        """Output and next states."""
        feeds = {name: value(array) for name, array in arrays.items()}
        feeds |= {f"state{k}": state for k, state in enumerate(states)}
        y, *states = self._session.run_values(self._outputs, feeds, halt)
        return y, states


class StreamingDecoder(Decoder):
    """Drives the two steps: feeds each layer just what it is due and keeps the states.

    `refine` decodes first stage 0, then stage 1 of the whole segment; from then on the stage's
    steps are not run any more, and one step goes over from what they give to the whole's output.
    statistics: None if both are to be refined before the first step.
    """

    def __init__(
        self,
        generator: Generator,
        prosody: Prosody,
        statistics: AdainStatistics | None,
        start: int,
        halt: Halt,
    ) -> None:
        self._generator, self._prosody, self._halt = generator, prosody, halt
        self._states = [step.begin() for step in generator.steps]
        self._affines = generator.affine(prosody.style, statistics or nothing_known())
        self._inverse = generator.inverse_stft(start)
        self._start = start
        self._trunk = prosody.trunk[:, :, start:]
        source = prosody.source[:, :, start * RATE :]
        # The padding of noise_convs.0.
        self._sources = [np.pad(source, ((0, 0), (0, 0), (3, 3))), source]
        self._frames = self._trunk.shape[2]
        self._fed = self._middle = self._out = 0
        self._used = [0, 0]
        self.refined = []
        self._joined = [False, False]
        self.remaining = self._frames

    @property
    def predicted(self) -> tuple[float, ...]:
        return (STAGE_0, STAGE_1)[len(self.refined) :]

    def refine(self) -> Iterator[None]:
        given = (self._prosody, nothing_known(), self._halt)
        if len(self.known) > len(self.refined):
            self.refined.append(self.known[len(self.refined)])
        elif not self.refined:
            self.refined.append((yield from self._generator.stage(0, self._prosody.trunk, *given)))
        else:
            x = yield from self._generator.stage(1, self.refined[0], *given)
            self.refined.append(self._generator.samples(x, self._halt))

    def step(self, frames: int) -> Floats:
        first = self._fed == 0
        fed = self._fed + frames + (WARM_UP if first else 0)
        last = fed + TAIL > self._frames
        fed = self._frames if last else fed
        if self._follows(1, first):
            more = STEP_SAMPLES * frames
            samples = self._exact(self._out, None if last else self._out + more)
        else:
            samples = self._streamed(fed, first, last)
            if len(self.refined) > 1:
                exact = self._exact(self._out, self._out + len(samples))
                samples = self._join(1, samples, exact)
        self._fed, self._out = fed, self._out + len(samples)
        self.remaining = 0 if last else self._frames - fed + WARM_UP
        return samples

    def _exact(self, begin: int, end: int | None) -> Floats:
        return self.refined[1][self._start * STEP_SAMPLES :][begin:end]

    def _streamed(self, fed: int, first: bool, last: bool) -> Floats:
        middle = self._stage_0(fed, first, last)
        # How far stage 1's upsampled signal reaches after this step (istftnet.LOOKAHEAD).
        reach = RATE * fed + 1 if last else RATE * fed - LOOKAHEAD + 63
        source = self._source(1, RATE * self._frames + 1 if last else reach + 60)
        spectrum = self._run(1, middle, source, first, last)
        return self._inverse.push(spectrum[0], last)

    def _stage_0(self, fed: int, first: bool, last: bool) -> Floats:
        """What this step makes complete of stage 0's output [1, 256, t]."""
        begin, end = self._middle, 10 * fed - (0 if last else MIDDLE_LOOKAHEAD)
        self._middle = end
        offset = 10 * self._start
        true = self.refined[0][:, :, offset + begin : offset + end] if self.refined else None
        if true is not None and self._follows(0, first):
            return true
        used = 10 * self._frames if last else 10 * fed - 5 + 36
        source = self._source(0, used, factor=6, plus=6)
        predicted = self._run(0, self._trunk[:, :, self._fed : fed], source, first, last)
        return predicted if true is None else self._join(0, predicted, true)

    def _follows(self, stage: int, first: bool) -> bool:
        """Whether a stage's output is the whole's now: from the beginning, or since it joined."""
        self._joined[stage] |= first and len(self.refined) > stage
        return self._joined[stage]

    def _join(self, stage: int, before: Floats, after: Floats) -> Floats:
        """From the one to the other, along the last axis."""
        self._joined[stage] = True
        length = before.shape[-1]
        share = (np.arange(length, dtype=np.float32) + np.float32(0.5)) / np.float32(length)
        joined: Floats = before + share * (after - before)
        return joined

    def _source(self, stage: int, until: int, factor: int = 1, plus: int = 0) -> Floats:
        begin, self._used[stage] = self._used[stage], until
        return self._sources[stage][:, :, factor * begin : factor * until + plus]

    def _run(self, stage: int, x: Floats, source: Floats, first: bool, last: bool) -> Floats:
        scale, shift = self._affines[stage]
        arrays: dict[str, AnyArray] = {"x": x, "source": source, "scale": scale, "shift": shift}
        arrays |= {"first": np.array([first], np.int64), "last": np.array([last], np.int64)}
        step = self._generator.steps[stage]
        y, self._states[stage] = step.run(arrays, self._states[stage], self._halt)
        values: Floats = y.numpy()
        return values
