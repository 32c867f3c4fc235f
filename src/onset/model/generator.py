"""Kokoro's generator (iSTFTNet) on ONNX Runtime: its graphs and constants, streaming and full.

`StreamingDecoder` drives the graphs of the steps; a whole segment is decoded here.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime as ort

from onset.model.adain import AdainAffine, neutral_statistics
from onset.model.backend import AdainStatistics, Prosody
from onset.model.full_decoder import CooperativeTask, FullDecoder
from onset.model.graph.istftnet import STAGES
from onset.model.harmonic_source import HarmonicSource
from onset.model.inverse_stft import InverseSTFT
from onset.model.onnx_session import AnyArray, OnnxSession, ort_value
from onset.model.voice_styles import DECODER_STYLE
from onset.types import Floats, Halt


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
        feeds = {name: ort_value(array) for name, array in arrays.items()}
        feeds |= {f"state{k}": state for k, state in enumerate(states)}
        y, *states = self._session.run_values(self._outputs, feeds, halt)
        return y.numpy(), states


class Generator:
    """Loads the graphs of the steps, and those of whole segments when first needed."""

    def __init__(self, folder: Path, threads: int) -> None:
        """folder: what `graph.export` wrote."""
        self._folder, self._threads = folder, threads
        self.steps = [
            StepGraph(OnnxSession(folder / f"step{stage}.onnx", threads), states)
            for stage, states in enumerate(json.loads((folder / "states.json").read_text()))
        ]
        with np.load(folder / "constants.npz", allow_pickle=False) as constants:
            self._constants: dict[str, Floats] = dict(constants)
        weight, bias = self._constants["source_weight"], self._constants["source_bias"]
        self.source = HarmonicSource(weight, float(bias[0]))

    @cached_property
    def _full_decoder(self) -> FullDecoder:
        return FullDecoder(self._folder, self._threads)

    def affine(self, style: Floats) -> AdainAffine:
        """gamma and beta of every AdaIN; style [1, 256]."""
        half, c = style[0, :DECODER_STYLE], self._constants
        gamma = half @ c["gamma_weight"] + c["gamma_bias"] + np.float32(1)
        return AdainAffine(gamma, half @ c["beta_weight"] + c["beta_bias"])

    def inverse_stft(self, start: int) -> InverseSTFT:
        """For audio that begins at decoder frame `start`."""
        return InverseSTFT(self._constants["basis"], None if start else self._constants["edge"])

    def decode(self, prosody: Prosody, halt: Halt) -> tuple[Floats, AdainStatistics]:
        """All samples of the segment, and the true statistics they are made with."""
        statistics, x = neutral_statistics(), prosody.trunk
        for number in range(len(STAGES)):
            x = _result(self.full_stage(number, x, prosody, statistics, halt))
        return self.full_samples(x, halt), statistics

    def full_stage(
        self, number: int, x: Floats, prosody: Prosody, statistics: AdainStatistics, halt: Halt
    ) -> CooperativeTask:
        """A stage's output for the whole segment; measures its part of `statistics`."""
        affine = self.affine(prosody.style)
        return self._full_decoder.stage(number, x, prosody.source, affine, statistics, halt)

    def full_samples(self, x: Floats, halt: Halt) -> Floats:
        """Stage 1's output for the whole segment to its samples."""
        spectrum = self._full_decoder.spectrum(x, halt)
        return self.inverse_stft(0).push(spectrum[0], last=True)


def _result(task: CooperativeTask) -> Floats:
    """Run a task without pauses."""
    while True:
        try:
            next(task)
        except StopIteration as end:
            result: Floats = end.value
            return result
