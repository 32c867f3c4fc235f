"""Kokoro's generator (iSTFTNet) on ONNX Runtime: the graphs and constants of `graph.export`.

`StreamingDecoder` drives the graphs of the steps. A whole reading is decoded here, one residual
pair at a time, so that other requests get their turns between the convolutions of a long one.
"""

import json
from collections.abc import Generator as Coroutine
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnxruntime as ort

from onset.model.backend import AdainStatistics, Prosody
from onset.model.graph.istftnet import (
    ADAIN_LAYERS,
    DILATIONS,
    KERNELS,
    RESIDUAL_PAIRS,
    STAGES,
    stage_blocks,
)
from onset.model.harmonic_source import HOP, WINDOW, HarmonicSource
from onset.model.onnx_session import AnyArray, OnnxSession, ort_value
from onset.model.voice_styles import DECODER_STYLE
from onset.types import Floats, Halt

CooperativeTask: TypeAlias = Coroutine[None, None, Floats]
"""Yields after each piece of work and returns the result, so that other work can go between."""

_TO_CHANNELS = np.concatenate(
    [np.arange(a.statistics.start, a.statistics.stop) for a in ADAIN_LAYERS.values()]
)
"""For each of the AdaIN's 9216 channels its index among the 8448 statistics.

Several AdaIN read the same tensor, so there are fewer statistics than channels.
"""

