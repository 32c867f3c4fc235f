"""Kokoro's generator (iSTFTNet) as a graph of our own, from its weights: whole or streaming.

One description of the network, two ways to lay a convolution: `Whole` pads at the ends and
normalises with the utterance's own statistics, `Streaming` keeps what each layer still needs as
state and takes the statistics as inputs. Given the statistics the generator is a fixed filter, so
the two agree to rounding; docs/streaming.md tells why. Knows nothing of running a graph.

Source of the architecture: hexgrad/kokoro istftnet.py (Generator, AdaINResBlock1).
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from onset.errors import ModelError
from onset.graph import Graph, assemble
from onset.types import Floats

DILATIONS = (1, 3, 5)
KERNELS = (3, 7, 11)
STAGES = ((256, 10, 7, 6), (128, 6, 11, 1))
"""Of each upsampling stage: channels, factor, kernel of the source's block, stride of its conv."""

STYLE = 128
"""The first half of a style row is the decoder's (hexgrad/kokoro model.py, `ref_s[:, :128]`)."""

BINS = 22
"""Rows of a spectrum frame: 11 log magnitudes and 11 phases of a 20-point STFT."""

EPSILON = 1e-5
"""Added to the variance (torch.nn.InstanceNorm1d)."""

LOOKAHEAD = 455
"""Frames at 4800 Hz (94.8 ms) of input the streaming graph holds before its first output."""

END = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Norm:
    """One AdaIN: its name, channels, and the slot of the statistics it uses (some share one)."""

    key: str
    channels: int
    slot: int


def norms() -> list[Norm]:
    """All 48 AdaIN in the order of their affine inputs; the 44 slots in the order of statistics."""
    found: list[Norm] = []
    slots: dict[str, int] = {}
    for stage, (channels, *_) in enumerate(STAGES):
        blocks = [f"noise_res.{stage}", *(f"resblocks.{3 * stage + j}" for j in range(3))]
        for block in blocks:
            for i in range(len(DILATIONS)):
                for which in (1, 2):
                    # The three blocks of a stage read the same tensor, so their first norm is one.
                    shared = which == 1 and i == 0 and block.startswith("resblocks")
                    owner = f"resblocks.{3 * stage}" if shared else block
                    slot = slots.setdefault(f"{owner}/adain{which}.{i}", len(slots))
                    found.append(Norm(f"{block}/adain{which}.{i}", channels, slot))
    return found


def slot_channels() -> list[int]:
    """Channels of each of the 44 statistics slots."""
    return [norm.channels for norm in {norm.slot: norm for norm in norms()}.values()]


class Weights:
    """The generator's weights, found in a (dequantised) Kokoro graph by their place in the network.

    Only the end of a name is looked at ("generator/resblocks.0/convs1.0/Conv"), so the prefix an
    export gives its modules does not matter. Each missing weight is a ModelError that names it.
    """

    def __init__(self, graph: Graph) -> None:
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


@dataclass(slots=True)
class State:
    """What a layer keeps between two steps: float32 [1, channels, t], `start` zeros at first."""

    channels: int
    start: int


