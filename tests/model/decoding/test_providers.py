"""Another provider of ONNX Runtime runs the decoder, or the start says why it does not."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from onset.errors import ModelError
from onset.model.backend import FrontOutput
from onset.model.decoding.providers import CPU_PLACE, PROVIDERS, KnownProvider
from onset.model.decoding.runtimes import make_runtime
from onset.model.kokoro import KokoroBackend
from onset.model.onnx_session import CPU, OnnxSession
from onset.types import Halt


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for as openvino is the provider that is everywhere."""
    monkeypatch.setitem(PROVIDERS, "openvino", KnownProvider(CPU_PLACE, "onnxruntime-openvino"))


def test_one_that_is_not_installed_is_told_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    with pytest.raises(ModelError, match="has only cpu: install onnxruntime-gpu"):
        make_runtime(tmp_path, "auto", 1, "cuda")


def test_it_is_not_asked_of_the_native_library(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="unset one of them"):
        make_runtime(tmp_path, "native", 1, "openvino")


def test_its_share_of_the_nodes_is_told(backend: KokoroBackend, pretended: None) -> None:
    runtime = make_runtime(backend.folder, "auto", 1, "openvino")
    assert runtime.name == "ONNX Runtime, 100 % of its nodes on openvino"
    silence = np.zeros(8, np.float32)
    asr = np.zeros((1, 512, 4), np.float32)
    front = FrontOutput(np.array([4]), silence, silence, asr, np.zeros((1, 256), np.float32))
    trunk, _ = runtime.trunk.run(front, 0, 8, None, Halt())
    assert trunk.shape == (1, 512, 8)


def test_one_that_runs_nothing_is_no_provider(
    backend: KokoroBackend, pretended: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OnnxSession, "placed", lambda session, provider: (0, 100))
    with pytest.raises(ModelError, match="can run no node"):
        make_runtime(backend.folder, "auto", 1, "openvino")
    monkeypatch.undo()


def test_nodes_are_counted_by_who_runs_them(backend: KokoroBackend) -> None:
    session = OnnxSession(backend.folder / "trunk_entrance.onnx", 1)
    mine, all_of_them = session.placed(CPU)
    assert mine == all_of_them > 5
    assert session.placed("CUDAExecutionProvider") == (0, all_of_them)
