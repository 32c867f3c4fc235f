"""The files made from a model: built once, whole or not at all, refused for another model."""

import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest

from onset.config import Settings
from onset.errors import AssetError, ModelError
from onset.model.assets import sha256_of
from onset.model.graph import export
from onset.model.graph.onnx_graph import INPUTS, dequantise, read
from onset.model.kokoro import PAD, KokoroBackend
from onset.model.onnx_session import OnnxSession
from onset.types import Halt

FILES = {
    *("front.onnx", "front.bin", "trunk.onnx", "trunk.bin"),
    *("trunk_entrance.onnx", "trunk_entrance.bin"),
    *("step0.onnx", "step1.onnx", "entrance0.onnx", "entrance1.onnx", "departure.onnx"),
    *("pair1.onnx", "pair3.onnx", "pair5.onnx"),
    *("generator.bin", "weights.json", "states.json", "constants.npz"),
}


def _export(model: Path, cache: Path) -> None:
    export.export(model, "0" * 64, cache)


@pytest.fixture(scope="module")
def graphs(settings: Settings, backend: KokoroBackend) -> Path:
    """The folder of the files that were made of the published model."""
    (folder,) = [path for path in (settings.cache_dir / "graphs").iterdir() if path.is_dir()]
    return folder


@dataclass(frozen=True, slots=True)
class FloatExport:
    """A float model, the cache its files were made in, and what was reported meanwhile."""

    model: Path
    digest: str
    cache: Path
    folder: Path
    reports: list[str]


@pytest.fixture(scope="module")
def floats(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> FloatExport:
    """The published model as if it had never been quantised."""
    graph = read(model_path)
    dequantise(graph, INPUTS, [output.name for output in graph.model.graph.output])
    assert not [node for node in graph.nodes if node.op_type.endswith("Integer")]
    graph.model.graph.ClearField("node")
    graph.model.graph.node.extend(graph.nodes)
    graph.model.graph.ClearField("initializer")
    graph.model.graph.initializer.extend(graph.initializers.values())
    cache, reports = tmp_path_factory.mktemp("floats"), list[str]()
    path = cache / "float.onnx"
    onnx.save(graph.model, str(path))
    digest = sha256_of(path)
    folder = export.export(path, digest, cache, reports.append)
    return FloatExport(path, digest, cache, folder, reports)


def test_export_writes_every_file_once(floats: FloatExport) -> None:
    assert {path.name for path in floats.folder.iterdir()} == FILES
    assert floats.digest[:16] in floats.folder.name
    assert floats.reports
    again: list[str] = []
    assert export.export(floats.model, floats.digest, floats.cache, again.append) == floats.folder
    assert not again


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


def test_the_graphs_of_the_generator_share_their_weights(graphs: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in graphs.iterdir()}
    assert sizes["generator.bin"] < 75_000_000
    small = [
        name for name in FILES if name.endswith(".onnx") and name[:5] not in ("front", "trunk")
    ]
    assert sum(sizes[name] for name in small) < 600_000


@pytest.mark.parametrize("name", ["generator.bin", "trunk.bin"])
def test_a_float_export_gives_the_same_weights(
    floats: FloatExport, graphs: Path, name: str
) -> None:
    assert floats.folder != graphs
    assert (floats.folder / name).read_bytes() == (graphs / name).read_bytes()


def test_a_float_export_gives_nearly_the_same_durations(
    floats: FloatExport, backend: KokoroBackend
) -> None:
    tokens, style = (50, 83, 54, 156, 57, 135), np.full((1, 256), 0.1, np.float32)
    published = backend.front(tokens, style, 1.0, Halt())
    feeds = {"tokens": np.array([[PAD, *tokens, PAD]], np.int64), "style": style}
    feeds["speed"] = np.ones(1, np.float32)
    (value,) = OnnxSession(floats.folder / "front.onnx", 1).run(["durations"], feeds, Halt())
    durations = value.numpy()
    assert abs(int(durations.sum()) - int(published.durations.sum())) <= 3
