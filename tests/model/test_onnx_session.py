"""A session that can be stopped, and a process whose cores are kept free."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl
from onnx import TensorProto, helper, save

from onset.errors import Halted, ModelError
from onset.model.kokoro import KokoroBackend
from onset.model.onnx_session import OnnxSession
from onset.types import Halt


@pytest.fixture
def double(tmp_path: Path) -> OnnxSession:
    """x -> x + x."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "g", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    save(model, str(tmp_path / "double.onnx"))
    return OnnxSession(tmp_path / "double.onnx", 1)


def test_a_run_takes_and_gives_arrays(double: OnnxSession) -> None:
    (y,) = double.run(["y"], {"x": np.array([1, 2], np.float32)}, Halt())
    assert y.numpy().tolist() == [2, 4]


def test_a_run_stops_when_the_button_is_pressed(double: OnnxSession) -> None:
    halt = Halt()
    halt.set()
    with pytest.raises(Halted):
        double.run(["y"], {"x": np.zeros(1, np.float32)}, halt)


def test_a_run_leaves_no_listener_behind(double: OnnxSession) -> None:
    halt = Halt()
    double.run(["y"], {"x": np.zeros(1, np.float32)}, halt)
    assert not halt._listeners


def test_a_graph_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nothing.onnx"
    with pytest.raises(ModelError, match=r"cannot load .*nothing\.onnx"):
        OnnxSession(path, 1)


def test_blas_has_one_thread_beside_the_model(backend: KokoroBackend) -> None:
    pools = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]
    assert {pool["num_threads"] for pool in pools} <= {1}


SESSION = """
import sys
import os
import subprocess
import sys
from pathlib import Path
from onset.model.onnx_session import OnnxSession
OnnxSession(Path(sys.argv[1]), 1)
"""


@pytest.mark.parametrize("wanted", [False, True])
def test_the_runtime_keeps_no_id_and_tells_nobody(tmp_path: Path, wanted: bool) -> None:
    """Its telemetry writes into the home. That is seen where a user wants it, so it would be."""
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    same = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [same])
    opsets = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "m.onnx")
    home = tmp_path / "home"
    home.mkdir()
    unset = ("XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY", "CI")  # there it is off by itself
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"HOME": str(home)} | ({"ORT_DISABLE_TELEMETRY": "0"} if wanted else {})
    command = [sys.executable, "-c", SESSION, str(tmp_path / "m.onnx")]
    subprocess.run(command, env=environment, check=True)
    assert bool(list(home.rglob("deviceid"))) is wanted
    assert bool(list(home.iterdir())) is wanted
