"""Weights of the decoder in a Kokoro graph, by the names of its modules."""

import re

import numpy as np
from onnx import NodeProto

from onset.errors import ModelError
from onset.model.graph.onnx_graph import OnnxGraph
from onset.model.voice_styles import DECODER_STYLE
from onset.types import Floats

GENERATOR = r"generator/"
TRUNK = r"decoder/(?=encode/|decode\.|asr_res/|F0_conv/|N_conv/)"
"""What precedes a place in the names of each part, as a pattern."""


class DecoderWeights:
    """The weights of a part of the decoder, found in a (dequantised) graph by their place in it.

    Only the end of a name is looked at ("generator/resblocks.0/convs1.0/Conv"), so the prefix an
    export gives its modules does not matter. Each missing weight is a ModelError that names it.
    """

    def __init__(self, graph: OnnxGraph, part: str = GENERATOR) -> None:
        self._graph = graph
        pattern = re.compile(part + r"(.+)/(Conv|ConvTranspose|Gemm|MatMul|Add|Gemm_\w+)$")
        self._nodes: dict[tuple[str, str], NodeProto] = {}
        for node in graph.nodes:
            if match := pattern.search(node.name):
                self._nodes[match[1].removesuffix("/fc"), node.op_type] = node
        self._alphas = {
            name.partition("generator.")[2]: name for name in graph.initializers if ".alpha" in name
        }

    def conv(self, place: str, op: str = "Conv") -> tuple[Floats, Floats]:
        """(weight, bias) of the convolution at `place`, such as "resblocks.0/convs1.0"."""
        weight, *bias = (self._graph.array(name) for name in self._node(place, op).input[1:])
        return weight, bias[0] if bias else np.zeros(weight.shape[0], np.float32)

    def alpha(self, block: str, n: int, i: int) -> Floats:
        """Snake's alpha [1, C, 1]."""
        name = self._alphas.get(f"{block}.alpha{n}.{i}")
        if name is None:
            raise ModelError(f"Not a Kokoro graph: no generator.{block}.alpha{n}.{i}.")
        return self._graph.array(name).reshape(1, -1, 1)

    def style_affine(self, key: str) -> tuple[Floats, Floats]:
        """(weight [128, 2C], bias [2C]) of the layer that makes an AdaIN's gamma and beta."""
        if (key, "Gemm") in self._nodes:
            node = self._nodes[key, "Gemm"]
            weight, bias = (self._graph.array(name) for name in node.input[1:3])
            return (weight.T if weight.shape[0] != DECODER_STYLE else weight), bias
        product, add = self._node(key, "MatMul"), self._node(key, "Add")
        shift = next(name for name in add.input if name in self._graph.initializers)
        return self._graph.array(product.input[1]), self._graph.array(shift)

    def _node(self, place: str, op: str) -> NodeProto:
        try:
            return self._nodes[place, op]
        except KeyError:
            raise ModelError(f"Not a Kokoro graph: no {op} at {place}.") from None
