"""Streaming equals full: each layer gives the same in steps of any sizes as in one piece."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto

from onset.model.graph.streaming_layers import (
    FullLayers,
    GraphBuilder,
    Layers,
    LayerState,
    StreamingLayers,
)
from onset.types import Floats

CHANNELS = 3
SIZES = st.lists(st.integers(1, 12), max_size=6)


def noise(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def conv(layers: Layers, x: str, taps: int, dilation: int = 1, name: str = "conv") -> str:
    weight, bias = noise(CHANNELS, CHANNELS, taps), noise(CHANNELS, seed=1)
    return layers.conv(x, layers.kernel(f"{name}{taps}.{dilation}", weight, bias), dilation)


def upsample(layers: Layers, x: str, factor: int) -> str:
    weight, bias = noise(CHANNELS, CHANNELS, 2 * factor), noise(CHANNELS, seed=1)
    return layers.upsample(x, layers.kernel("ups", weight, bias, transposed=True), factor)


def residual_pair(layers: Layers, x: str) -> str:
    y = conv(layers, conv(layers, x, 3, 5), 3, name="second")
    return layers.builder.op("Add", [y, layers.align(x, y, CHANNELS)])


def two_kernels(layers: Layers, x: str) -> str:
    """The wider kernel is behind the other one."""
    fast, slow = conv(layers, x, 3), conv(layers, x, 11)
    return layers.builder.op("Add", [slow, layers.align(fast, slow, CHANNELS)])


@dataclass(frozen=True, slots=True)
class Case:
    """A network, and the frames its first step must have to give any output."""

    name: str
    build: Callable[[Layers, str], str]
    first: int


CASES = [
    Case("a convolution", lambda layers, x: conv(layers, x, 7), 4),
    Case("a dilated convolution", lambda layers, x: conv(layers, x, 11, 5), 26),
    Case("an upsampling by 10", lambda layers, x: upsample(layers, x, 10), 1),
    Case("an upsampling by 6", lambda layers, x: upsample(layers, x, 6), 1),
    Case("a reflection", lambda layers, x: layers.reflect(x), 2),
    Case("a residual pair", residual_pair, 7),
    Case("kernels of two sizes", two_kernels, 6),
]


@dataclass(frozen=True, slots=True)
class Step:
    """A step's graph and its states."""

    session: ort.InferenceSession
    states: Sequence[LayerState]

    def stream(
        self, pieces: Sequence[Floats], scale: Floats | None = None, shift: Floats | None = None
    ) -> Floats:
        states = [np.zeros((1, s["channels"], s["start"]), np.float32) for s in self.states]
        neutral = np.ones((1, CHANNELS, 1), np.float32)
        outputs = []
        for number, piece in enumerate(pieces):
            feeds = {f"state{k}": state for k, state in enumerate(states)}
            feeds |= {"x": piece, "scale": neutral if scale is None else scale}
            feeds["shift"] = neutral if shift is None else shift
            feeds["first"] = np.array([number == 0], np.int64)
            feeds["last"] = np.array([number == len(pieces) - 1], np.int64)
            names = ["y", *(f"state{k}_out" for k in range(len(states)))]
            y, *states = self.session.run(names, feeds)
            outputs.append(y)
        return np.concatenate(outputs, axis=2)


def session(model: ModelProto) -> ort.InferenceSession:
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def full(build: Callable[[Layers, str], str]) -> ort.InferenceSession:
    builder = GraphBuilder()
    x = builder.input("x", [1, CHANNELS, "t"])
    builder.output(build(FullLayers(builder), x), "y", [1, CHANNELS, "t_out"])
    return session(builder.model())


def step(build: Callable[[Layers, str], str]) -> Step:
    builder = GraphBuilder()
    x = builder.input("x", [1, CHANNELS, "t"])
    layers = StreamingLayers(builder, {"a": CHANNELS})
    builder.output(build(layers, x), "y", [1, CHANNELS, "t_out"])
    return Step(session(builder.model()), layers.states)


@cache
def both(name: str) -> tuple[ort.InferenceSession, Step]:
    (case,) = [case for case in CASES if case.name == name]
    return full(case.build), step(case.build)


def split(x: Floats, sizes: Sequence[int]) -> list[Floats]:
    return np.split(x, np.cumsum(sizes)[:-1], axis=2)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@given(first=st.integers(0, 12), others=SIZES)
def test_in_steps_of_any_sizes_a_layer_gives_what_it_gives_in_one_piece(
    case: Case, first: int, others: list[int]
) -> None:
    sizes = [case.first + first, *others]
    x = noise(1, CHANNELS, sum(sizes), seed=sum(sizes))
    whole, streaming = both(case.name)
    (expected,) = whole.run(["y"], {"x": x})
    samples = streaming.stream(split(x, sizes))
    assert samples.shape == expected.shape
    assert np.allclose(samples, expected, atol=1e-4)


@cache
def adain() -> tuple[ort.InferenceSession, Step]:
    def build(layers: Layers, x: str) -> str:
        return layers.adain(x, "a")

    return full(build), step(build)


@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_given_its_statistics_adain_is_a_scale_and_a_shift(sizes: list[int]) -> None:
    x = noise(1, CHANNELS, sum(sizes), seed=sum(sizes))
    gamma, beta = noise(1, CHANNELS, 1, seed=1), noise(1, CHANNELS, 1, seed=2)
    whole, streaming = adain()
    feeds = {"x": x, "gammaa": gamma, "betaa": beta}
    expected, mean, std = whole.run(["y", "meana", "stda"], feeds)
    assert np.allclose(mean, x.mean(2, keepdims=True), atol=1e-5)
    assert np.allclose(std**2, x.var(2, keepdims=True) + 1e-5, atol=1e-4)
    scale = gamma / std
    samples = streaming.stream(split(x, sizes), scale, beta - scale * mean)
    assert np.allclose(samples, expected, atol=1e-4)


@cache
def source_conv(stride: int, taps: int) -> tuple[ort.InferenceSession, Step]:
    def build(layers: Layers, x: str) -> str:
        weight, bias = noise(CHANNELS, CHANNELS, taps), noise(CHANNELS, seed=1)
        return layers.source_conv(x, layers.kernel("source", weight, bias), stride)

    return full(build), step(build)


@pytest.mark.parametrize(("stride", "taps"), [(6, 12), (1, 1)])
@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_the_source_is_padded_once_and_cut_with_an_overlap(
    stride: int, taps: int, sizes: list[int]
) -> None:
    whole, streaming = source_conv(stride, taps)
    source = noise(1, CHANNELS, stride * sum(sizes) + (stride == 1), seed=sum(sizes))
    (expected,) = whole.run(["y"], {"x": source})
    padded = np.pad(source, ((0, 0), (0, 0), (stride // 2, stride // 2)))
    ends = np.cumsum(sizes)
    pieces = [
        padded[:, :, stride * (end - size) : stride * end + taps - stride]
        for size, end in zip(sizes, ends, strict=True)
    ]
    samples = streaming.stream(pieces)
    assert np.allclose(samples, expected[:, :, : samples.shape[2]], atol=1e-4)
    assert samples.shape[2] == sum(sizes)


def test_a_constant_is_kept_once_and_as_float32() -> None:
    builder = GraphBuilder()
    for _ in range(2):
        assert builder.const("c", np.array([1.5])) == "c"
    assert builder.integers(1, 2) == "i1_2"
    kinds = {name: tensor.data_type for name, tensor in builder.constants.items()}
    assert kinds == {"c": TensorProto.FLOAT, "i1_2": TensorProto.INT64}
