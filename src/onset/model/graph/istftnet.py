"""Kokoro's generator (iSTFTNet) built anew as ONNX graphs, from its published weights.

The network is described once, over `Layers`, and laid out in two ways (streaming_layers.py):
streaming, one graph for a step of each of the two upsampling stages; and full, a series of small
graphs for a whole reading, so that other requests get their turns between them. Given its AdaIN
statistics the generator is a fixed filter, so the two agree to rounding (docs/streaming.md).

Source of the architecture: hexgrad/kokoro istftnet.py (Generator, AdaINResBlock1).
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from onnx import ModelProto

from onset.model.backend import SOURCE_CHANNELS
from onset.model.graph.decoder_weights import DecoderWeights
from onset.model.graph.streaming_layers import (
    ConvKernel,
    FullLayers,
    GraphBuilder,
    Layers,
    LayerState,
    StreamingLayers,
    kernel_names,
)

DILATIONS = (1, 3, 5)
"""Of the first convolution of each residual pair in a block."""

KERNELS = (3, 7, 11)
"""Kernel sizes of the three residual blocks of a stage, whose outputs are averaged."""


class UpsamplingStage(NamedTuple):
    """Channels before and in an upsampling stage, its factor, the stride of its source's conv."""

    channels_in: int
    channels: int
    factor: int
    source_stride: int


STAGES = (UpsamplingStage(512, 256, 10, 6), UpsamplingStage(256, 128, 6, 1))

LOOKAHEAD = 455
"""Frames at 4800 Hz (94.8 ms) of input the streaming graphs hold before their first output."""


def stage_blocks(stage: int) -> list[str]:
    """The residual blocks of a stage: the source's, then those of the upsampled signal."""
    blocks = [f"resblocks.{len(KERNELS) * stage + j}" for j in range(len(KERNELS))]
    return [f"noise_res.{stage}", *blocks]


class AdainLayer(NamedTuple):
    """Where the channels of one AdaIN are among all 9216, and its statistics among the 8448."""

    stage: int
    channels: slice
    statistics: slice


def _adain_layers() -> Iterator[tuple[str, AdainLayer]]:
    channel = statistic = 0
    statistics: dict[str, slice] = {}
    for stage, size in enumerate(stage.channels for stage in STAGES):
        _, first, *others = stage_blocks(stage)
        for block, i, n in product(stage_blocks(stage), range(len(DILATIONS)), (1, 2)):
            # The three blocks of a stage read the same tensor, so their first AdaIN normalise
            # with the same statistics.
            owner = first if n == 1 and i == 0 and block in others else block
            tensor = f"{owner}/adain{n}.{i}"
            if tensor not in statistics:
                statistics[tensor] = slice(statistic, statistic + size)
                statistic += size
            channels = slice(channel, channel + size)
            yield f"{block}/adain{n}.{i}", AdainLayer(stage, channels, statistics[tensor])
            channel += size


ADAIN_LAYERS = dict(_adain_layers())
"""All 48 AdaIN by name, in the order of their channels; they read 44 different tensors."""


class ResidualHalf(NamedTuple):
    """Half of a residual pair: AdaIN, Snake with its alpha and 1 / alpha, a convolution."""

    adain: str
    alpha: str
    inverse: str
    kernel: ConvKernel


def streaming_step(weights: DecoderWeights, stage: int) -> tuple[ModelProto, list[LayerState]]:
    """Graph of one step of a stage, and the states it wants.

    x, source, scale, shift, first, last, state0.. -> y, state0_out.. where y is stage 0's output
    [1, 256, t] or the spectrum [1, 22, t].
    """
    builder = GraphBuilder()
    x, source = _stage_inputs(builder, stage)
    channels = STAGES[stage].channels
    adain = {key: channels for key, layer in ADAIN_LAYERS.items() if layer.stage == stage}
    layers = StreamingLayers(builder, adain)
    x, source = _upsample(layers, weights, stage, x, source)
    noise_block, *blocks = stage_blocks(stage)
    x = builder.op("Add", [x, _residual_block(layers, weights, source, noise_block)])
    outputs = [_residual_block(layers, weights, x, block) for block in blocks]
    slowest = outputs[-1]  # the widest kernel looks furthest ahead
    a, b = (layers.align(output, slowest, channels) for output in outputs[:-1])
    total = builder.op("Add", [builder.op("Add", [a, b]), slowest])
    y = builder.op("Mul", [total, builder.const("third", 1 / len(KERNELS))])
    if stage == len(STAGES) - 1:
        y = _conv_post(layers, weights, y)
    builder.output(y, "y", [1, "c", "t"])
    return builder.model(), layers.states


def full_upsampling(weights: DecoderWeights, stage: int) -> ModelProto:
    """Graph of a stage's inputs for a whole reading: x, source -> up, noise."""
    builder = GraphBuilder()
    x, source = _stage_inputs(builder, stage)
    up, noise = _upsample(FullLayers(builder), weights, stage, x, source)
    for name, tensor in (("up", up), ("noise", noise)):
        builder.output(tensor, name, [1, STAGES[stage].channels, "t"])
    return builder.model()


