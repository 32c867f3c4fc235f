"""The layers of a convolutional network over time as ONNX nodes: in full, or for streaming.

`FullLayers` pad at the reading's ends and measure the statistics they normalise with. In
`StreamingLayers` each layer keeps the input it still needs as state, and the statistics are given.
Streaming equals full (tests/model/graph).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from onset.model.graph.onnx_graph import assemble, port
from onset.types import Floats

EPSILON = 1e-5
"""Added to the variance (torch.nn.InstanceNorm1d)."""

END = np.iinfo(np.int64).max

OPSET = 20


class LayerState(TypedDict):
    """Input kept for the next step: float32 [1, channels, t], at first `start` zeros."""

    channels: int
    start: int


@dataclass(slots=True)
class GraphBuilder:
    """A graph being built: nodes, constants, inputs and outputs, with fresh names."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, TensorProto] = field(default_factory=dict)
    inputs: list[ValueInfoProto] = field(default_factory=list)
    value_infos: list[ValueInfoProto] = field(default_factory=list)
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

    def slice(self, x: str, start: str, end: str) -> str:
        """x[:, :, start:end]; start and end are names of int64 [1] tensors."""
        return self.op("Slice", [x, start, end, self.integers(2)])

    def input(self, name: str, shape: list[int | str], element: int = TensorProto.FLOAT) -> str:
        """Declare a graph input."""
        self.inputs.append(port(name, shape, element))
        return name

    def output(self, tensor: str, name: str, shape: list[int | str]) -> None:
        """Declare a graph output that is `tensor`."""
        self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        self.outputs.append(port(name, shape))

    def model(self) -> ModelProto:
        """The graph as it has been built."""
        constants, opsets = list(self.constants.values()), [helper.make_opsetid("", OPSET)]
        model = assemble(self.nodes, self.inputs, self.outputs, constants, opsets)
        model.graph.value_info.extend(self.value_infos)
        return model


class ConvKernel(NamedTuple):
    """Names of a convolution's weight [O, C, 1, taps] and bias [O], C channels and its taps.

    A transposed one has C first.
    """

    weight: str
    bias: str
    channels: int
    taps: int


class Layers(ABC):
    """The layers that depend on neighbours in time; all others are the same in both ways.

    Methods take and return names of tensors [1, C, t].
    """

    def __init__(self, builder: GraphBuilder) -> None:
        self.builder = builder

    @abstractmethod
    def conv(self, x: str, kernel: ConvKernel, dilation: int = 1) -> str:
        """A convolution that keeps the length ("same" padding)."""

    @abstractmethod
    def source_conv(self, source: str, kernel: ConvKernel, stride: int) -> str:
        """The convolution that brings the harmonic source to a stage's rate."""

    @abstractmethod
    def upsample(self, x: str, kernel: ConvKernel, factor: int) -> str:
        """The transposed convolution that multiplies the rate by `factor`."""

    @abstractmethod
    def reflect(self, x: str) -> str:
        """ReflectionPad1d((1, 0)): one frame more, at the beginning."""

    def align(self, x: str, like: str, channels: int) -> str:
        """As much of x as there is of `like`; a stream keeps the rest for the next step."""
        return x

    @abstractmethod
    def adain(self, x: str, key: str) -> str:
        """AdaIN `key`: normalise, then apply the style's gamma and beta."""

    def kernel(
        self, place: str, weight: Floats, bias: Floats, transposed: bool = False
    ) -> ConvKernel:
        """Constants of a layer; all graphs use the same names, so one file can serve them."""
        names = kernel_names(place)
        for name, array in zip(names, (weight, bias), strict=True):
            self.builder.const(name, array[:, :, None] if array is weight else array)
        return ConvKernel(*names, weight.shape[0 if transposed else 1], weight.shape[2])

    def _over_time(
        self,
        kind: str,
        x: str,
        kernel: ConvKernel,
        dilation: int = 1,
        stride: int = 1,
        pad: int = 0,
    ) -> str:
        """A convolution, written as that of an image of height 1.

        ONNX Runtime lays out channels for its vectors in images only
        (docs/log/2026-11-30-convolutions-of-height-1.md).
        """
        op, height = self.builder.op, self.builder.integers(2)
        steps = {"dilations": [1, dilation], "strides": [1, stride], "pads": [0, pad, 0, pad]}
        y = op(kind, [op("Unsqueeze", [x, height]), kernel.weight, kernel.bias], **steps)
        return op("Squeeze", [y, height])


def kernel_names(place: str) -> tuple[str, str]:
    """Names of the constants of the convolution at `place`."""
    return f"{place}.w", f"{place}.b"


