"""The generator on ONNX Runtime: the graphs of `graph.export`."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime as ort

from onset.model.backend import AdainStatistics, Prosody
from onset.model.decoding.generator import (
    AdainAffine,
    CooperativeTask,
    Generator,
    StageStream,
)
from onset.model.decoding.mapped_file import MappedFile
from onset.model.decoding.providers import CPU_PLACE, Place
from onset.model.graph.istftnet import (
    ADAIN_LAYERS,
    DILATIONS,
    KERNELS,
    RESIDUAL_PAIRS,
    STAGES,
    stage_blocks,
)
from onset.model.onnx_session import AnyArray, OnnxSession, ort_value
from onset.types import Floats, Halt

_PAIR_OUTPUTS = ("y", "mean1", "std1", "mean2", "std2")


class StepGraph:
    """The graph of one streaming step of a stage, and the shapes of its states."""

    def __init__(self, session: OnnxSession, states: Sequence[Mapping[str, int]]) -> None:
        self._session, self._states = session, states
        self._outputs = ["y", *(f"state{k}_out" for k in range(len(states)))]

    def initial_states(self) -> list[Floats]:
        """The states before the first step: the zeros of the layers' padding."""
        return [
            np.zeros((1, state["channels"], state["start"]), np.float32) for state in self._states
        ]

    def run(
        self,
        arrays: Mapping[str, AnyArray],
        states: Sequence[ort.OrtValue | AnyArray],
        halt: Halt,
    ) -> tuple[Floats, list[ort.OrtValue]]:
        """Output [1, C, t] and next states. Raises Halted."""
        feeds = {**arrays, **{f"state{k}": state for k, state in enumerate(states)}}
        y, *next_states = self._session.run(self._outputs, feeds, halt)
        return y.numpy(), next_states


class OnnxStageStream(StageStream):
    """Feeds a step graph, and keeps its states."""

    def __init__(self, graph: StepGraph, scale: Floats, shift: Floats) -> None:
        self._graph = graph
        self._states: Sequence[ort.OrtValue | Floats] = graph.initial_states()
        self._scale, self._shift = scale, shift
        self._first = True

    def step(self, x: Floats, source: Floats, last: bool, halt: Halt) -> Floats:
        arrays = stage_inputs(x, source, self._scale, self._shift, (self._first, last))
        y, self._states = self._graph.run(arrays, self._states, halt)
        self._first = False
        return y


def stage_inputs(
    x: Floats, source: Floats, scale: Floats, shift: Floats, ends: tuple[bool, bool]
) -> dict[str, AnyArray]:
    """The inputs of a step but its states. ends: whether it is the reading's first, and last."""
    first, last = (np.array([flag], np.int64) for flag in ends)
    affine = {"scale": _channels(scale), "shift": _channels(shift)}
    return {"x": x, "source": source, **affine, "first": first, "last": last}


def _channels(values: Floats) -> Floats:
    """[C] as [1, C, 1]."""
    return values.reshape(1, -1, 1)


class OnnxGenerator(Generator):
    """Loads the graphs of the steps, and those of whole readings when first needed.

    place: of the steps; whole readings are the CPU's, since others want weights that are constants.
    step_sessions, step_graphs: those of the steps.
    """

    def __init__(self, folder: Path, threads: int, place: Place = CPU_PLACE) -> None:
        super().__init__(folder)
        self._folder, self._threads = folder, threads
        states = json.loads((folder / "states.json").read_text())
        self.step_sessions = [self._step_session(stage, place) for stage in range(len(states))]
        self.step_graphs = [
            StepGraph(*both) for both in zip(self.step_sessions, states, strict=True)
        ]

    def _step_session(self, stage: int, place: Place) -> OnnxSession:
        return self._session(f"step{stage}", place)

    def _session(self, name: str, place: Place = CPU_PLACE) -> OnnxSession:
        path = self._folder / f"{name}.onnx"
        return OnnxSession(path, self._threads, place.name, place.options)

    @cached_property
    def _full_graphs(self) -> dict[str, OnnxSession]:
        """The graphs for whole readings."""
        entrances = (f"entrance{stage}" for stage in range(len(STAGES)))
        names = (*entrances, *(f"pair{dilation}" for dilation in DILATIONS), "departure")
        return {name: self._session(name) for name in names}

    @cached_property
    def _pair_constants(self) -> dict[tuple[str, int], dict[str, ort.OrtValue]]:
        """What each residual pair's graph is fed besides its input, mapped from generator.bin."""
        file, places = MappedFile(self._folder / "generator.bin"), self._folder / "weights.json"
        values = {
            name: ort_value(file.array(offset, shape))
            for name, (offset, shape) in json.loads(places.read_text()).items()
        }
        return {
            pair: {name: values[constant] for name, constant in constants.items()}
            for pair, constants in RESIDUAL_PAIRS.items()
        }

    def stream(self, stage: int, scale: Floats, shift: Floats) -> StageStream:
        return OnnxStageStream(self.step_graphs[stage], scale, shift)

    def full_stage(
        self, number: int, x: Floats, prosody: Prosody, statistics: AdainStatistics, halt: Halt
    ) -> CooperativeTask:
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
        return total if number < len(STAGES) - 1 else self._samples(total, halt)

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
                gamma, beta = affine.layer(key)
                feeds[f"gamma{n}"], feeds[f"beta{n}"] = _channels(gamma), _channels(beta)
            pair = self._full_graphs[f"pair{dilation}"]
            y, *moments = pair.run(_PAIR_OUTPUTS, feeds, halt, forget=last)
            x = y.numpy()
            for key, mean, std in zip(keys, moments[::2], moments[1::2], strict=True):
                place = ADAIN_LAYERS[key].statistics
                statistics.mean[place] = mean.numpy().ravel()
                statistics.std[place] = std.numpy().ravel()
            yield
        return x

    def _samples(self, x: Floats, halt: Halt) -> Floats:
        """The last stage's output for the whole reading to its samples."""
        (spectrum,) = self._full_graphs["departure"].run(("y",), {"x": x}, halt, forget=True)
        return self.inverse_stft(0).push(spectrum.numpy()[0], last=True)
