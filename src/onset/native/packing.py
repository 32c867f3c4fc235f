"""A convolution's weights as the library multiplies them: transformed, rounded, in its order.

Toom-Cook (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015): four outputs of
a group of 3 or 4 taps from 6 or 7 products. In the integer kind the weights are int16 with a scale
for each output and point, chosen so that no sum can overflow; that is asserted here, for every sum.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import numpy.typing as npt

from onset.types import Floats

LARGEST_INPUT = 16383
"""Of the rounded inputs; layers.h has the same."""

LARGEST_SUM = 2**31 - 1

OUTPUTS_TOGETHER, OUTPUTS_PADDED = 16, 32
"""Outputs whose weights lie together, and what their number is padded to."""

STEP = 4
"""Outputs of a tile."""

_POINTS = (Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(-1, 2), Fraction(-2))
"""With infinity the points at which the products are taken; small ones lose the least."""

Exact = list[list[Fraction]]


@dataclass(frozen=True, slots=True)
class Transforms:
    """outputs = outputs @ ((weights @ taps) * (inputs @ tile)), [4, n], [n, taps] and [n, n]."""

    outputs: Floats
    weights: npt.NDArray[np.float64]
    inputs: Floats


@cache
def transforms(taps: int) -> Transforms:
    """Of a group of 3 or 4 taps; of 1: nothing is transformed."""
    if taps == 1:
        one = np.ones((1, 1))
        return Transforms(one.astype(np.float32), one, one.astype(np.float32))
    points = _POINTS[: taps + STEP - 2]
    powers = [[point**k for k in range(max(taps, STEP))] for point in points]
    at_infinity = [Fraction(0)]
    weights = [row[:taps] for row in powers] + [at_infinity * (taps - 1) + [Fraction(1)]]
    outputs = [[row[k] for row in powers] + [Fraction(int(k == STEP - 1))] for k in range(STEP)]
    inputs = [_lagrange(points, n) + at_infinity for n in range(len(points))]
    inputs.append(_product(points))
    return Transforms(_floats(outputs), np.array(weights, np.float64), _floats(inputs))


def _floats(rows: Exact) -> Floats:
    return np.array(rows, np.float64).astype(np.float32)


def _product(roots: tuple[Fraction, ...]) -> list[Fraction]:
    """Coefficients of the product of (x - root), the lowest first."""
    result = [Fraction(1)]
    for root in roots:
        above, below = [Fraction(0), *result], [*result, Fraction(0)]
        result = [a - root * b for a, b in zip(above, below, strict=True)]
    return result


def _lagrange(points: tuple[Fraction, ...], n: int) -> list[Fraction]:
    """Coefficients of the polynomial that is 1 at points[n] and 0 at the others."""
    others = points[:n] + points[n + 1 :]
    scale = Fraction(1)
    for other in others:
        scale *= points[n] - other
    return [value / scale for value in _product(others)]


@dataclass(frozen=True, slots=True)
class PackedConvolution:
    """weights: int16 or float32 [outputs / 16, points, groups, inputs (/ 2), 16 (, 2)].

    scales [points, outputs], bias [outputs], relative [points]: float32. The numbers are those of
    layers.h. fused: of floats, a product and a sum are rounded once, as fast processors do it; else
    the bits are the same on all.
    """

    inputs: int
    outputs: int
    block: int
    taps: int
    groups: int
    dilation: int
    before: int
    fused: bool
    weights: npt.NDArray[np.int16] | Floats
    scales: Floats
    bias: Floats
    relative: Floats

    @property
    def integer(self) -> bool:
        return self.weights.dtype == np.int16

    @property
    def padded_inputs(self) -> int:
        return -(-self.inputs // self.block) * self.block

    @property
    def padded_outputs(self) -> int:
        return len(self.bias)


def pack(
    weight: Floats,
    bias: Floats,
    *,
    dilation: int = 1,
    before: int | None = None,
    integer: bool,
    fused: bool = True,
) -> PackedConvolution:
    """weight [outputs, inputs, taps], bias [outputs].

    before: inputs that an output needs before its own; by default half the span.
    """
    outputs, inputs, span = weight.shape
    taps = 1 if span < 3 else 3 if span == 3 else 4
    groups, block = -(-span // taps), 128 if inputs > 128 else 64
    padded = ((0, -outputs % OUTPUTS_PADDED), (0, -inputs % block), (0, groups * taps - span))
    grouped = np.pad(weight, padded).reshape(-1, inputs + padded[1][1], groups, taps)
    transform = transforms(taps)
    # [points, groups, inputs, outputs]
    transformed = np.einsum("nr,ocgr->ngco", transform.weights, grouped, optimize=True)
    relative = 1 / np.linalg.norm(transform.inputs.astype(np.float64), axis=1)
    relative = relative if integer else np.ones_like(relative)
    if integer:
        rounded, scales = _rounded(transformed, block)
        weights = _in_order(rounded, pair=2)
        scales = scales / relative[:, None]
    else:
        weights = _in_order(transformed.astype(np.float32), pair=1)
        scales = np.ones((len(relative), transformed.shape[3]))
    return PackedConvolution(
        inputs,
        outputs,
        block,
        taps,
        groups,
        dilation,
        (span - 1) * dilation // 2 if before is None else before,
        fused,
        weights,
        np.ascontiguousarray(scales, np.float32),
        np.pad(bias, padded[0]).astype(np.float32),
        relative.astype(np.float32),
    )


def _rounded(
    transformed: npt.NDArray[np.float64], block: int
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float64]]:
    """Weights as int16, and their scales [points, outputs]."""
    points, groups, inputs, outputs = transformed.shape
    blocks = transformed.reshape(points, groups, inputs // block, block, outputs)
    sums = np.abs(blocks).sum(3).max((1, 2))
    largest = np.abs(transformed).max((1, 2))
    # Rounding adds at most a half to each.
    room = LARGEST_SUM // LARGEST_INPUT - block / 2
    scales = np.maximum(np.maximum(sums / room, largest / np.iinfo(np.int16).max), 1e-30)
    integers = np.rint(blocks / scales[:, None, None, None])
    assert np.abs(integers).max() <= np.iinfo(np.int16).max
    assert np.abs(integers).sum(3).max() * LARGEST_INPUT <= LARGEST_SUM
    return integers.reshape(transformed.shape).astype(np.int16), scales


def _in_order(weights: npt.NDArray[np.int16] | Floats, pair: int) -> npt.NDArray[np.int16] | Floats:
    """[points, groups, inputs, outputs] in the order of the products."""
    points, groups, inputs, outputs = weights.shape
    shape = points, groups, inputs // pair, pair, outputs // OUTPUTS_TOGETHER, OUTPUTS_TOGETHER
    return np.ascontiguousarray(weights.reshape(shape).transpose(4, 0, 1, 2, 5, 3))
