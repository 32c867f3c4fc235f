"""The library computes convolutions, with the same bits everywhere; what it cannot do it says."""

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.errors import Halted, ModelError
from onset.native import library
from onset.native.compiling import DIGEST_SUFFIX
from onset.native.library import Activation, Convolution, Machine, in_blocks, load
from onset.native.packing import pack
from onset.types import Halt

if not library.LIBRARY.exists():
    pytest.skip("the native library is not compiled", allow_module_level=True)

from plain import Case, decibels, machines, native, plain

CASES = [
    Case(128, 128, 3, 1, 61),
    Case(128, 128, 7, 3, 100),
    Case(128, 128, 11, 5, 500),
    Case(256, 256, 11, 1, 40),
    Case(256, 256, 3, 5, 300),
    Case(264, 256, 1, 1, 60, snake=False),
    Case(512, 320, 2, 1, 9),
    Case(128, 22, 7, 1, 300, snake=False),
    Case(514, 1024, 3, 1, 50, snake=False),
]

BITS = {
    CASES[0]: "62a64fa73989c82f",
    CASES[1]: "9cde94d7e96e87fd",
    CASES[2]: "cc9994d7cd97e58c",
    CASES[3]: "d2d4da646774a45d",
    CASES[4]: "9c3d418c48a2b27c",
    CASES[5]: "91e87a1030eb740a",
    CASES[6]: "6801eb4bba3538a1",
    CASES[7]: "fb3978ab3a6f46fb",
    CASES[8]: "6358ff0a08ca4398",
}
"""The first digits of the sha256 of each case's outputs in the integer kind, on every processor."""


def bits(case: Case, machine: Machine) -> str:
    found, _ = native(case, machine, integer=True)
    return hashlib.sha256(np.ascontiguousarray(found, "<f4").tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("integer", "enough"), [(True, 55.0), (False, 110.0)])
def test_it_is_a_convolution(case: Case, integer: bool, enough: float) -> None:
    expected = plain(case)
    for machine in machines():
        found, moments = native(case, machine, integer=integer)
        assert decibels(expected, found) >= enough, machine.kind
        assert np.allclose(moments[0], found.mean(1, dtype=np.float64), atol=1e-4)
        assert np.allclose(moments[1], found.var(1, dtype=np.float64), rtol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_the_bits_are_the_same_on_every_processor_and_with_any_threads(case: Case) -> None:
    assert {bits(case, machine) for machine in machines()} == {BITS[case]}


@settings(max_examples=40)
@given(
    st.sampled_from([22, 64, 100, 128, 256, 300]),
    st.sampled_from([22, 32, 128]),
    st.sampled_from([1, 3, 5, 7, 9, 11, 15]),
    st.integers(1, 9),
    st.integers(1, 600),
    st.booleans(),
    st.integers(0, 999),
)
def test_any_shape_is_a_convolution(
    inputs: int, outputs: int, taps: int, dilation: int, positions: int, snake: bool, seed: int
) -> None:
    case = Case(inputs, outputs, taps, dilation, positions, snake and inputs % 16 == 0, seed)
    expected = plain(case)
    for machine in machines((2,)):
        for integer, enough in ((True, 50.0), (False, 100.0)):
            assert decibels(expected, native(case, machine, integer=integer)[0]) >= enough


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("integer", [True, False])
def test_numbers_that_are_not_finite_are_refused(value: float, integer: bool) -> None:
    packed = pack(np.ones((32, 64, 3), np.float32), np.zeros(32, np.float32), integer=integer)
    x = np.zeros((64, 20), np.float32)
    x[5, 7] = value
    for machine in machines():
        convolution = Convolution(load(), packed)
        with pytest.raises(ModelError, match="not finite"):
            machine.convolve(convolution, Activation(), in_blocks(x), 20, Halt())


def test_the_largest_weights_and_inputs_do_not_overflow() -> None:
    """Every product of a block has the same sign, and is as large as it gets."""
    weight = np.full((32, 128, 7), 1e3, np.float32)
    packed = pack(weight, np.zeros(32, np.float32), integer=True)
    for sign in (1, -1):
        x = np.full((128, 40), sign * 1e4, np.float32)
        for machine in machines((1,)):
            y, _ = machine.convolve(
                Convolution(load(), packed), Activation(), in_blocks(x), 40, Halt()
            )
            middle = y[:, 10:30]
            assert np.allclose(middle, sign * 1e7 * 128 * 7, rtol=1e-2)


def test_a_halt_ends_a_long_convolution_and_the_next_one_is_right() -> None:
    case, halt = Case(128, 128, 11, 5, 500), Halt()
    packed = pack(case.weight, case.bias, dilation=5, integer=True)
    x = np.ones((4, 2_000_000, 32), np.float32)
    for machine in machines((2,)):
        timer = threading.Timer(0.05, halt.set)
        timer.start()
        with pytest.raises(Halted):
            machine.convolve(Convolution(load(), packed), Activation(), x, x.shape[1], halt)
        timer.join()
        assert bits(case, machine) == BITS[case]
        break


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="cannot make a machine"):
        Machine(load(), "vax", 1)


def test_a_missing_or_damaged_library_is_told_in_one_sentence(tmp_path: Path) -> None:
    missing, damaged, other = (tmp_path / f"{name}.so" for name in ("missing", "damaged", "other"))
    damaged.write_bytes(library.LIBRARY.read_bytes()[:5000])
    digest = library.LIBRARY.with_suffix(DIGEST_SUFFIX).read_text()
    damaged.with_suffix(DIGEST_SUFFIX).write_text(digest)
    other.write_text("for another machine")
    digest = hashlib.sha256(other.read_bytes()).hexdigest()
    other.with_suffix(DIGEST_SUFFIX).write_text(digest)
    for path, why in ((missing, "There is no"), (damaged, "is damaged"), (other, "Cannot load")):
        with pytest.raises(library.LibraryMissing, match=why) as told:
            library.load(path)
        assert path.name in str(told.value) and "\n" not in str(told.value)
