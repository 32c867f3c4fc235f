"""The generator on ONNX Runtime, a step of several streams in one run.

It pays where a step of many costs little more than a step of one: on a GPU. A row is a stream, with
states of its own; rows of a run have equal shapes.
"""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import onnx

from onset.model.backend import Stepping, finished
from onset.model.decoding.generator import StageStream
from onset.model.decoding.onnx_generator import OnnxGenerator, StepGraph, stage_inputs
from onset.model.decoding.providers import CPU_PLACE, Place
from onset.model.decoding.step_batch import StepBatch
from onset.model.onnx_session import AnyArray, OnnxSession
from onset.types import Floats, Halt, Pause


class StepRow(NamedTuple):
    """The inputs of one stream's step by name, and its states."""

    arrays: dict[str, AnyArray]
    states: list[Floats]

    @property
    def shapes(self) -> Hashable:
        """Equal for steps that can be rows of one run."""
        states = tuple(state.shape[2] for state in self.states)
        return self.arrays["x"].shape, self.arrays["source"].shape, self.arrays["first"][0], states


class MadeRow(NamedTuple):
    """A step's output, float32 [1, C, t], and the next states."""

    y: Floats
    states: list[Floats]


FLAGS = ("first", "last")
"""Inputs that all rows share."""

Rows: TypeAlias = StepBatch[StepRow, MadeRow]


class RowsGraph:
    """A step graph that takes any number of rows. fill: up to a power of two, by repeating one.

    With that there are few shapes, where a provider prepares kernels for each.
    """

    def __init__(self, graph: StepGraph, fill: bool) -> None:
        self._graph, self._fill = graph, fill

    def run(self, rows: Sequence[StepRow], halt: Halt) -> list[MadeRow]:
        """The outputs of rows whose shapes are equal. Raises Halted."""
        more = (1 << (len(rows) - 1).bit_length()) - len(rows) if self._fill else 0
        filled = [*rows, *[rows[0]] * more]
        arrays = {
            name: array if name in FLAGS else np.concatenate([row.arrays[name] for row in filled])
            for name, array in rows[0].arrays.items()
        }
        by_state = zip(*(row.states for row in filled), strict=True)
        states = [np.concatenate(of_rows) for of_rows in by_state]
        y, next_states = self._graph.run(arrays, states, halt)
        outputs = [state.numpy() for state in next_states]
        # Copies: a view would keep the states of all rows as long as the slowest stream.
        return [
            MadeRow(y[k : k + 1], [state[k : k + 1].copy() for state in outputs])
            for k in range(len(rows))
        ]


class RowStream(StageStream):
    """A stage of one stream, whose steps are rows."""

    def __init__(self, rows: Rows, alone: RowsGraph, states: list[Floats], affine: Floats) -> None:
        self._rows, self._alone, self._states = rows, alone, states
        self._scale, self._shift = affine
        self._first = True

    def step(self, x: Floats, source: Floats, last: bool, halt: Halt) -> Floats:
        return finished(self.stepping(x, source, last, halt))

    def stepping(self, x: Floats, source: Floats, last: bool, halt: Halt) -> Stepping:
        arrays = stage_inputs(x, source, self._scale, self._shift, (self._first, last))
        row = StepRow(arrays, self._states)
        if last:  # the graph pads with zeros of one row, and there is one such step in a reading
            (made,) = self._alone.run([row], halt)
        else:
            left = self._rows.leave(row.shapes, row, halt)
            try:
                yield Pause.STEP
                made = self._rows.result(left)
            finally:
                self._rows.withdraw(left)
        self._states, self._first = made.states, False
        return made.y


class BatchedGenerator(OnnxGenerator):
    """Whose steps are computed with those of at most `most` streams. place: as OnnxGenerator."""

    def __init__(self, folder: Path, threads: int, most: int, place: Place = CPU_PLACE) -> None:
        super().__init__(folder, threads, place)
        self._graphs = [RowsGraph(graph, place.fills) for graph in self.step_graphs]
        self._rows: list[Rows] = [StepBatch(graph.run, most) for graph in self._graphs]

    def _step_session(self, stage: int, place: Place) -> OnnxSession:
        graph = any_rows(self._folder / f"step{stage}.onnx")
        return OnnxSession(graph, self._threads, place.name, place.options, self._folder)

    def stream(self, stage: int, scale: Floats, shift: Floats) -> StageStream:
        states, affine = self.step_graphs[stage].initial_states(), np.stack([scale, shift])
        return RowStream(self._rows[stage], self._graphs[stage], states, affine)


def any_rows(path: Path) -> bytes:
    """A step graph whose inputs and outputs may have any number of rows, without its weights.

    All operators of a step but the padding of the last one take rows as they are.
    """
    model = onnx.load(str(path), load_external_data=False)
    for port in (*model.graph.input, *model.graph.output):
        if port.name not in FLAGS:
            port.type.tensor_type.shape.dim[0].dim_param = "rows"
    return bytes(model.SerializeToString())
