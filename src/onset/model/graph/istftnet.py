"""Kokoro's generator (iSTFTNet) as graphs of our own, from its weights: whole or streaming.

One description of the network, two layouts (layouts.py). Given its statistics the generator is a
fixed filter, so the two agree to rounding; docs/streaming.md tells why. Streaming is one graph for
each of the two stages; a whole segment is a series of small graphs, so that others can have their
turns between them. Knows nothing of running a graph.

Source of the architecture: hexgrad/kokoro istftnet.py (Generator, AdaINResBlock1).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from onnx import ModelProto, NodeProto

from onset.errors import ModelError
from onset.model.graph.onnx_graph import OnnxGraph
from onset.model.graph.streaming_layers import (
    ConvKernel,
    GraphBuilder,
    Layers,
    LayerState,
    StreamingLayers,
    WholeLayers,
    model,
    weight_names,
)
from onset.types import Floats

DILATIONS = (1, 3, 5)
KERNELS = (3, 7, 11)


@dataclass(frozen=True, slots=True)
class UpsamplingStage:
    """Channels before and in an upsampling stage, its factor, the stride of its source's conv."""

    before: int
    channels: int
    factor: int
    stride: int


STAGES = (UpsamplingStage(512, 256, 10, 6), UpsamplingStage(256, 128, 6, 1))

STYLE = 128
"""The first half of a style row is the decoder's (hexgrad/kokoro model.py, `ref_s[:, :128]`)."""

BINS = 22
"""Rows of a spectrum frame: 11 log magnitudes and 11 phases of a 20-point STFT."""

LOOKAHEAD = 455
"""Frames at 4800 Hz (94.8 ms) of input the streaming graphs hold before their first output."""


@dataclass(frozen=True, slots=True)
class AdainNorm:
    """One AdaIN: its name, channels, and the slot of the statistics it uses (some share one)."""

    key: str
    channels: int
    slot: int


def norms() -> list[AdainNorm]:
    """All 48 AdaIN in the order of their affine inputs; the 44 slots in the order of statistics."""
    found: list[AdainNorm] = []
    slots: dict[str, int] = {}
    for stage, each in enumerate(STAGES):
        first, *others = resblocks(stage)
        for block in (f"noise_res.{stage}", first, *others):
            for i in range(len(DILATIONS)):
                for which in (1, 2):
                    # The three blocks of a stage read the same tensor, so their first norm is one.
                    owner = first if which == 1 and i == 0 and block in others else block
                    slot = slots.setdefault(f"{owner}/adain{which}.{i}", len(slots))
                    found.append(AdainNorm(f"{block}/adain{which}.{i}", each.channels, slot))
    return found


def stage_norms(stage: int) -> list[AdainNorm]:
    """The AdaIN of one stage."""
    size = len(norms()) // len(STAGES)
    return norms()[stage * size : (stage + 1) * size]


def resblocks(stage: int) -> list[str]:
    """The residual blocks of a stage that read its upsampled signal, by size of their kernel."""
    return [f"resblocks.{len(KERNELS) * stage + j}" for j in range(len(KERNELS))]


def slot_channels() -> list[int]:
    """Channels of each of the 44 statistics slots."""
    return [norm.channels for norm in {norm.slot: norm for norm in norms()}.values()]


