"""The transforms are exact, C and Python have the same, and no sum can overflow."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import onset.native
from onset.native.packing import (
    LARGEST_INPUT,
    LARGEST_SUM,
    STEP,
    PackedConvolution,
    pack,
    transforms,
)
from onset.types import Floats

FOLDER = Path(onset.native.__file__).parent


@pytest.mark.parametrize("taps", [3, 4])
def test_four_outputs_from_few_products(taps: int) -> None:
    rng, t = np.random.default_rng(taps), transforms(taps)
    kernel, tile = rng.normal(size=taps), rng.normal(size=taps + STEP - 1)
    products = (t.weights @ kernel) * (t.inputs.astype(np.float64) @ tile)
    expected = [kernel @ tile[k : k + taps] for k in range(STEP)]
    assert len(products) == taps + STEP - 1
    assert np.allclose(t.outputs @ products, expected, atol=1e-5)


@pytest.mark.parametrize(("taps", "name"), [(3, "43"), (4, "44")])
def test_the_library_has_the_same_matrices(taps: int, name: str) -> None:
    header = (FOLDER / "toom_cook.h").read_text(encoding="utf-8")
    for side, matrix in (("input", transforms(taps).inputs), ("output", transforms(taps).outputs)):
        text = re.search(rf"{side}_{name}\[\d\]\[\d\] = \{{(.*?)\n\}};", header, re.DOTALL)
        assert text is not None
        rows = re.findall(r"\{(.*?)\}", text[1])
        found = [[_value(number) for number in row.split(",")] for row in rows]
        assert np.array_equal(np.array(found, np.float32), matrix)


def _value(text: str) -> float:
    above, _, below = text.strip().replace("f", "").partition("/")
    return float(above) / float(below or 1)


def test_the_library_counts_on_the_same_largest_input() -> None:
    header = (FOLDER / "layers.h").read_text(encoding="utf-8")
    assert f"#define LARGEST_INPUT {LARGEST_INPUT}.0f" in header


def sums(packed: PackedConvolution) -> int:
    """The largest sum of weights that are added up in 32 bits: of a block and a group of taps."""
    weights = np.abs(packed.weights.astype(np.int64))
    # [outputs / 16, points, groups, inputs / 2, 16, 2]
    blocks = weights.reshape(*weights.shape[:3], -1, packed.block // 2, 16, 2)
    return int(blocks.sum((4, 6)).max())


@given(
    st.integers(1, 12),
    st.sampled_from([22, 64, 128, 256]),
    st.sampled_from(["equal", "one", "alternating", "tiny", "random"]),
    st.integers(0, 99),
)
def test_no_sum_of_products_can_overflow(taps: int, inputs: int, shape: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(16, inputs, taps)).astype(np.float32)
    if shape == "equal":
        weight[:] = 3e4
    elif shape == "one":
        weight[:] = 0
        weight[:, seed % inputs, seed % taps] = -1e6
    elif shape == "alternating":
        weight[:] = np.where(np.arange(inputs)[:, None] % 2, 1.0, -1.0)
    elif shape == "tiny":
        weight *= np.float32(1e-30)
    packed = pack(weight, np.zeros(16, np.float32), integer=True)
    assert sums(packed) * LARGEST_INPUT <= LARGEST_SUM


def test_weights_use_the_room_they_have() -> None:
    """Else the proof would hold for weights of nothing too."""
    weight: Floats = np.random.default_rng(1).normal(size=(64, 128, 7)).astype(np.float32)
    packed = pack(weight, np.zeros(64, np.float32), integer=True)
    assert sums(packed) * LARGEST_INPUT > 0.99 * LARGEST_SUM