def full_residual_pair(dilation: int) -> ModelProto:
    """Graph of any residual pair of a whole reading; the weights of one are its inputs.

    x [1, C, t] and, for n of 1 and 2, alpha{n}, inverse{n}, gamma{n}, beta{n} [1, C, 1],
    weight{n} [C, C, 1, taps], bias{n} -> y [1, C, t], mean{n}, std{n} [1, C, 1].
    """
    builder = GraphBuilder()
    x = builder.input("x", [1, "c", "t"])
    halves = []
    for n in ("1", "2"):
        alpha, inverse = (builder.input(f"{name}{n}", [1, "c", 1]) for name in ("alpha", "inverse"))
        weight = builder.input(f"weight{n}", ["c", "c", 1, f"taps{n}"])
        kernel = ConvKernel(weight, builder.input(f"bias{n}", ["c"]), 0, 0)
        halves.append(ResidualHalf(n, alpha, inverse, kernel))
    builder.output(_residual_pair(FullLayers(builder), x, dilation, halves), "y", [1, "c", "t"])
    return builder.model()


def _pair_constants(block: str, i: int) -> dict[str, str]:
    constants = {}
    for n in (1, 2):
        place, key = f"{block}/convs{n}.{i}", f"{block}/adain{n}.{i}"
        constants[f"weight{n}"], constants[f"bias{n}"] = kernel_names(place)
        constants |= {f"{name}{n}": f"{key}.{name}" for name in ("alpha", "inverse")}
    return constants


_BLOCKS = (block for stage in range(len(STAGES)) for block in stage_blocks(stage))
RESIDUAL_PAIRS = {
    (block, i): _pair_constants(block, i) for block, i in product(_BLOCKS, range(len(DILATIONS)))
}
"""By block and number of the pair: the constant for each weight that `full_residual_pair` takes."""


def other_kernels() -> list[str]:
    """Names of the constants of the convolutions outside of the residual pairs."""
    places = (f"{kind}.{stage}" for kind in ("ups", "noise_convs") for stage in range(len(STAGES)))
    return [name for place in (*places, "conv_post") for name in kernel_names(place)]


def full_conv_post(weights: DecoderWeights) -> ModelProto:
    """Graph of the last layer for a whole reading: stage 1's output x -> spectrum [1, 22, t]."""
    builder = GraphBuilder()
    x = builder.input("x", [1, STAGES[-1].channels, "t"])
    builder.output(_conv_post(FullLayers(builder), weights, x), "y", [1, SOURCE_CHANNELS, "t"])
    return builder.model()


def _stage_inputs(builder: GraphBuilder, stage: int) -> tuple[str, str]:
    x = builder.input("x", [1, STAGES[stage].channels_in, "x"])
    return x, builder.input("source", [1, SOURCE_CHANNELS, "h"])


def _upsample(
    layers: Layers, weights: DecoderWeights, number: int, x: str, source: str
) -> tuple[str, str]:
    """The upsampled signal, and the source at the rate of the stage."""
    stage = STAGES[number]
    x = layers.builder.op("LeakyRelu", [x], alpha=0.1)
    place = f"ups.{number}"
    kernel = layers.kernel(place, *weights.conv(place, "ConvTranspose"), transposed=True)
    x = layers.upsample(x, kernel, stage.factor)
    x = layers.reflect(x) if number == len(STAGES) - 1 else x
    place = f"noise_convs.{number}"
    kernel = layers.kernel(place, *weights.conv(place))
    return x, layers.source_conv(source, kernel, stage.source_stride)


def _conv_post(layers: Layers, weights: DecoderWeights, x: str) -> str:
    x = layers.builder.op("LeakyRelu", [x], alpha=0.01)
    return layers.conv(x, layers.kernel("conv_post", *weights.conv("conv_post")))


def _residual_block(layers: Layers, weights: DecoderWeights, x: str, block: str) -> str:
    """AdaINResBlock1: three residual pairs."""
    for i, dilation in enumerate(DILATIONS):
        halves = [_half_of_constants(layers, weights, block, n, i) for n in (1, 2)]
        x = _residual_pair(layers, x, dilation, halves)
    return x


def _half_of_constants(
    layers: Layers, weights: DecoderWeights, block: str, n: int, i: int
) -> ResidualHalf:
    """Half a pair with its weights as constants."""
    key, place = f"{block}/adain{n}.{i}", f"{block}/convs{n}.{i}"
    values, const = weights.alpha(block, n, i), layers.builder.const
    alpha, inverse = const(f"{key}.alpha", values), const(f"{key}.inverse", 1 / values)
    return ResidualHalf(key, alpha, inverse, layers.kernel(place, *weights.conv(place)))


def _residual_pair(layers: Layers, x: str, dilation: int, halves: Sequence[ResidualHalf]) -> str:
    """x + conv2(snake(adain2(conv1(snake(adain1(x))))))."""
    y = x
    for half, d in zip(halves, (dilation, 1), strict=True):
        y = layers.conv(_snake(layers.builder, layers.adain(y, half.adain), half), half.kernel, d)
    return layers.builder.op("Add", [y, layers.align(x, y, halves[0].kernel.channels)])


def _snake(builder: GraphBuilder, x: str, half: ResidualHalf) -> str:
    """x + sin(alpha x)^2 / alpha."""
    sine = builder.op("Sin", [builder.op("Mul", [x, half.alpha])])
    squared = builder.op("Mul", [sine, sine])
    return builder.op("Add", [x, builder.op("Mul", [squared, half.inverse])])