class FullLayers(Layers):
    """A reading in one piece, normalised with its own statistics.

    An AdaIN `key` has the inputs "gamma" + key and "beta" + key, and the outputs "mean" + key and
    "std" + key, [1, C, 1] each.
    """

    def conv(self, x: str, kernel: ConvKernel, dilation: int = 1) -> str:
        op, integers = self.builder.op, self.builder.integers
        taps = op("Shape", [kernel.weight], start=3, end=4)
        margin = op("Div", [op("Sub", [taps, integers(1)]), integers(2)])
        margin = op("Mul", [margin, integers(dilation)])
        pads = op("Concat", [integers(0, 0), margin, integers(0, 0), margin], axis=0)
        return self._over_time("Conv", op("Pad", [x, pads]), kernel, dilation)

    def source_conv(self, source: str, kernel: ConvKernel, stride: int) -> str:
        return self._over_time("Conv", source, kernel, stride=stride, pad=stride // 2)

    def upsample(self, x: str, kernel: ConvKernel, factor: int) -> str:
        return self._over_time("ConvTranspose", x, kernel, stride=factor, pad=factor // 2)

    def reflect(self, x: str) -> str:
        first = self.builder.slice(x, self.builder.integers(1), self.builder.integers(2))
        return self.builder.op("Concat", [first, x], axis=2)

    def adain(self, x: str, key: str) -> str:
        op, axis = self.builder.op, self.builder.integers(2)
        if x not in {value.name for value in self.builder.inputs}:
            # A shape lets the runtime give the memory to others as large.
            self.builder.value_infos.append(port(x, [1, "c", "t"]))
        mean = op("ReduceMean", [x, axis], keepdims=1)
        centred = op("Sub", [x, mean])
        variance = op("ReduceMean", [op("Mul", [centred, centred]), axis], keepdims=1)
        std = op("Sqrt", [op("Add", [variance, self.builder.const("epsilon", EPSILON)])])
        for name, tensor in (("mean", mean), ("std", std)):
            self.builder.output(tensor, f"{name}{key}", [1, "c", 1])
        gamma = self.builder.input(f"gamma{key}", [1, "c", 1])
        beta = self.builder.input(f"beta{key}", [1, "c", 1])
        scale = op("Div", [gamma, std])
        shift = op("Sub", [beta, op("Mul", [scale, mean])])
        return op("Add", [op("Mul", [x, scale]), shift])


class StreamingLayers(Layers):
    """One step of a stream. Inputs `first` and `last` (int64 [1], 0 or 1) mark the reading's ends.

    At the first step every layer's state is the zeros of its padding, at the last one it gets the
    zeros of the other end, so both ends are exact. A layer outputs what is complete.

    adain_channels: the channels of each AdaIN, in the order of the inputs "scale" and "shift"
    [1, sum, 1].
    """

    def __init__(self, builder: GraphBuilder, adain_channels: Mapping[str, int]) -> None:
        super().__init__(builder)
        self.states: list[LayerState] = []
        total = sum(adain_channels.values())
        self._scale = _split(builder, builder.input("scale", [1, total, 1]), adain_channels)
        self._shift = _split(builder, builder.input("shift", [1, total, 1]), adain_channels)
        self._first = builder.input("first", [1], TensorProto.INT64)
        self._last = builder.input("last", [1], TensorProto.INT64)
        self._zero, self._end = builder.integers(0), builder.integers(END)

    def _declare_state(self, channels: int, start: int) -> str:
        name = f"state{len(self.states)}"
        self.states.append(LayerState(channels=channels, start=start))
        return self.builder.input(name, [1, channels, f"{name}_t"])

    def _output_state(self, tensor: str, state: str, channels: int) -> None:
        self.builder.output(tensor, f"{state}_out", [1, channels, f"{state}_out_t"])

    def _with_state(self, inputs: Sequence[str], channels: int, start: int, kept: int) -> str:
        """A state and the inputs in one piece, whose last `kept` frames are the next state."""
        state = self._declare_state(channels, start)
        joined = self.builder.op("Concat", [state, *inputs], axis=2)
        last = self.builder.slice(joined, self.builder.integers(-kept), self._end)
        self._output_state(last, state, channels)
        return joined

    def _times(self, flag: str, amount: int, plus: int = 0) -> str:
        """flag * amount + plus."""
        scaled = self.builder.op("Mul", [flag, self.builder.integers(amount)])
        return self.builder.op("Add", [scaled, self.builder.integers(plus)]) if plus else scaled

    def conv(self, x: str, kernel: ConvKernel, dilation: int = 1) -> str:
        channels, span = kernel.channels, (kernel.taps - 1) * dilation
        margin = span // 2
        zeros = self.builder.const(f"zeros{channels}_{margin}", np.zeros((1, channels, margin)))
        tail = self.builder.slice(zeros, self._zero, self._times(self._last, margin))
        x = self._with_state([x, tail], channels, start=margin, kept=span)
        return self._over_time("Conv", x, kernel, dilation)

    def source_conv(self, source: str, kernel: ConvKernel, stride: int) -> str:
        return self._over_time("Conv", source, kernel, stride=stride)

    def upsample(self, x: str, kernel: ConvKernel, factor: int) -> str:
        x = self._with_state([x], kernel.channels, start=1, kept=1)
        full = self._over_time("ConvTranspose", x, kernel, stride=factor)
        # The first frame of x is the last of the step before: `factor` of its outputs are out.
        start = self._times(self._first, factor // 2, factor)
        end = self._times(self._last, factor // 2, -factor)
        return self.builder.slice(full, start, end)

    def reflect(self, x: str) -> str:
        second = self.builder.slice(x, self.builder.integers(1), self._times(self._first, 1, 1))
        return self.builder.op("Concat", [second, x], axis=2)

    def align(self, x: str, like: str, channels: int) -> str:
        state = self._declare_state(channels, 0)
        waiting = self.builder.op("Concat", [state, x], axis=2)
        length = self.builder.op("Shape", [like], start=2, end=3)
        self._output_state(self.builder.slice(waiting, length, self._end), state, channels)
        return self.builder.slice(waiting, self._zero, length)

    def adain(self, x: str, key: str) -> str:
        scaled = self.builder.op("Mul", [x, self._scale[key]])
        return self.builder.op("Add", [scaled, self._shift[key]])


def _split(builder: GraphBuilder, tensor: str, channels: Mapping[str, int]) -> dict[str, str]:
    """The part of a packed per-channel tensor that belongs to each AdaIN."""
    names = {key: f"{tensor}:{key}" for key in channels}
    sizes = builder.const("norm_channels", np.array(list(channels.values()), np.int64))
    builder.nodes.append(helper.make_node("Split", [tensor, sizes], list(names.values()), axis=1))
    return names