class GeneratorWeights:
    """The generator's weights, found in a (dequantised) Kokoro graph by their place in the network.

    Only the end of a name is looked at ("generator/resblocks.0/convs1.0/Conv"), so the prefix an
    export gives its modules does not matter. Each missing weight is a ModelError that names it.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self._graph = graph
        pattern = re.compile(r"generator/(.+)/(Conv|ConvTranspose|Gemm|MatMul|Add|Gemm_\w+)$")
        self._nodes: dict[tuple[str, str], NodeProto] = {}
        for node in graph.nodes:
            if match := pattern.search(node.name):
                self._nodes[match[1].removesuffix("/fc"), node.op_type] = node
        self._alphas = {
            name.partition("generator.")[2]: name for name in graph.initializers if ".alpha" in name
        }

    def conv(self, place: str, op: str = "Conv") -> tuple[Floats, Floats]:
        """(weight, bias) of the convolution at `place`, such as "resblocks.0/convs1.0"."""
        node = self._node(place, op)
        return self._graph.array(node.input[1]), self._graph.array(node.input[2])

    def alpha(self, block: str, which: int, i: int) -> Floats:
        """Snake's alpha [1, C, 1]."""
        name = self._alphas.get(f"{block}.alpha{which}.{i}")
        if name is None:
            raise ModelError(f"Not a Kokoro graph: no generator.{block}.alpha{which}.{i}.")
        return self._graph.array(name).reshape(1, -1, 1)

    def style_affine(self, key: str) -> tuple[Floats, Floats]:
        """(weight [128, 2C], bias [2C]) of the layer that makes an AdaIN's gamma and beta."""
        if (key, "Gemm") in self._nodes:
            node = self._nodes[key, "Gemm"]
            weight, bias = (self._graph.array(name) for name in node.input[1:3])
            return (weight.T if weight.shape[0] != STYLE else weight), bias
        product, add = self._node(key, "MatMul"), self._node(key, "Add")
        shift = next(name for name in add.input if name in self._graph.initializers)
        return self._graph.array(product.input[1]), self._graph.array(shift)

    def _node(self, place: str, op: str) -> NodeProto:
        try:
            return self._nodes[place, op]
        except KeyError:
            raise ModelError(f"Not a Kokoro graph: no {op} at generator/{place}.") from None


@dataclass(frozen=True, slots=True)
class ResidualHalf:
    """Half of a residual pair: AdaIN, Snake with its alpha and 1 / alpha, a convolution."""

    norm: str
    alpha: str
    inverse: str
    kernel: ConvKernel


def streaming(weights: GeneratorWeights, stage: int) -> tuple[ModelProto, list[LayerState]]:
    """Graph of one step of a stage, and the states it wants.

    x, source, scale, shift, first, last, state0.. -> y, state0_out.. where y is stage 0's output
    [1, 256, t] or the spectrum [1, 22, t].
    """
    parts = GraphBuilder()
    x = parts.input("x", [1, STAGES[stage].before, "x"])
    source = parts.input("source", [1, BINS, "h"])
    layers = StreamingLayers(parts, {norm.key: norm.channels for norm in stage_norms(stage)})
    x, source = _enter(layers, weights, stage, x, source)
    x = parts.op("Add", [x, _block(layers, weights, source, f"noise_res.{stage}")])
    blocks = [_block(layers, weights, x, block) for block in resblocks(stage)]
    slowest = blocks[-1]  # the widest kernel looks furthest ahead
    channels = STAGES[stage].channels
    blocks = [layers.align(block, slowest, channels) for block in blocks[:-1]] + [slowest]
    total = parts.op("Add", [parts.op("Add", blocks[:2]), blocks[2]])
    y = parts.op("Mul", [total, parts.const("third", 1 / len(KERNELS))])
    if stage == len(STAGES) - 1:
        y = _leave(layers, weights, y)
    parts.output(y, "y", [1, "c", "t"])
    return model(parts), layers.states


def entrance(weights: GeneratorWeights, stage: int) -> ModelProto:
    """Graph of the beginning of a stage of a whole segment: x, source -> up, noise."""
    parts = GraphBuilder()
    x = parts.input("x", [1, STAGES[stage].before, "x"])
    source = parts.input("source", [1, BINS, "h"])
    up, noise = _enter(WholeLayers(parts), weights, stage, x, source)
    for name, tensor in (("up", up), ("noise", noise)):
        parts.output(tensor, name, [1, STAGES[stage].channels, "t"])
    return model(parts)


def pair(dilation: int) -> ModelProto:
    """Graph of any residual pair of a whole segment; the weights of one are its inputs.

    x [1, C, t] and, for n of 1 and 2, alpha{n}, inverse{n}, gamma{n}, beta{n} [1, C, 1],
    weight{n} [C, C, taps], bias{n} -> y [1, C, t], mean{n}, std{n} [1, C, 1].
    """
    parts = GraphBuilder()
    x = parts.input("x", [1, "c", "t"])
    halves = [_given_half(parts, str(n)) for n in (1, 2)]
    parts.output(_pair(WholeLayers(parts), x, dilation, halves), "y", [1, "c", "t"])
    return model(parts)


