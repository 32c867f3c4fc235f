"""Convolutions as the library has to compute them, tap by tap in double precision."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.native.library import (
    Activation,
    Convolution,
    Machine,
    in_blocks,
    kinds,
    load,
    of_blocks,
)
from onset.native.packing import pack
from onset.types import Floats, Halt

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A convolution of `positions` inputs with pseudorandom numbers."""

    inputs: int
    outputs: int
    taps: int
    dilation: int
    positions: int
    snake: bool = True
    seed: int = 0

    @property
    def weight(self) -> Floats:
        """[outputs, inputs, taps]; the sum of squares is 1 for each output."""
        shape = self.outputs, self.inputs, self.taps
        scale = np.float32(1 / np.sqrt(self.inputs * self.taps))
        weight: Floats = self._numbers(1, shape) * scale
        return weight

    @property
    def bias(self) -> Floats:
        """[outputs]."""
        return self._numbers(2, (self.outputs,))

    @property
    def x(self) -> Floats:
        """[inputs, positions], some hundreds of times as loud as others."""
        loud = np.ldexp(
            np.float32(1), np.rint(2 * self._numbers(4, (1, self.positions))).astype(int)
        )
        x: Floats = self._numbers(3, (self.inputs, self.positions)) * loud
        return x

    @property
    def residual(self) -> Floats:
        """[outputs, positions]."""
        return self._numbers(5, (self.outputs, self.positions))

    @property
    def affine(self) -> tuple[Floats, Floats]:
        """Scale and shift [inputs]."""
        scale, shift = self._numbers(6, (2, self.inputs))
        return scale, shift

    @property
    def alpha(self) -> Floats:
        """Of snake, [inputs], positive."""
        return np.abs(self._numbers(7, (self.inputs,))) + np.float32(0.25)

    def _numbers(self, stream: int, shape: tuple[int, ...]) -> Floats:
        """Multiples of 2^-10 from -4 to 4, the same on every machine."""
        rng = np.random.default_rng([self.seed, stream])
        integers = rng.integers(-1024, 1025, (4, *shape)).sum(0)
        numbers: Floats = (integers / 1024).astype(np.float32)
        return numbers


def plain(case: Case) -> Doubles:
    """The outputs [outputs, positions], in double precision."""
    scale, shift = (part.astype(np.float64)[:, None] for part in case.affine)
    x = case.x * scale + shift
    alpha = case.alpha.astype(np.float64)[:, None]
    x = x + np.sin(alpha * x) ** 2 / alpha if case.snake else np.where(x < 0, 0.1 * x, x)
    margin = (case.taps - 1) * case.dilation // 2
    padded = np.pad(x, ((0, 0), (margin, case.taps * case.dilation)))
    parts = (
        case.weight[:, :, j].astype(np.float64)
        @ padded[:, j * case.dilation : j * case.dilation + case.positions]
        for j in range(case.taps)
    )
    total: Doubles = sum(parts, case.bias.astype(np.float64)[:, None] + case.residual)
    return total


def native(case: Case, machine: Machine, *, integer: bool) -> tuple[Floats, Floats]:
    """The library's outputs [outputs, positions], and their mean and variance."""
    packed = pack(case.weight, case.bias, dilation=case.dilation, integer=integer)
    turns = (case.alpha / np.pi).astype(np.float32)
    inverse = (1 / case.alpha).astype(np.float32)
    scale, shift = case.affine
    if case.snake:
        activation = Activation(scale, shift, turns, inverse)
    else:
        activation = Activation(scale, shift, slope=0.1)
    y, moments = machine.convolve(
        Convolution(load(), packed),
        activation,
        in_blocks(case.x),
        case.positions,
        Halt(),
        residual=in_blocks(case.residual),
        moments=True,
    )
    assert moments is not None
    return of_blocks(y, case.outputs), moments


def machines(threads: tuple[int, ...] = (1, 2, 3)) -> Iterator[Machine]:
    """One for each kind of kernels that can run here, and each number of threads."""
    for kind in kinds():
        for count in threads:
            yield Machine(load(), kind, count)


def decibels(reference: Doubles, found: Floats) -> float:
    """Signal to noise ratio."""
    error = np.sum((found - reference) ** 2)
    return float(10 * np.log10(np.sum(reference**2) / (error + 1e-300)))
