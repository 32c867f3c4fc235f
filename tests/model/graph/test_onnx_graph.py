"""Reading and cutting the published graph; what is not Kokoro's is refused with the reason."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper

from onset.errors import ModelError
from onset.model.graph.onnx_graph import OnnxGraph, cut, dequantise, locate, port, read
from onset.types import Floats


def save(path: Path, inputs: Mapping[str, int], nodes: list[onnx.NodeProto]) -> Path:
    declared = [helper.make_tensor_value_info(name, kind, None) for name, kind in inputs.items()]
    output = helper.make_tensor_value_info("audio", TensorProto.FLOAT, None)
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", declared, [output])), str(path))
    return path


KOKORO_INPUTS = {
    "tokens": TensorProto.INT64,
    "style": TensorProto.FLOAT,
    "speed": TensorProto.FLOAT,
}


def test_read_refuses_a_file_that_is_not_onnx(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"this is no model")
    with pytest.raises(ModelError, match="not a readable ONNX model"):
        read(path)


def test_read_refuses_other_inputs_and_names_them(tmp_path: Path) -> None:
    node = helper.make_node("Identity", ["pixels"], ["audio"])
    path = save(tmp_path / "m.onnx", {"pixels": TensorProto.FLOAT}, [node])
    with pytest.raises(ModelError, match="its inputs are pixels"):
        read(path)


def test_read_renames_input_ids(tmp_path: Path) -> None:
    inputs = {"input_ids": TensorProto.INT64, "style": 1, "speed": 1}
    node = helper.make_node("Identity", ["input_ids"], ["audio"])
    graph = read(save(tmp_path / "m.onnx", inputs, [node]))
    assert graph.nodes[0].input == ["tokens"]


def test_locate_says_what_is_missing(tmp_path: Path) -> None:
    node = helper.make_node("Identity", ["style"], ["audio"])
    graph = read(save(tmp_path / "m.onnx", KOKORO_INPUTS, [node]))
    with pytest.raises(ModelError, match="ConvTranspose with a weight of"):
        locate(graph)


def test_locate_finds_the_same_points_in_the_float_graph(model_path: Path) -> None:
    graph = read(model_path)
    points = locate(graph)
    dequantise(graph, ["tokens", "style", "speed"], [graph.model.graph.output[0].name])
    assert not [n for n in graph.upstream([points.trunk]) if n.op_type == "ConvInteger"]
    assert locate(graph) == points


def quantised_product(weight: Floats, zero: int, scale: float) -> OnnxGraph:
    """x -> MatMul with an int8 weight, as ONNX Runtime's dynamic quantisation writes it."""
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "xs", "xz"]),
        helper.make_node("MatMulInteger", ["q", "w", "xz", "wz"], ["i"], name="mm_quant"),
        helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["xs", "ws"], ["s"]),
        helper.make_node("Mul", ["f", "s"], ["y"]),
    ]
    constants: dict[str, npt.NDArray[Any]] = {
        "w": weight.astype(np.uint8),
        "wz": np.array(zero, np.uint8),
        "ws": np.array(scale, np.float32),
    }
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    tensors = [onnx.numpy_helper.from_array(v, k) for k, v in constants.items()]
    return OnnxGraph(helper.make_model(helper.make_graph(nodes, "g", [x], [y], tensors)))


def test_dequantise_makes_the_weight_the_rule_says() -> None:
    weight = np.array([[0, 128], [200, 130], [255, 1]], np.float32)
    graph = quantised_product(weight, 128, 0.5)
    dequantise(graph, ["x"], ["y"])
    (node,) = [n for n in graph.nodes if n.op_type == "MatMul"]
    assert (graph.array(node.input[1]) == (weight - 128) * 0.5).all()
    assert (node.input[0], node.output[0]) == ("x", "y")


def test_cut_keeps_only_what_lies_between() -> None:
    graph = quantised_product(np.ones((3, 2), np.float32), 0, 1.0)
    dequantise(graph, ["x"], ["y"])
    model = cut(graph, {"x": port("in", [1, 3])}, {"y": "out"})
    assert [n.op_type for n in model.graph.node] == ["Identity", "MatMul", "Identity"]
    assert ([i.name for i in model.graph.input], [o.name for o in model.graph.output]) == (
        ["in"],
        ["out"],
    )


def test_cut_refuses_what_the_inputs_do_not_make() -> None:
    graph = quantised_product(np.ones((3, 2), np.float32), 0, 1.0)
    with pytest.raises(ModelError, match="nothing makes 'x'"):
        cut(graph, {}, {"y": "out"})