def pair_feeds(block: str, i: int) -> dict[str, str]:
    """Which constant each of the weights is that `pair` has as inputs."""
    feeds = {}
    for n in (1, 2):
        place, key = f"{block}/convs{n}.{i}", f"{block}/adain{n}.{i}"
        feeds[f"weight{n}"], feeds[f"bias{n}"] = weight_names(place)
        feeds |= {f"{name}{n}": f"{key}.{name}" for name in ("alpha", "inverse")}
    return feeds


def pair_weights() -> list[str]:
    """The constants of all pairs."""
    return [
        name
        for stage in range(len(STAGES))
        for block in (f"noise_res.{stage}", *resblocks(stage))
        for i in range(len(DILATIONS))
        for name in pair_feeds(block, i).values()
    ]


def departure(weights: GeneratorWeights) -> ModelProto:
    """Graph of the end of a whole segment: stage 1's output x -> spectrum [1, 22, t]."""
    parts = GraphBuilder()
    x = parts.input("x", [1, STAGES[-1].channels, "t"])
    parts.output(_leave(WholeLayers(parts), weights, x), "y", [1, BINS, "t"])
    return model(parts)


def _enter(
    layers: Layers, weights: GeneratorWeights, number: int, x: str, source: str
) -> tuple[str, str]:
    """The upsampled signal and the source at the rate of a stage."""
    stage = STAGES[number]
    x = layers.parts.op("LeakyRelu", [x], alpha=0.1)
    place = f"ups.{number}"
    kernel = layers.kernel(place, *weights.conv(place, "ConvTranspose"), transposed=True)
    x = layers.upsample(x, kernel, stage.factor)
    x = layers.reflect(x) if number == len(STAGES) - 1 else x
    place = f"noise_convs.{number}"
    return x, layers.source_conv(source, layers.kernel(place, *weights.conv(place)), stage.stride)


def _leave(layers: Layers, weights: GeneratorWeights, x: str) -> str:
    x = layers.parts.op("LeakyRelu", [x], alpha=0.01)
    return layers.conv(x, layers.kernel("conv_post", *weights.conv("conv_post")))


def _block(layers: Layers, weights: GeneratorWeights, x: str, block: str) -> str:
    """AdaINResBlock1: three residual pairs."""
    for i, dilation in enumerate(DILATIONS):
        halves = [_half(layers, weights, block, which, i) for which in (1, 2)]
        x = _pair(layers, x, dilation, halves)
    return x


def _half(
    layers: Layers, weights: GeneratorWeights, block: str, which: int, i: int
) -> ResidualHalf:
    """Half a pair with its weights as constants."""
    key, place = f"{block}/adain{which}.{i}", f"{block}/convs{which}.{i}"
    alpha = weights.alpha(block, which, i)
    return ResidualHalf(
        norm=key,
        alpha=layers.parts.const(f"{key}.alpha", alpha),
        inverse=layers.parts.const(f"{key}.inverse", 1 / alpha),
        kernel=layers.kernel(place, *weights.conv(place)),
    )


def _given_half(parts: GraphBuilder, n: str) -> ResidualHalf:
    """Half a pair with its weights as inputs."""
    alpha, inverse = (parts.input(f"{name}{n}", [1, "c", 1]) for name in ("alpha", "inverse"))
    weight = parts.input(f"weight{n}", ["c", "c", f"taps{n}"])
    return ResidualHalf(n, alpha, inverse, ConvKernel(weight, parts.input(f"bias{n}", ["c"]), 0, 0))


def _pair(layers: Layers, x: str, dilation: int, halves: Sequence[ResidualHalf]) -> str:
    """x + conv2(snake(adain2(conv1(snake(adain1(x))))))."""
    y = x
    for half, d in zip(halves, (dilation, 1), strict=True):
        y = layers.conv(_snake(layers.parts, layers.norm(y, half.norm), half), half.kernel, d)
    return layers.parts.op("Add", [y, layers.align(x, y, halves[0].kernel.channels)])


def _snake(parts: GraphBuilder, x: str, half: ResidualHalf) -> str:
    """x + sin(alpha x)^2 / alpha."""
    sine = parts.op("Sin", [parts.op("Mul", [x, half.alpha])])
    return parts.op("Add", [x, parts.op("Mul", [parts.op("Mul", [sine, sine]), half.inverse])])