_STAGE_ENDS = np.cumsum([len(ADAIN_LAYERS) // len(STAGES) * stage.channels for stage in STAGES])
"""Where the channels of each stage end."""

_PAIR_OUTPUTS = ("y", "mean1", "std1", "mean2", "std2")


def neutral_statistics() -> AdainStatistics:
    """Means of 0 and deviations of 1: to be measured into."""
    count = int(_TO_CHANNELS.max()) + 1
    return AdainStatistics(np.zeros(count, np.float32), np.ones(count, np.float32))


@dataclass(frozen=True, slots=True)
class AdainAffine:
    """gamma (the 1 included) and beta of all AdaIN for one style: float32 [9216] each."""

    gamma: Floats
    beta: Floats

    def layer(self, key: str) -> tuple[Floats, Floats]:
        """gamma and beta [1, C, 1] of one AdaIN."""
        channels = ADAIN_LAYERS[key].channels
        return self.gamma[channels].reshape(1, -1, 1), self.beta[channels].reshape(1, -1, 1)

    def folded(self, statistics: AdainStatistics) -> list[tuple[Floats, Floats]]:
        """Normalisation and affine in one: scale and shift [1, C, 1] for each stage."""
        scale = self.gamma / statistics.std[_TO_CHANNELS]
        shift = self.beta - scale * statistics.mean[_TO_CHANNELS]
        stages = (np.split(part, _STAGE_ENDS[:-1]) for part in (scale, shift))
        return [(a.reshape(1, -1, 1), b.reshape(1, -1, 1)) for a, b in zip(*stages, strict=True)]


class InverseSTFT:
    """The inverse STFT as a stream: overlap-add of frames of 20 samples in hops of 5.

    basis [22, 20]: the transform of one frame. edge [20]: what the export divides the very first
    samples by, or None when the audio does not begin at the utterance's first frame.
    """

    def __init__(self, basis: Floats, edge: Floats | None) -> None:
        self._basis = basis
        self._edge = edge
        self._tail = np.zeros(WINDOW - HOP, np.float32)
        self._begun = False

    def push(self, spectrum: Floats, last: bool) -> Floats:
        """Log magnitudes and phases [22, t] to the samples complete now; `last`: all that remain.

        The generator gives the sine of its last rows as the phase.
        """
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
        samples = total[: len(total) - half] if last else total[: count * HOP]
        if self._begun:
            return samples
        # The half window that reflects the edge goes, and the rest is scaled as the export does.
        self._begun = True
        if self._edge is not None:
            gain = np.where(self._edge > np.finfo(np.float32).tiny, self._edge, 1.0)
            count = min(len(gain), len(samples))
            samples[:count] /= gain[:count]
        return samples[half:]


class StepGraph:
    """The graph of one streaming step of a stage, and the shapes of its states."""

    def __init__(self, session: OnnxSession, states: Sequence[Mapping[str, int]]) -> None:
        self._session, self._states = session, states
        self._outputs = ["y", *(f"state{k}_out" for k in range(len(states)))]

    def initial_states(self) -> list[ort.OrtValue]:
        """The states before the first step: the zeros of the layers' padding."""
        return [
            ort_value(np.zeros((1, state["channels"], state["start"]), np.float32))
            for state in self._states
        ]

    def run(
        self, arrays: Mapping[str, AnyArray], states: list[ort.OrtValue], halt: Halt
    ) -> tuple[Floats, list[ort.OrtValue]]:
        """Output [1, C, t] and next states. Raises Halted."""
        feeds = {**arrays, **{f"state{k}": state for k, state in enumerate(states)}}
        y, *states = self._session.run(self._outputs, feeds, halt)
        return y.numpy(), states


class Generator:
    """Loads the graphs of the steps, and those of whole readings when first needed.

    folder: what `graph.export` wrote.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._threads = folder, threads
        self.steps = [
            StepGraph(self._session(f"step{stage}"), states)
            for stage, states in enumerate(json.loads((folder / "states.json").read_text()))
        ]
        with np.load(folder / "constants.npz", allow_pickle=False) as constants:
            self._constants: dict[str, Floats] = dict(constants)
        weight, bias = self._constants["source_weight"], self._constants["source_bias"]
        self.source = HarmonicSource(weight, float(bias[0]))

    def _session(self, name: str) -> OnnxSession:
        return OnnxSession(self._folder / f"{name}.onnx", self._threads)

    @cached_property
    def _full_graphs(self) -> dict[str, OnnxSession]:
        """The graphs for whole readings."""
        entrances = (f"entrance{stage}" for stage in range(len(STAGES)))
        names = (*entrances, *(f"pair{dilation}" for dilation in DILATIONS), "departure")
        return {name: self._session(name) for name in names}

    @cached_property
    def _pair_constants(self) -> dict[tuple[str, int], dict[str, ort.OrtValue]]:
        """What each residual pair's graph is fed besides its input, mapped from generator.bin."""
        file, places = self._folder / "generator.bin", self._folder / "weights.json"
        values = {
            name: ort_value(np.memmap(file, np.float32, "r", offset, tuple(shape)))
            for name, (offset, shape) in json.loads(places.read_text()).items()
        }
        return {
            pair: {name: values[constant] for name, constant in constants.items()}
            for pair, constants in RESIDUAL_PAIRS.items()
        }

    def affine(self, style: Floats) -> AdainAffine:
        """gamma and beta of every AdaIN; style [1, 256]."""
        half, c = style[0, :DECODER_STYLE], self._constants
        gamma = half @ c["gamma_weight"] + c["gamma_bias"] + np.float32(1)
        return AdainAffine(gamma, half @ c["beta_weight"] + c["beta_bias"])

    def inverse_stft(self, start: int) -> InverseSTFT:
        """For audio that begins at decoder frame `start`."""
        return InverseSTFT(self._constants["basis"], None if start else self._constants["edge"])

    def decode(self, prosody: Prosody, halt: Halt) -> tuple[Floats, AdainStatistics]:
        """All samples of the reading, and the true statistics they are made with."""
        statistics, x = neutral_statistics(), prosody.trunk
        for number in range(len(STAGES)):
            x = _result(self.full_stage(number, x, prosody, statistics, halt))
        return self.full_samples(x, halt), statistics

    def full_stage(
        self, number: int, x: Floats, prosody: Prosody, statistics: AdainStatistics, halt: Halt
    ) -> CooperativeTask:
        """A stage's output [1, C, t] for the whole reading; writes its part of `statistics`."""
        affine = self.affine(prosody.style)
        feeds = {"x": x, "source": prosody.source}
        entrance = self._full_graphs[f"entrance{number}"]
        values = entrance.run(("up", "noise"), feeds, halt, forget=True)
        up, noise = (value.numpy() for value in values)
        yield
        noise_block, *blocks = stage_blocks(number)
        up += yield from self._full_block(noise_block, noise, affine, statistics, halt)
        total: Floats = np.zeros_like(up)
        for block in blocks:
            last = block == blocks[-1]
            total += yield from self._full_block(block, up, affine, statistics, halt, last)
        total *= np.float32(1 / len(KERNELS))
        return total

    def _full_block(
        self,
        block: str,
        x: Floats,
        affine: AdainAffine,
        statistics: AdainStatistics,
        halt: Halt,
        last: bool = False,
    ) -> CooperativeTask:
        """A residual block. last: nothing follows, so the runtime need not keep its memory."""
        for i, dilation in enumerate(DILATIONS):
            keys = [f"{block}/adain{n}.{i}" for n in (1, 2)]
            feeds = {"x": x, **self._pair_constants[block, i]}
            for n, key in enumerate(keys, start=1):
                feeds[f"gamma{n}"], feeds[f"beta{n}"] = affine.layer(key)
            pair = self._full_graphs[f"pair{dilation}"]
            y, *moments = pair.run(_PAIR_OUTPUTS, feeds, halt, forget=last)
            x = y.numpy()
            for key, mean, std in zip(keys, moments[::2], moments[1::2], strict=True):
                place = ADAIN_LAYERS[key].statistics
                statistics.mean[place] = mean.numpy().ravel()
                statistics.std[place] = std.numpy().ravel()
            yield
        return x

    def full_samples(self, x: Floats, halt: Halt) -> Floats:
        """Stage 1's output for the whole reading to its samples."""
        (spectrum,) = self._full_graphs["departure"].run(("y",), {"x": x}, halt, forget=True)
        return self.inverse_stft(0).push(spectrum.numpy()[0], last=True)


def _result(task: CooperativeTask) -> Floats:
    """Run a task without pauses."""
    while True:
        try:
            next(task)
        except StopIteration as end:
            result: Floats = end.value
            return result
