"""The trunk on ONNX Runtime: one graph, whose statistics are true or given."""

from pathlib import Path

import numpy as np

from onset.model.backend import TRUNK_CHANNELS, AdainStatistics, FrontOutput
from onset.model.decoding.providers import CPU_PLACE, Place
from onset.model.decoding.trunks import Trunk, curves
from onset.model.graph.streaming_layers import EPSILON
from onset.model.graph.trunk import KINDS
from onset.model.onnx_session import AnyArray, OnnxSession
from onset.types import Floats, Halt

_NOT_GIVEN: dict[str, AnyArray] = {
    **{kind: np.ones((1, TRUNK_CHANNELS, 1), np.float32) for kind in KINDS},
    "given": np.array([False]),
}
"""The trunk's inputs where it takes its own statistics."""

_OUTPUTS = ("trunk", *(f"true_{kind}" for kind in KINDS))


class OnnxTrunk(Trunk):
    """folder: what `graph.export` wrote."""

    def __init__(self, folder: Path, threads: int, place: Place = CPU_PLACE) -> None:
        self.session = OnnxSession(folder / "trunk.onnx", threads, place.name, place.options)

    def run(
        self,
        front: FrontOutput,
        begin: int,
        end: int,
        statistics: AdainStatistics | None,
        halt: Halt,
    ) -> tuple[Floats, AdainStatistics]:
        asr, f0, energy = curves(front, begin, end)
        feeds: dict[str, AnyArray] = {"asr": asr, "f0": f0, "energy": energy, "style": front.style}
        if statistics is None:
            values = self.session.run(_OUTPUTS, feeds | _NOT_GIVEN, halt)
            trunk, mean, variance = (value.numpy() for value in values)
            std = np.sqrt(variance.ravel() + np.float32(EPSILON))
            return trunk, AdainStatistics(mean.ravel(), std)
        variance = np.maximum(statistics.std**2 - np.float32(EPSILON), np.float32(0))
        feeds |= {"mean": statistics.mean.reshape(1, -1, 1), "variance": variance.reshape(1, -1, 1)}
        feeds["given"] = np.array([True])
        (value,) = self.session.run(_OUTPUTS[:1], feeds, halt)
        return value.numpy(), statistics
