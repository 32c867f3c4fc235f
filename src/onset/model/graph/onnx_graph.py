"""The published Kokoro ONNX graph: read it, undo its quantisation, find the cut points, cut.

The cut points are found by structure (weight shapes and which node feeds which), so exports that
name their tensors otherwise are accepted too.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from onset.errors import ModelError
from onset.types import Floats

INPUTS = {"tokens": TensorProto.INT64, "style": TensorProto.FLOAT, "speed": TensorProto.FLOAT}
"""Inputs of a Kokoro export; the first is called `input_ids` by some."""


class OnnxGraph:
    """An index over an ONNX graph: producers and consumers of tensors, constants."""

    def __init__(self, model: ModelProto) -> None:
        self.model = model
        self.nodes: list[NodeProto] = list(model.graph.node)
        self.initializers = {tensor.name: tensor for tensor in model.graph.initializer}
        self._index()

    def _index(self) -> None:
        self.producer = {name: node for node in self.nodes for name in node.output}
        self.consumers: dict[str, list[NodeProto]] = {}
        for node in self.nodes:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)

    def array(self, name: str) -> Floats:
        """The constant `name` as an array; ModelError if it is computed or absent."""
        if name in self.initializers:
            return numpy_helper.to_array(self.initializers[name])
        node = self.producer.get(name)
        if node is not None and node.op_type == "Constant":
            return numpy_helper.to_array(node.attribute[0].t)
        raise ModelError(f"Not a Kokoro export that can be cut: {name!r} is not a constant.")

    def shape(self, name: str) -> tuple[int, ...]:
        """Dimensions of the constant `name`, () if it is not an initializer."""
        tensor = self.initializers.get(name)
        return tuple(tensor.dims) if tensor is not None else ()

    def replace(self, new: Mapping[int, NodeProto]) -> None:
        """Replace each node by `new[id(node)]`, and drop nodes that no output needs any more."""
        self.nodes = [new.get(id(node), node) for node in self.nodes]
        self._index()
        self.nodes = self.upstream(output.name for output in self.model.graph.output)
        self._index()

    def upstream(self, names: Iterable[str], inputs: Collection[str] = ()) -> list[NodeProto]:
        """Every node that the tensors `names` depend on, in graph order; `inputs` are given."""
        ids, todo = set[int](), list(names)
        while todo:
            name = todo.pop()
            node = None if name in inputs else self.producer.get(name)
            if node is not None and id(node) not in ids:
                ids.add(id(node))
                todo.extend(node.input)
        return [node for node in self.nodes if id(node) in ids]


def read(path: Path) -> OnnxGraph:
    """Read an ONNX file. ModelError if it is not one, or has not Kokoro's inputs."""
    try:
        model = onnx.load(str(path))
    except (DecodeError, OSError, ValueError) as error:
        raise ModelError(f"{path} is not a readable ONNX model: {error}") from error
    inputs = {tensor.name: tensor.type.tensor_type.elem_type for tensor in model.graph.input}
    if "input_ids" in inputs:
        inputs["tokens"] = inputs.pop("input_ids")
        for tensor in model.graph.input:
            tensor.name = "tokens" if tensor.name == "input_ids" else tensor.name
        for node in model.graph.node:
            node.input[:] = ["tokens" if name == "input_ids" else name for name in node.input]
    if inputs != INPUTS:
        raise ModelError(
            f"{path} is not a Kokoro export: its inputs are {', '.join(sorted(inputs)) or 'none'}, "
            f"not {', '.join(INPUTS)} (int64, float32, float32)."
        )
    return OnnxGraph(model)


@dataclass(frozen=True, slots=True)
class CutPoints:
    """Names of the tensors where the graph is cut. F is the number of 25 ms duration frames.

    durations float [1, n + 2] (frames a token) · asr [1, 512, F] · f0, energy [1, 2F]
    · trunk [1, 512, 2F] at 80 Hz · source [1, 22, 120F + 1], the harmonic STFT at 4800 Hz.
    """

    durations: str
    asr: str
    f0: str
    energy: str
    trunk: str
    source: str


