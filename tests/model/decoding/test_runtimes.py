"""What decodes is chosen by the setting and by what is there."""

from pathlib import Path

import pytest

from onset.errors import ModelError
from onset.model.decoding import runtimes
from onset.model.decoding.onnx_generator import OnnxGenerator
from onset.model.decoding.runtimes import make_runtime
from onset.model.kokoro import KokoroBackend
from onset.native.library import LIBRARY, LibraryMissing, kinds

native = pytest.mark.skipif(not LIBRARY.exists(), reason="the native library is not compiled")


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no library."""

    def missing() -> None:
        raise LibraryMissing("There is no libonset_native.so for this machine.")

    monkeypatch.setattr(runtimes, "load", missing)


def test_without_the_library_onnx_runtime_decodes_and_says_why(
    backend: KokoroBackend, nothing: None
) -> None:
    runtime = make_runtime(backend.folder, "auto", 1)
    assert isinstance(runtime.generator, OnnxGenerator)
    assert runtime.name == "ONNX Runtime"
    assert runtime.lacking == "There is no libonset_native.so for this machine."


def test_the_library_that_was_asked_for_is_not_silently_replaced(
    backend: KokoroBackend, nothing: None
) -> None:
    with pytest.raises(ModelError, match="python -m onset.native.compiling"):
        make_runtime(backend.folder, "native", 1)


@native
def test_a_processor_without_kernels_is_told(
    backend: KokoroBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "kinds", list)
    runtime = make_runtime(backend.folder, "auto", 1)
    assert runtime.name == "ONNX Runtime"
    assert runtime.lacking == "This processor is older than the native kernels."


@native
def test_the_fastest_of_all_kinds_is_used(
    backend: KokoroBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "fastest", lambda names, _: names[-1])
    runtime = make_runtime(backend.folder, "auto", 1)
    assert runtime.name.startswith(f"native, {kinds()[-1]}, ")


@native
def test_the_library_decodes_where_it_is(backend: KokoroBackend) -> None:
    runtime = make_runtime(backend.folder, "auto", 1)
    assert runtime.lacking is None
    assert runtime.name in {f"native, {kind}, int16" for kind in kinds()} | {
        "native, neon, float32"
    }


def test_onnx_runtime_may_be_asked_for(backend: KokoroBackend, tmp_path: Path) -> None:
    assert make_runtime(backend.folder, "onnx", 1).name == "ONNX Runtime"