@dataclass(slots=True)
class Parts:
    """A graph being built: nodes, constants, inputs and outputs, with fresh names."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, TensorProto] = field(default_factory=dict)
    inputs: list[ValueInfoProto] = field(default_factory=list)
    outputs: list[ValueInfoProto] = field(default_factory=list)

    def op(self, kind: str, inputs: Sequence[str], **attributes: float | list[int]) -> str:
        """Add a node and return the name of its output."""
        output = f"t{len(self.nodes)}"
        node = helper.make_node(kind, list(inputs), [output], None, None, None, None, **attributes)
        self.nodes.append(node)
        return output

    def const(self, name: str, array: object) -> str:
        """Add a constant once (float32 unless integer) and return its name."""
        if name not in self.constants:
            value = np.asarray(array)
            value = value if value.dtype == np.int64 else value.astype(np.float32)
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def integers(self, *values: int) -> str:
        """An int64 vector constant."""
        return self.const("i" + "_".join(map(str, values)), np.array(values, np.int64))

    def cut(self, x: str, start: str, end: str) -> str:
        """x[:, :, start:end]; start and end are int64 [1] tensors."""
        return self.op("Slice", [x, start, end, self.integers(2)])

    def input(self, name: str, shape: list[int | str], element: int = TensorProto.FLOAT) -> str:
        """Declare a graph input."""
        self.inputs.append(helper.make_tensor_value_info(name, element, shape))
        return name

    def output(self, tensor: str, name: str, shape: list[int | str]) -> None:
        """Declare a graph output that is `tensor`."""
        self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))


class Layers(ABC):
    """How the layers that look along time are laid. Everything else is the same for both."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    @abstractmethod
    def conv(self, x: str, name: str, weight: Floats, bias: Floats, dilation: int = 1) -> str:
        """A convolution that keeps the length ("same" padding)."""

    @abstractmethod
    def source_conv(self, stage: int, weight: Floats, bias: Floats, stride: int) -> str:
        """The convolution that brings the harmonic source to a stage's rate."""

    @abstractmethod
    def upsample(self, x: str, name: str, weight: Floats, bias: Floats, factor: int) -> str:
        """The transposed convolution that multiplies the rate by `factor`."""

    @abstractmethod
    def reflect(self, x: str) -> str:
        """ReflectionPad1d((1, 0)): one frame more, at the beginning."""

    @abstractmethod
    def align(self, x: str, like: str, channels: int) -> str:
        """As much of x as there is of `like`; the rest waits for the next step."""

    @abstractmethod
    def norm(self, x: str, norm: Norm) -> str:
        """AdaIN: normalise, then the style's scale and shift."""

    def weight(self, name: str, weight: Floats, bias: Floats) -> list[str]:
        """Constants of a layer; both layouts use the same names, so a file can serve both."""
        return [self.parts.const(f"{name}.w", weight), self.parts.const(f"{name}.b", bias)]