def locate(graph: OnnxGraph) -> CutPoints:
    """Find the cut points by structure. ModelError says what is missing."""
    upsample = _by_weight(graph, (512, 256, 20), "ConvTranspose")
    noise = _by_weight(graph, (256, 22, 12), "Conv", "ConvInteger")
    curves = _with_weight(graph, (1, 1, 3), "Conv", "ConvInteger")
    if len(curves) != 2:
        raise ModelError(f"Not a Kokoro graph: {len(curves)} F0 and energy convolutions, not 2.")
    trunk = str(graph.producer[upsample.input[0]].input[0])  # before the generator's LeakyRelu
    source = _float_input(graph, noise)
    names = [_squeeze_input(graph, node) for node in curves]
    behind_source = {name for node in graph.upstream([source]) for name in node.input}
    names.sort(key=lambda name: name not in behind_source)
    f0, energy = names
    if f0 not in behind_source or energy in behind_source:
        raise ModelError("Not a Kokoro graph: the harmonic source does not depend on one F0 curve.")
    return CutPoints(_durations(graph), _aligned(graph, curves), f0, energy, trunk, source)


def _with_weight(graph: OnnxGraph, shape: tuple[int, ...], *ops: str) -> list[NodeProto]:
    nodes = [node for node in graph.nodes if node.op_type in ops]
    return [node for node in nodes if graph.shape(node.input[1]) == shape]


def _by_weight(graph: OnnxGraph, shape: tuple[int, ...], op: str, quantised: str = "") -> NodeProto:
    nodes = _with_weight(graph, shape, op, quantised)
    if len(nodes) != 1:
        raise ModelError(
            f"Not a Kokoro-82M graph: {len(nodes)} {op} with a weight of {list(shape)}, not 1."
        )
    return nodes[0]


def _float_input(graph: OnnxGraph, conv: NodeProto) -> str:
    """The float tensor a convolution reads, before its quantisation if it has one."""
    name = str(conv.input[0])
    node = graph.producer.get(name)
    if node is not None and node.op_type == "DynamicQuantizeLinear":
        return str(node.input[0])
    return name


def _squeeze_input(graph: OnnxGraph, conv: NodeProto) -> str:
    """The [1, 2F] curve behind the Unsqueeze that feeds an F0 or energy convolution."""
    node = graph.producer[_float_input(graph, conv)]
    if node.op_type not in ("Unsqueeze", "Reshape"):
        raise ModelError(f"Not a Kokoro graph: {node.op_type} feeds the F0 convolution.")
    return str(node.input[0])


def _durations(graph: OnnxGraph) -> str:
    rounds = [node for node in graph.nodes if node.op_type == "Round"]
    if len(rounds) != 1:
        raise ModelError(f"Not a Kokoro graph: {len(rounds)} Round operators, not 1 (durations).")
    users = graph.consumers[rounds[0].output[0]]
    clip = next((node for node in users if node.op_type in ("Clip", "Max")), rounds[0])
    return str(clip.output[0])


def _aligned(graph: OnnxGraph, curves: Sequence[NodeProto]) -> str:
    """asr: what the decoder's first Concat joins to the two downsampled curves."""
    behind = {
        node.output[0] if node.op_type == "Conv" else _chain(graph, node)[0].output[0]
        for node in curves
    }
    joins = [node for node in graph.nodes if node.op_type == "Concat" and len(node.input) == 3]
    joins = [node for node in joins if behind <= set(node.input)]
    if len(joins) != 1:
        raise ModelError(f"Not a Kokoro graph: {len(joins)} joins of asr, F0 and energy, not 1.")
    return next(str(name) for name in joins[0].input if name not in behind)


def _chain(graph: OnnxGraph, node: NodeProto) -> tuple[NodeProto, str, str | None]:
    """The (+ bias), Cast, Mul by two scales behind an integer product: last node, scales, bias."""
    current, bias = node.output[0], None
    while True:
        (user,) = graph.consumers[current]
        others = [name for name in user.input if name != current]
        if user.op_type == "Mul":
            return user, others[0], bias
        if user.op_type == "Add":
            bias = _integer_bias(graph, others[0])
        elif user.op_type != "Cast":
            raise ModelError(f"Unknown quantisation: {user.op_type} after {node.op_type}.")
        current = user.output[0]


