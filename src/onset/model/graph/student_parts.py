"""The graph of one of hibari's students, cut in two where its decoder begins.

Inputs and outputs are those of the README of the package `hibari`.
"""

from pathlib import Path
from typing import NamedTuple

import onnx
from onnx.utils import Extractor

from onset.errors import AssetError
from onset.model.students import REINSTALL

SPECTRA = ("lh", "theta", "ln", "lr", "phi")
"""The graph's outputs: harmonics, their phase, noise, and what has a phase of its own."""


class StudentParts(NamedTuple):
    """front: tokens and speed to the cuts and F0. decoder: encoding, F0 and energy to spectra.

    cuts: names of the text encoding, the durations and the energy. spectra: those of the outputs.
    """

    front: bytes
    decoder: bytes
    cuts: tuple[str, str, str]
    spectra: tuple[str, ...] = SPECTRA


def student_parts(path: Path) -> StudentParts:
    """Cut a student's graph. Raises AssetError for one that is built otherwise."""
    graph = onnx.load(str(path))
    encoding, durations, energy = cuts = _cut_names(graph)
    cut = Extractor(graph)
    front = cut.extract_model(["ids", "speed"], [durations, "f0", energy, encoding])
    decoder = cut.extract_model([encoding, "f0", energy], list(SPECTRA))
    return StudentParts(front.SerializeToString(), decoder.SerializeToString(), cuts)


def _cut_names(graph: onnx.ModelProto) -> tuple[str, str, str]:
    """Names of the text encoding, the durations and the energy, found by the graph's structure.

    Durations are what is summed up to find which token a frame belongs to. What the decoder begins
    with is the concatenation of encoding, F0 and energy, scaled. Raises AssetError.
    """
    made_by = {output: node for node in graph.graph.node for output in node.output}
    summed = [node for node in graph.graph.node if node.op_type == "CumSum"]
    entrances = [
        made_by[node.input[0]]
        for node in graph.graph.node
        if node.op_type == "Conv"
        and node.input[0] in made_by
        and made_by[node.input[0]].op_type == "Concat"
    ]
    if len(summed) != 1 or len(entrances) != 1 or len(entrances[0].input) != 3:
        raise AssetError(f"The graph is not that of hibari's students: {REINSTALL}")
    encoding, _, scaled = entrances[0].input
    energy = made_by[made_by[scaled].input[0]].input[0]  # in front of the division, the new axis
    return encoding, summed[0].input[0], energy