class Whole(Layers):
    """The utterance in one piece, normalised with its own statistics, which are an output."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        parts.input("trunk", [1, 512, "x"])
        parts.input("source", [1, BINS, "h"])
        channels = sum(norm.channels for norm in norms())
        gamma = parts.input("gamma", [1, channels, 1])
        beta = parts.input("beta", [1, channels, 1])
        self._gamma, self._beta = _split(parts, gamma), _split(parts, beta)
        self._moments: dict[int, tuple[str, str]] = {}

    def conv(self, x: str, name: str, weight: Floats, bias: Floats, dilation: int = 1) -> str:
        pad = (weight.shape[2] - 1) * dilation // 2
        inputs = [x, *self.weight(name, weight, bias)]
        return self.parts.op("Conv", inputs, dilations=[dilation], pads=[pad, pad])

    def source_conv(self, stage: int, weight: Floats, bias: Floats, stride: int) -> str:
        inputs = ["source", *self.weight(f"noise_convs.{stage}", weight, bias)]
        pad = stride // 2
        return self.parts.op("Conv", inputs, strides=[stride], pads=[pad, pad])

    def upsample(self, x: str, name: str, weight: Floats, bias: Floats, factor: int) -> str:
        inputs = [x, *self.weight(name, weight, bias)]
        pad = factor // 2
        return self.parts.op("ConvTranspose", inputs, strides=[factor], pads=[pad, pad])

    def reflect(self, x: str) -> str:
        first = self.parts.cut(x, self.parts.integers(1), self.parts.integers(2))
        return self.parts.op("Concat", [first, x], axis=2)

    def align(self, x: str, like: str, channels: int) -> str:
        return x

    def norm(self, x: str, norm: Norm) -> str:
        op = self.parts.op
        if norm.slot not in self._moments:
            self._moments[norm.slot] = self._measure(x)
        mean, std = self._moments[norm.slot]
        scale = op("Div", [self._gamma[norm.key], std])
        shift = op("Sub", [self._beta[norm.key], op("Mul", [scale, mean])])
        return op("Add", [op("Mul", [x, scale]), shift])

    def _measure(self, x: str) -> tuple[str, str]:
        op, axis = self.parts.op, self.parts.integers(2)
        mean = op("ReduceMean", [x, axis], keepdims=1)
        centred = op("Sub", [x, mean])
        variance = op("ReduceMean", [op("Mul", [centred, centred]), axis], keepdims=1)
        return mean, op("Sqrt", [op("Add", [variance, self.parts.const("epsilon", EPSILON)])])

    def finish(self) -> None:
        """Declare the statistics of all slots as outputs "mean" and "std" [1, sum of C, 1]."""
        for k, name in enumerate(("mean", "std")):
            joined = [self._moments[slot][k] for slot in range(len(self._moments))]
            self.parts.output(self.parts.op("Concat", joined, axis=1), name, [1, "c", 1])


class Streaming(Layers):
    """A step at a time. `first` and `last` (int64 [1], 0 or 1) tell the ends of the utterance.

    At the first step every layer starts with the zeros its padding means, at the last one it gets
    the zeros of the other end, so both ends are exact. Lengths are dynamic: a layer puts out what
    is complete and keeps the rest as state.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.states: list[State] = []
        parts.input("trunk", [1, 512, "x"])
        self._sources = [parts.input(f"source{i}", [1, BINS, f"h{i}"]) for i in range(2)]
        channels = sum(norm.channels for norm in norms())
        self._scale = _split(parts, parts.input("scale", [1, channels, 1]))
        self._shift = _split(parts, parts.input("shift", [1, channels, 1]))
        self._first = parts.input("first", [1], TensorProto.INT64)
        self._last = parts.input("last", [1], TensorProto.INT64)
        self._zero, self._end = parts.integers(0), parts.integers(END)

    def _state(self, channels: int, start: int) -> tuple[str, str]:
        name = f"state{len(self.states)}"
        self.states.append(State(channels, start))
        self.parts.input(name, [1, channels, f"{name}_t"])
        return name, f"{name}_out"

    def _keep(self, tensor: str, name: str, channels: int) -> None:
        self.parts.output(tensor, name, [1, channels, f"{name}_t"])

    def _times(self, flag: str, amount: int, plus: int = 0) -> str:
        scaled = self.parts.op("Mul", [flag, self.parts.integers(amount)])
        return self.parts.op("Add", [scaled, self.parts.integers(plus)]) if plus else scaled

    def conv(self, x: str, name: str, weight: Floats, bias: Floats, dilation: int = 1) -> str:
        channels, span = weight.shape[1], (weight.shape[2] - 1) * dilation
        state, kept = self._state(channels, span // 2)
        zeros = self.parts.const(f"zeros{channels}_{span // 2}", np.zeros((1, channels, span // 2)))
        tail = self.parts.cut(zeros, self._zero, self._times(self._last, span // 2))
        seen = self.parts.op("Concat", [state, x, tail], axis=2)
        self._keep(self.parts.cut(seen, self.parts.integers(-span), self._end), kept, channels)
        return self.parts.op(
            "Conv", [seen, *self.weight(name, weight, bias)], dilations=[dilation], pads=[0, 0]
        )

    def source_conv(self, stage: int, weight: Floats, bias: Floats, stride: int) -> str:
        inputs = [self._sources[stage], *self.weight(f"noise_convs.{stage}", weight, bias)]
        return self.parts.op("Conv", inputs, strides=[stride], pads=[0, 0])

    def upsample(self, x: str, name: str, weight: Floats, bias: Floats, factor: int) -> str:
        channels, pad = weight.shape[0], factor // 2
        state, kept = self._state(channels, 1)
        seen = self.parts.op("Concat", [state, x], axis=2)
        self._keep(self.parts.cut(seen, self.parts.integers(-1), self._end), kept, channels)
        inputs = [seen, *self.weight(name, weight, bias)]
        full = self.parts.op("ConvTranspose", inputs, strides=[factor], pads=[0, 0])
        # The first frame in `seen` is the one before: its first `factor` outputs are out already.
        start = self._times(self._first, pad, factor)
        end = self._times(self._last, pad, -factor)
        return self.parts.cut(full, start, end)

    def reflect(self, x: str) -> str:
        second = self.parts.cut(x, self.parts.integers(1), self._times(self._first, 1, 1))
        return self.parts.op("Concat", [second, x], axis=2)

    def align(self, x: str, like: str, channels: int) -> str:
        state, kept = self._state(channels, 0)
        waiting = self.parts.op("Concat", [state, x], axis=2)
        length = self.parts.op("Shape", [like], start=2, end=3)
        self._keep(self.parts.cut(waiting, length, self._end), kept, channels)
        return self.parts.cut(waiting, self._zero, length)

    def norm(self, x: str, norm: Norm) -> str:
        scaled = self.parts.op("Mul", [x, self._scale[norm.key]])
        return self.parts.op("Add", [scaled, self._shift[norm.key]])


def _split(parts: Parts, tensor: str) -> dict[str, str]:
    """The part of a packed per-channel tensor that belongs to each AdaIN."""
    names, every = [], norms()
    for norm in every:
        names.append(f"{tensor}:{norm.key}")
    sizes = parts.const("norm_channels", np.array([n.channels for n in every], np.int64))
    parts.nodes.append(helper.make_node("Split", [tensor, sizes], names, axis=1))
    return {norm.key: name for norm, name in zip(every, names, strict=True)}


def whole(weights: Weights) -> ModelProto:
    """Graph: trunk, source, gamma, beta -> spectrum [1, 22, 60x + 1], mean, std of the slots."""
    parts = Parts()
    layers = Whole(parts)
    _network(layers, weights)
    layers.finish()
    return _model(parts)


def streaming(weights: Weights) -> tuple[ModelProto, list[State]]:
    """Graph of one step, and the states it wants: trunk, source0, source1, scale, shift, first,
    last, state0.. -> spectrum, state0_out.."""
    parts = Parts()
    layers = Streaming(parts)
    _network(layers, weights)
    return _model(parts), layers.states


def _model(parts: Parts) -> ModelProto:
    return assemble(
        parts.nodes,
        parts.inputs,
        parts.outputs,
        list(parts.constants.values()),
        [helper.make_opsetid("", 20)],
    )


def _network(layers: Layers, weights: Weights) -> None:
    op = layers.parts.op
    by_key = {norm.key: norm for norm in norms()}
    x = "trunk"
    for stage in range(len(STAGES)):
        x = _stage(layers, weights, by_key, x, stage)
    x = op("LeakyRelu", [x], alpha=0.01)
    spectrum = layers.conv(x, "conv_post", *weights.conv("conv_post"))
    layers.parts.output(spectrum, "spectrum", [1, BINS, "frames"])


def _stage(layers: Layers, weights: Weights, by_key: dict[str, Norm], x: str, stage: int) -> str:
    op = layers.parts.op
    channels, factor, _, stride = STAGES[stage]
    x = op("LeakyRelu", [x], alpha=0.1)
    x = layers.upsample(x, f"ups.{stage}", *weights.conv(f"ups.{stage}", "ConvTranspose"), factor)
    x = layers.reflect(x) if stage == len(STAGES) - 1 else x
    source = layers.source_conv(stage, *weights.conv(f"noise_convs.{stage}"), stride)
    x = op("Add", [x, _block(layers, weights, by_key, source, f"noise_res.{stage}")])
    blocks = [
        _block(layers, weights, by_key, x, f"resblocks.{3 * stage + j}")
        for j in range(len(KERNELS))
    ]
    slowest = blocks[-1]  # the widest kernel looks furthest ahead
    blocks = [layers.align(block, slowest, channels) for block in blocks[:-1]] + [slowest]
    total = op("Add", [op("Add", blocks[:2]), blocks[2]])
    return op("Mul", [total, layers.parts.const("third", 1 / len(KERNELS))])


def _block(layers: Layers, weights: Weights, by_key: dict[str, Norm], x: str, block: str) -> str:
    """AdaINResBlock1: three times x + conv2(snake(adain2(conv1(snake(adain1(x))))))."""
    for i, dilation in enumerate(DILATIONS):
        y = x
        for which, d in ((1, dilation), (2, 1)):
            norm = by_key[f"{block}/adain{which}.{i}"]
            y = _snake(layers.parts, layers.norm(y, norm), weights.alpha(block, which, i), norm.key)
            place = f"{block}/convs{which}.{i}"
            y = layers.conv(y, place, *weights.conv(place), d)
        x = layers.parts.op("Add", [y, layers.align(x, y, norm.channels)])
    return x


def _snake(parts: Parts, x: str, alpha: Floats, key: str) -> str:
    """x + sin(alpha x)^2 / alpha."""
    sine = parts.op("Sin", [parts.op("Mul", [x, parts.const(f"{key}.alpha", alpha)])])
    square = parts.op("Mul", [sine, sine])
    return parts.op("Add", [x, parts.op("Mul", [square, parts.const(f"{key}.inverse", 1 / alpha)])])
