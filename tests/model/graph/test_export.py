"""The files made from a model: built once, whole or not at all, refused for another model."""

import multiprocessing
from pathlib import Path

import numpy as np
import onnx
import pytest

from onset.errors import AssetError, ModelError
from onset.model.assets import sha256_of
from onset.model.graph import export
from onset.model.graph.onnx_graph import INPUTS, dequantise, read
from onset.model.kokoro import KokoroBackend
from onset.types import Halt

FILES = {
    *("front.onnx", "front.bin", "trunk.onnx", "trunk.bin"),
    *("step0.onnx", "step1.onnx", "entrance0.onnx", "entrance1.onnx", "departure.onnx"),
    *("pair1.onnx", "pair3.onnx", "pair5.onnx"),
    *("generator.bin", "weights.json", "states.json", "constants.npz"),
}


def _export(model: Path, cache: Path) -> None:
    export.export(model, "0" * 64, cache)


def test_export_writes_every_file_once(model_path: Path, tmp_path: Path) -> None:
    said: list[str] = []
    digest = sha256_of(model_path)
    folder = export.export(model_path, digest, tmp_path, said.append)
    assert {path.name for path in folder.iterdir()} == FILES
    assert digest[:16] in folder.name
    assert said
    said.clear()
    assert export.export(model_path, digest, tmp_path, said.append) == folder
    assert not said


def test_two_processes_build_once(model_path: Path, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_export, args=(model_path, tmp_path)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    (folder,) = [path for path in (tmp_path / "graphs").iterdir() if path.is_dir()]
    assert {path.name for path in folder.iterdir()} == FILES


def test_a_model_that_is_refused_leaves_nothing(tmp_path: Path) -> None:
    model = tmp_path / "other.onnx"
    model.write_bytes(b"not a model")
    with pytest.raises(ModelError):
        export.export(model, "1" * 64, tmp_path)
    assert not [path for path in (tmp_path / "graphs").iterdir() if path.is_dir()]


def test_an_unwritable_cache_is_said(model_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(AssetError, match="Cannot write the graphs"):
        export.export(model_path, "2" * 64, file)


def test_the_graphs_of_the_generator_share_their_weights(model_path: Path, tmp_path: Path) -> None:
    folder = export.export(model_path, "3" * 64, tmp_path)
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert sizes["generator.bin"] < 75_000_000
    graphs = [
        name for name in FILES if name.endswith(".onnx") and name[:5] not in ("front", "trunk")
    ]
    assert sum(sizes[name] for name in graphs) < 600_000


def test_a_float_export_gives_the_same_generator(model_path: Path, tmp_path: Path) -> None:
    graph = read(model_path)
    dequantise(graph, INPUTS, [output.name for output in graph.model.graph.output])
    assert not [node for node in graph.nodes if node.op_type.endswith("Integer")]
    graph.model.graph.ClearField("node")
    graph.model.graph.node.extend(graph.nodes)
    graph.model.graph.ClearField("initializer")
    graph.model.graph.initializer.extend(graph.initializers.values())
    floats = tmp_path / "float.onnx"
    onnx.save(graph.model, str(floats))
    one = export.export(floats, sha256_of(floats), tmp_path)
    other = export.export(model_path, sha256_of(model_path), tmp_path)
    assert one != other
    for name in ("generator.bin", "trunk.bin"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    tokens, style = (50, 83, 54, 156, 57, 135), np.full((1, 256), 0.1, np.float32)
    front = KokoroBackend(one, "float", 1).front(tokens, style, 1.0, Halt())
    published = KokoroBackend(other, "int8", 1).front(tokens, style, 1.0, Halt())
    assert abs(int(front.durations.sum()) - int(published.durations.sum())) <= 3
