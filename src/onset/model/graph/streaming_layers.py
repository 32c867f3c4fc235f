"""Two ways to lay a network that looks along time: a segment in one piece, or a step at a time.

`WholeLayers` pads at the ends and measures the statistics it normalises with; `StreamingLayers`
keeps what each layer still needs as state and is given them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from onset.model.graph.onnx_graph import assemble
from onset.types import Floats

EPSILON = 1e-5
"""Added to the variance (torch.nn.InstanceNorm1d)."""

END = np.iinfo(np.int64).max

OPSET = 20


@dataclass(slots=True)
class LayerState:
    """What a layer keeps between two steps: float32 [1, channels, t], `start` zeros at first."""

    channels: int
    start: int


@dataclass(slots=True)
class GraphBuilder:
    """A graph being built: nodes, constants, inputs and outputs, with fresh names."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, TensorProto] = field(default_factory=dict)
    inputs: list[ValueInfoProto] = field(default_factory=list)
    known: list[ValueInfoProto] = field(default_factory=list)
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

    def shape(self, tensor: str, shape: list[int | str]) -> str:
        """Tell the runtime the shape of a tensor, so that others as large can use its memory."""
        self.known.append(helper.make_tensor_value_info(tensor, TensorProto.FLOAT, shape))
        return tensor

    def output(self, tensor: str, name: str, shape: list[int | str]) -> None:
        """Declare a graph output that is `tensor`."""
        self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))


@dataclass(frozen=True, slots=True)
class ConvKernel:
    """A convolution's weight and bias: tensors of the graph, by name. channels: of its input."""

    weight: str
    bias: str
    channels: int
    taps: int


class Layers(ABC):
    """How the layers that look along time are laid. Everything else is the same for both."""

    def __init__(self, parts: GraphBuilder) -> None:
        self.parts = parts

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

    @abstractmethod
    def align(self, x: str, like: str, channels: int) -> str:
        """As much of x as there is of `like`; the rest waits for the next step."""

    @abstractmethod
    def norm(self, x: str, key: str) -> str:
        """AdaIN `key`: normalise, then the style's scale and shift."""

    def kernel(
        self, place: str, weight: Floats, bias: Floats, transposed: bool = False
    ) -> ConvKernel:
        """Constants of a layer; all graphs use the same names, so one file can serve them."""
        names = weight_names(place)
        for name, array in zip(names, (weight, bias), strict=True):
            self.parts.const(name, array)
        return ConvKernel(
            *names, channels=weight.shape[0 if transposed else 1], taps=weight.shape[2]
        )


def weight_names(place: str) -> tuple[str, str]:
    """Names of the constants of the convolution at `place`."""
    return f"{place}.w", f"{place}.b"


class WholeLayers(Layers):
    """The segment in one piece, normalised with its own statistics.

    An AdaIN `key` takes gamma and beta [1, C, 1] from the inputs "gamma" + key and "beta" + key,
    and its statistics are the outputs "mean" + key and "std" + key.
    """

    def conv(self, x: str, kernel: ConvKernel, dilation: int = 1) -> str:
        op, integers = self.parts.op, self.parts.integers
        taps = op("Shape", [kernel.weight], start=2, end=3)
        margin = op("Div", [op("Sub", [taps, integers(1)]), integers(2)])
        margin = op("Mul", [margin, integers(dilation)])
        pads = op("Concat", [integers(0, 0), margin, integers(0, 0), margin], axis=0)
        inputs = [op("Pad", [x, pads]), kernel.weight, kernel.bias]
        return op("Conv", inputs, dilations=[dilation], pads=[0, 0])

    def source_conv(self, source: str, kernel: ConvKernel, stride: int) -> str:
        pad = stride // 2
        inputs = [source, kernel.weight, kernel.bias]
        return self.parts.op("Conv", inputs, strides=[stride], pads=[pad, pad])

    def upsample(self, x: str, kernel: ConvKernel, factor: int) -> str:
        pad = factor // 2
        inputs = [x, kernel.weight, kernel.bias]
        return self.parts.op("ConvTranspose", inputs, strides=[factor], pads=[pad, pad])

    def reflect(self, x: str) -> str:
        first = self.parts.cut(x, self.parts.integers(1), self.parts.integers(2))
        return self.parts.op("Concat", [first, x], axis=2)

    def align(self, x: str, like: str, channels: int) -> str:
        return x

    def norm(self, x: str, key: str) -> str:
        op, known = self.parts.op, {value.name for value in self.parts.inputs}
        x = x if x in known else self.parts.shape(x, [1, "c", "t"])
        mean, std = self._measure(x)
        for name, tensor in (("mean", mean), ("std", std)):
            self.parts.output(tensor, f"{name}{key}", [1, "c", 1])
        gamma, beta = (self.parts.input(f"{name}{key}", [1, "c", 1]) for name in ("gamma", "beta"))
        scale = op("Div", [gamma, std])
        shift = op("Sub", [beta, op("Mul", [scale, mean])])
        return op("Add", [op("Mul", [x, scale]), shift])

    def _measure(self, x: str) -> tuple[str, str]:
        op, axis = self.parts.op, self.parts.integers(2)
        mean = op("ReduceMean", [x, axis], keepdims=1)
        centred = op("Sub", [x, mean])
        variance = op("ReduceMean", [op("Mul", [centred, centred]), axis], keepdims=1)
        return mean, op("Sqrt", [op("Add", [variance, self.parts.const("epsilon", EPSILON)])])