def _integer_bias(graph: OnnxGraph, name: str) -> str:
    """The float bias behind Div(bias, scale) -> Floor -> Cast -> Reshape."""
    node = graph.producer[name]
    while node.op_type in ("Reshape", "Cast", "Floor"):
        node = graph.producer[node.input[0]]
    if node.op_type != "Div":
        raise ModelError(f"Unknown quantisation: {node.op_type} makes an integer bias.")
    return str(node.input[0])


def dequantise(graph: OnnxGraph, inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Turn the quantised products between `inputs` and `outputs` into float ones, in place.

    Weights become (q - zero point) * scale, the inverse of the export's own rule; activations are
    no longer rounded. A float graph is left as it is. ModelError for an unknown quantisation.
    """
    new: dict[int, NodeProto] = {}
    for node in graph.upstream(outputs, set(inputs)):
        if node.op_type in ("ConvInteger", "MatMulInteger"):
            end, scales, bias = _chain(graph, node)
            new[id(end)] = _float_product(graph, node, scales, bias, end.output[0])
    graph.replace(new)


def _float_product(
    graph: OnnxGraph, node: NodeProto, scales: str, bias: str | None, output: str
) -> NodeProto:
    quantise = graph.producer[node.input[0]]
    factors = graph.producer[scales].input
    scale = graph.array(next(name for name in factors if name != quantise.output[1]))
    weight = graph.array(node.input[1]).astype(np.float32)
    zero = graph.array(node.input[3]).astype(np.float32)
    conv = node.op_type == "ConvInteger"
    if conv:  # one zero point and scale an output channel, or one for all
        zero, scale = (v.reshape(-1, 1, 1) if v.ndim else v for v in (zero, scale))
    name, weight = f"{node.name}:weight", ((weight - zero) * scale).astype(np.float32)
    graph.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(weight), name)
    inputs = [quantise.input[0], name] + ([bias] if bias else [])
    kind, plain_name = "Conv" if conv else "MatMul", node.name.replace("_quant", "")
    float_node = helper.make_node(kind, inputs, [output], plain_name)
    float_node.attribute.extend(node.attribute)
    return float_node


def port(
    name: str, shape: Sequence[int | str] | None, element: int = TensorProto.FLOAT
) -> ValueInfoProto:
    """The name, shape and element type of an input or output."""
    return helper.make_tensor_value_info(name, element, shape)


def cut(
    graph: OnnxGraph, inputs: Mapping[str, ValueInfoProto], outputs: Mapping[str, str]
) -> ModelProto:
    """The part of the graph between `inputs` and `outputs` (both keyed by tensor name).

    They get the names of the ports and `outputs`. ModelError if something is missing.
    """
    inner = graph.upstream(outputs, inputs)
    used = {name for node in inner for name in node.input if name} | set(outputs)
    made = {name for node in inner for name in node.output}
    for name in sorted(used - made - set(inputs) - set(graph.initializers)):
        raise ModelError(f"Not a Kokoro graph: nothing makes {name!r} from {sorted(inputs)}.")
    nodes = [helper.make_node("Identity", [p.name], [t]) for t, p in inputs.items() if t != p.name]
    nodes += inner
    nodes += [helper.make_node("Identity", [name], [public]) for name, public in outputs.items()]
    return assemble(
        nodes,
        list(inputs.values()),
        [port(public, None) for public in outputs.values()],
        [graph.initializers[name] for name in sorted(used) if name in graph.initializers],
        list(graph.model.opset_import),
    )


def assemble(
    nodes: Sequence[NodeProto],
    inputs: Sequence[ValueInfoProto],
    outputs: Sequence[ValueInfoProto],
    initializers: Sequence[TensorProto],
    opsets: Sequence[onnx.OperatorSetIdProto],
) -> ModelProto:
    """A model of these parts, in graph order, with an IR version ONNX Runtime >= 1.17 reads."""
    graph = helper.make_graph(nodes, "onset", inputs, outputs, initializers)
    domains = {"", *(node.domain for node in nodes)}
    wanted = [opset for opset in opsets if opset.domain in domains]
    model = helper.make_model(graph, opset_imports=wanted)
    model.ir_version = 9
    return model
