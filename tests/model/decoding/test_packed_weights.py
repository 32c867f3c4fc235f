"""Packed weights are kept beside the graphs, and made again when they are damaged."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from onset.model.decoding.packed_weights import packed_weights
from onset.model.kokoro import KokoroBackend


def test_damaged_weights_are_packed_again(backend: KokoroBackend, tmp_path: Path) -> None:
    folder = tmp_path / "graphs"
    folder.mkdir()
    for name in ("weights.json", "generator.bin", "trunk.onnx", "trunk.bin"):
        shutil.copy(backend.folder / name, folder)
    first = packed_weights(folder, integer=True)
    (file,) = folder.glob("native-*/weights.bin")
    expected = file.read_bytes()
    del first
    with file.open("r+b") as damaged:
        damaged.seek(1_000_000)
        damaged.write(b"\xff" * 64)
    again = packed_weights(folder, integer=True)
    assert file.read_bytes() == expected
    assert np.array_equal(
        again.convolutions["ups.0"].bias[:256], again.convolutions["ups.0"].bias[256:512]
    )


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list them")
def test_weights_hold_one_descriptor(backend: KokoroBackend) -> None:
    def held() -> int:
        files = (os.path.realpath(path) for path in Path("/proc/self/fd").iterdir())
        return sum(file.endswith("weights.bin") for file in files)

    before = held()
    weights = packed_weights(backend.folder, integer=True)
    assert len(weights.convolutions) > 50 and held() == before + 1
