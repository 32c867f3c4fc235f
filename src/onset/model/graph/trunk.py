"""The trunk as a graph whose AdaIN statistics may be given, so that a part of it can be computed.

Each of its ten AdaIN normalises over the whole reading. With their means and variances as inputs
what is left are convolutions, which are local, as in the generator (`istftnet`). One graph does
both, so that the weights, which are half of the model, are in memory once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from onset.errors import ModelError
from onset.model.backend import TRUNK_CHANNELS, TRUNK_OUTPUTS
from onset.model.graph.onnx_graph import CutPoints, OnnxGraph, assemble, cut, port
from onset.model.voice_styles import STYLE

KINDS = ("mean", "variance")


@dataclass(frozen=True, slots=True)
class TrunkAdain:
    """Where an AdaIN is in the graph. measured: its mean and its variance over time.

    activated: the tensor behind its affine and activation. channels: how many it normalises.
    """

    measured: tuple[str, str]
    activated: str
    channels: int


def trunk(graph: OnnxGraph, points: CutPoints) -> ModelProto:
    """asr, f0, energy, style -> trunk, true_mean, true_variance [1, 9482, 1].

    The inputs mean and variance [1, 9482, 1] are used instead of the true ones where `given`
    (bool [1]) is set.
    """
    layers = list(_layers(graph, points))
    model = cut(graph, _curves(points), {points.trunk: "trunk"})
    own = {name: f"{name}:own" for layer in layers for name in layer.measured}
    nodes = list(_given_statistics(layers))
    for node in model.graph.node:
        name = node.output[0]
        if name in own:
            node.output[0] = own[name]
        nodes.append(node)
        if name in own:
            nodes.append(_choice(layers, name, own[name]))
    for index, kind in enumerate(KINDS):
        names = [own[layer.measured[index]] for layer in layers]
        nodes.append(helper.make_node("Concat", names, [f"true_{kind}"], axis=1))
    sizes = np.array([layer.channels for layer in layers], np.int64)
    given = [port(kind, [1, int(sizes.sum()), 1]) for kind in KINDS]
    return assemble(
        nodes,
        [*model.graph.input, *given, port("given", [1], TensorProto.BOOL)],
        [port(name, None) for name in ("trunk", *(f"true_{kind}" for kind in KINDS))],
        [*model.graph.initializer, numpy_helper.from_array(sizes, "channels")],
        list(model.opset_import),
    )


def entrance(graph: OnnxGraph, points: CutPoints) -> ModelProto:
    """asr, f0, energy, style -> the first AdaIN's mean, variance [1, 514, 1] and activated output.

    activated: [1, 514, F]. It costs nothing beside the trunk, and is known for the whole reading
    before any of it.
    """
    first = next(_layers(graph, points))
    outputs = dict(zip(first.measured, KINDS, strict=True)) | {first.activated: "activated"}
    return cut(graph, _curves(points), outputs)


def _curves(points: CutPoints) -> Mapping[str, ValueInfoProto]:
    return {
        points.asr: port("asr", [1, TRUNK_OUTPUTS, "f"]),
        points.f0: port("f0", [1, "f2"]),
        points.energy: port("energy", [1, "f2"]),
        "style": port("style", [1, STYLE]),
    }


def _layers(graph: OnnxGraph, points: CutPoints) -> Iterator[TrunkAdain]:
    """The AdaIN in the order they are computed. ModelError if they are not those of the trunk."""
    inner = graph.upstream([points.trunk], set(_curves(points)))
    layers = [_layer(graph, node) for node in inner if _is_variance(graph, node)]
    if sum(layer.channels for layer in layers) != TRUNK_CHANNELS:
        channels = [layer.channels for layer in layers]
        raise ModelError(f"Not a Kokoro export that can be cut: its trunk's AdaIN are {channels}.")
    yield from layers


def _is_variance(graph: OnnxGraph, node: NodeProto) -> bool:
    """Whether a node is the mean of a square."""
    square = graph.producer.get(node.input[0]) if node.op_type == "ReduceMean" else None
    return square is not None and square.op_type == "Mul" and square.input[0] == square.input[1]


def _layer(graph: OnnxGraph, variance: NodeProto) -> TrunkAdain:
    centred = graph.producer[graph.producer[variance.input[0]].input[0]]
    node = _user(graph, centred.output[0], "Div")
    for kind in ("Mul", "Add", "LeakyRelu"):
        node = _user(graph, node.output[0], kind)
    activated = node.output[0]
    (following,) = graph.consumers[activated]
    shape = graph.shape(following.input[1])
    channels = shape[0] if following.op_type == "ConvTranspose" else shape[1]
    return TrunkAdain((centred.input[1], variance.output[0]), activated, channels)


def _user(graph: OnnxGraph, name: str, kind: str) -> NodeProto:
    users = [node for node in graph.consumers[name] if node.op_type == kind]
    if len(users) != 1:
        raise ModelError(
            f"Not a Kokoro export that can be cut: {len(users)} {kind} after an AdaIN."
        )
    return users[0]


def _given_statistics(layers: list[TrunkAdain]) -> Iterator[NodeProto]:
    for kind in KINDS:
        parts = [f"{kind}:{k}" for k in range(len(layers))]
        yield helper.make_node("Split", [kind, "channels"], parts, axis=1)


def _choice(layers: list[TrunkAdain], name: str, own: str) -> NodeProto:
    """The node that takes a statistic from the inputs, or as it is in the graph."""
    k = next(k for k, layer in enumerate(layers) if name in layer.measured)
    kind = KINDS[layers[k].measured.index(name)]
    return helper.make_node("Where", ["given", f"{kind}:{k}", own], [name])