class StreamingLayers(Layers):
    """A step at a time. `first` and `last` (int64 [1], 0 or 1) tell the ends of the utterance.

    At the first step every layer starts with the zeros its padding means, at the last one it gets
    the zeros of the other end, so both ends are exact. Lengths are dynamic: a layer puts out what
    is complete and keeps the rest as state.

    norms: the channels of each AdaIN; "scale" and "shift" [1, sum, 1] hold them in this order.
    """

    def __init__(self, parts: GraphBuilder, norms: Mapping[str, int]) -> None:
        super().__init__(parts)
        self.states: list[LayerState] = []
        channels = sum(norms.values())
        self._scale = _split(parts, parts.input("scale", [1, channels, 1]), norms)
        self._shift = _split(parts, parts.input("shift", [1, channels, 1]), norms)
        self._first = parts.input("first", [1], TensorProto.INT64)
        self._last = parts.input("last", [1], TensorProto.INT64)
        self._zero, self._end = parts.integers(0), parts.integers(END)

    def _state(self, channels: int, start: int) -> tuple[str, str]:
        name = f"state{len(self.states)}"
        self.states.append(LayerState(channels, start))
        self.parts.input(name, [1, channels, f"{name}_t"])
        return name, f"{name}_out"

    def _keep(self, tensor: str, name: str, channels: int) -> None:
        self.parts.output(tensor, name, [1, channels, f"{name}_t"])

    def _times(self, flag: str, amount: int, plus: int = 0) -> str:
        scaled = self.parts.op("Mul", [flag, self.parts.integers(amount)])
        return self.parts.op("Add", [scaled, self.parts.integers(plus)]) if plus else scaled

    def conv(self, x: str, kernel: ConvKernel, dilation: int = 1) -> str:
        channels, span = kernel.channels, (kernel.taps - 1) * dilation
        state, kept = self._state(channels, span // 2)
        zeros = self.parts.const(f"zeros{channels}_{span // 2}", np.zeros((1, channels, span // 2)))
        tail = self.parts.cut(zeros, self._zero, self._times(self._last, span // 2))
        seen = self.parts.op("Concat", [state, x, tail], axis=2)
        self._keep(self.parts.cut(seen, self.parts.integers(-span), self._end), kept, channels)
        inputs = [seen, kernel.weight, kernel.bias]
        return self.parts.op("Conv", inputs, dilations=[dilation], pads=[0, 0])

    def source_conv(self, source: str, kernel: ConvKernel, stride: int) -> str:
        inputs = [source, kernel.weight, kernel.bias]
        return self.parts.op("Conv", inputs, strides=[stride], pads=[0, 0])

    def upsample(self, x: str, kernel: ConvKernel, factor: int) -> str:
        state, kept = self._state(kernel.channels, 1)
        seen = self.parts.op("Concat", [state, x], axis=2)
        self._keep(self.parts.cut(seen, self.parts.integers(-1), self._end), kept, kernel.channels)
        inputs = [seen, kernel.weight, kernel.bias]
        full = self.parts.op("ConvTranspose", inputs, strides=[factor], pads=[0, 0])
        # The first frame in `seen` is the one before: its first `factor` outputs are out already.
        start = self._times(self._first, factor // 2, factor)
        end = self._times(self._last, factor // 2, -factor)
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

    def norm(self, x: str, key: str) -> str:
        scaled = self.parts.op("Mul", [x, self._scale[key]])
        return self.parts.op("Add", [scaled, self._shift[key]])


def _split(parts: GraphBuilder, tensor: str, norms: Mapping[str, int]) -> dict[str, str]:
    """The part of a packed per-channel tensor that belongs to each AdaIN."""
    names = {key: f"{tensor}:{key}" for key in norms}
    sizes = parts.const("norm_channels", np.array(list(norms.values()), np.int64))
    parts.nodes.append(helper.make_node("Split", [tensor, sizes], list(names.values()), axis=1))
    return names


def model(parts: GraphBuilder) -> ModelProto:
    """The graph as it has been built."""
    graph = assemble(
        parts.nodes,
        parts.inputs,
        parts.outputs,
        list(parts.constants.values()),
        [helper.make_opsetid("", OPSET)],
    )
    graph.graph.value_info.extend(parts.known)
    return graph
