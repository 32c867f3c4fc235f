"""The native library: loading it, and its functions on arrays.

It is C without Python's interface, compiled for every kind of processor at once (`compiling`).
`kinds` tells those that this processor can run, the fastest first; all give the same bits.
"""

import ctypes
from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias
from weakref import finalize

import numpy as np

from onset.errors import Halted, ModelError
from onset.native.compiling import DIGEST_SUFFIX, LIBRARY_NAME
from onset.native.packing import PackedConvolution
from onset.types import Floats, Halt

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Path(__file__).with_name(LIBRARY_NAME)
"""Made when the package is built."""

CHANNELS = 32
"""Channels that lie together: a tensor in blocks is [C / 32, positions, 32] (layers.h)."""

_POINTER, _NUMBER, _SIZE = ctypes.c_void_p, ctypes.c_int, ctypes.c_long


class Status(IntEnum):
    """What a function returns (status.h)."""

    OK = 0
    HALTED = 1
    NOT_FINITE = 2
    NO_MEMORY = 3
    LENGTHS = 4


_MESSAGES = {
    Status.NOT_FINITE: "The decoder was given numbers that are not finite.",
    Status.NO_MEMORY: "There is not enough memory to decode.",
    Status.LENGTHS: "The decoder was given inputs whose lengths do not go together.",
}


class LibraryMissing(ModelError):
    """There is no native library here, or it is not for this machine."""


class _Activation(ctypes.Structure):
    """As in layers.h."""

    _fields_ = [
        *((name, _POINTER) for name in ("scale", "shift", "turns", "inverse")),
        ("slope", ctypes.c_float),
    ]


_ARGUMENTS = {
    "onset_machine_new": [ctypes.c_char_p, _NUMBER],
    "onset_convolution_new": [_POINTER] * 5,
    "onset_stage_new": [_POINTER] * 3,
    "onset_stream_new": [_POINTER],
    **{f"onset_{name}_free": [_POINTER] for name in ("machine", "convolution", "stage", "stream")},
    "onset_convolve": [
        *[_POINTER] * 4,
        *[_SIZE] * 3,
        *[_POINTER] * 3,
        *[_SIZE] * 3,
        *(_NUMBER, _POINTER, _POINTER),
    ],
    "onset_stream_step": [
        *[_POINTER] * 3,
        *(_SIZE, _POINTER, _SIZE, _POINTER, _POINTER, _NUMBER),
        *(_POINTER, _SIZE, _POINTER, _POINTER),
    ],
}


@cache
def load(path: Path = LIBRARY) -> ctypes.CDLL:
    """Raises LibraryMissing."""
    try:
        digest = path.with_suffix(DIGEST_SUFFIX).read_text()
        if sha256(path.read_bytes()).hexdigest() != digest:
            raise LibraryMissing(f"{path.name} is damaged: its sha256 is wrong.")
        library = ctypes.CDLL(str(path))
        for name, arguments in _ARGUMENTS.items():
            function = getattr(library, name)
            function.argtypes = arguments
            function.restype = _POINTER if name.endswith("_new") else _NUMBER
        library.onset_kinds.restype = ctypes.c_char_p
    except FileNotFoundError:
        raise LibraryMissing(f"There is no {path.name} for this machine.") from None
    except (OSError, AttributeError) as error:
        raise LibraryMissing(f"Cannot load {path.name}: {error}.") from error
    return library


def kinds(path: Path = LIBRARY) -> list[str]:
    """The kinds of kernels that this processor can run, the fastest first. LibraryMissing."""
    names: bytes = load(path).onset_kinds()
    return names.decode().split()


def _address(array: Array | None) -> int | None:
    return None if array is None else array.ctypes.data


def in_blocks(x: Floats) -> Floats:
    """[C, t] as [C / 32, t, 32], whose channels are padded with zeros."""
    padded = np.pad(x, ((0, -len(x) % CHANNELS), (0, 0)))
    return np.ascontiguousarray(padded.reshape(-1, CHANNELS, x.shape[1]).transpose(0, 2, 1))


def of_blocks(y: Floats, channels: int) -> Floats:
    """[C / 32, t, 32] as [channels, t]."""
    return y.transpose(0, 2, 1).reshape(-1, y.shape[1])[:channels]


def _contiguous(array: Floats) -> Floats:
    return np.ascontiguousarray(array, np.float32)


class _Owned:
    """Something of the library's, freed with this object. kept: what it points to."""

    def __init__(self, library: ctypes.CDLL, name: str, *arguments: object, kept: object) -> None:
        self.handle: int = getattr(library, f"onset_{name}_new")(*arguments)
        if not self.handle:
            raise ModelError(f"The native library cannot make a {name}.")
        self._kept = kept
        finalize(self, getattr(library, f"onset_{name}_free"), self.handle)


class Convolution(_Owned):
    """A packed convolution."""

    def __init__(self, library: ctypes.CDLL, packed: PackedConvolution) -> None:
        self.packed = packed
        arrays = packed.weights, packed.scales, packed.bias, packed.relative
        numbers = (
            *(
                packed.integer,
                packed.fused,
                packed.inputs,
                packed.padded_inputs,
                packed.padded_outputs,
            ),
            *(packed.block, packed.taps, packed.groups, packed.dilation, packed.before),
        )
        described = np.array(numbers, np.int32)
        addresses = [_address(array) for array in (described, *arrays)]
        super().__init__(library, "convolution", *addresses, kept=arrays)


class Activation:
    """What is applied to a convolution's inputs.

    scale, shift [inputs]: a factor and a summand, or None. turns, inverse [inputs]: snake's
    alpha / pi and 1 / alpha; without them a leaky rectifier with `slope`, 1 for none.
    """

    def __init__(
        self,
        scale: Floats | None = None,
        shift: Floats | None = None,
        turns: Floats | None = None,
        inverse: Floats | None = None,
        slope: float = 1.0,
    ) -> None:
        self._kept = [scale, shift, turns, inverse]
        self.structure = _Activation(*(_address(array) for array in self._kept), slope)
        self.address = ctypes.addressof(self.structure)


class Stage(_Owned):
    """A stage of the generator.

    numbers: as in library.h. convolutions: up, source, last or None, then those of the pairs.
    snakes: turns and inverse [channels] for each of these.
    """

    def __init__(
        self,
        library: ctypes.CDLL,
        numbers: Sequence[int],
        convolutions: Sequence[Convolution | None],
        snakes: Sequence[Floats],
    ) -> None:
        handles = [0 if each is None else each.handle for each in convolutions]
        pointers = np.array(handles, np.uintp)
        values = np.array([_address(snake) for snake in snakes], np.uintp)
        described = np.array(numbers, np.int32)
        kept = list(convolutions), list(snakes)
        addresses = [_address(array) for array in (described, pointers, values)]
        super().__init__(library, "stage", *addresses, kept=kept)


class _Stop:
    """The number that the library reads at its barriers, not 0 once `halt` is set."""

    def __init__(self, halt: Halt) -> None:
        self._halt = halt
        self._flag = np.zeros(1, np.int32)
        self.address = self._flag.ctypes.data

    def _press(self) -> None:
        self._flag[0] = 1

    def __enter__(self) -> "_Stop":
        self._halt.attach(self._press)
        return self

    def __exit__(self, *_: object) -> None:
        self._halt.detach(self._press)


def _check(status: int) -> None:
    if status == Status.HALTED:
        raise Halted("Stopped.")
    if status != Status.OK:
        raise ModelError(_MESSAGES[Status(status)])


class Machine(_Owned):
    """Threads with kernels of one kind. One thread at a time may use it.

    kind: one of `kinds`.
    """

    def __init__(self, library: ctypes.CDLL, kind: str, threads: int) -> None:
        self.kind, self.threads, self.library = kind, threads, library
        super().__init__(library, "machine", kind.encode(), threads, kept=library)

    def convolve(
        self,
        convolution: Convolution,
        activation: Activation,
        x: Floats,
        positions: int,
        halt: Halt,
        *,
        factor: int = 1,
        residual: Floats | None = None,
        add: Floats | None = None,
        moments: bool = False,
        into: Floats | None = None,
    ) -> tuple[Floats, Floats | None]:
        """Outputs in blocks, and each output's mean and variance over time [2, C] if `moments`.

        x: in blocks (`in_blocks`), or rows [n, inputs], of which one may begin before the one
        before it ends. factor: positions that an output is of, for an upsampling. residual, add:
        what is added, as the outputs. into: where the outputs go; fresh memory by default, of which
        every 4 KB cost a page fault. Raises Halted, and ModelError if a number is not finite.
        """
        packed = convolution.packed
        blocks = packed.padded_outputs // CHANNELS // factor
        shape = blocks, positions * factor, CHANNELS
        y = np.empty(shape, np.float32) if into is None else into
        sums = np.empty((2, packed.padded_outputs)) if moments else None
        steps = [step // x.itemsize for step in x.strides]
        stride, block = (steps[0], CHANNELS) if x.ndim == 2 else (steps[1], steps[0])
        with _Stop(halt) as stop:
            status = self.library.onset_convolve(
                *(self.handle, convolution.handle, activation.address),
                *(_address(x), x.shape[-2], stride, block, _address(y)),
                *(_address(residual), _address(add), positions, factor * CHANNELS),
                *(y.shape[1] * CHANNELS, blocks if factor > 1 else 0),
                *(_address(sums), stop.address),
            )
        _check(status)
        return y, None if sums is None else _moments(sums, positions, packed)


def _moments(
    sums: np.ndarray[Any, np.dtype[np.float64]], count: int, packed: PackedConvolution
) -> Floats:
    """Mean and variance [2, outputs] from sums of values and squares."""
    mean = sums[0] / count
    variance = np.maximum(sums[1] / count - mean**2, 0)
    both: Floats = np.stack([mean, variance])[:, : packed.outputs].astype(np.float32)
    return both


class NativeStream(_Owned):
    """A stage as a stream of steps. channels: of the outputs; factor: of the upsampling.

    scale, shift: [24 * channels of the stage] of its AdaIN.
    """

    def __init__(
        self,
        machine: Machine,
        stage: Stage,
        shape: tuple[int, int],
        scale: Floats,
        shift: Floats,
    ) -> None:
        self._machine, (self._channels, self._factor) = machine, shape
        self._scale, self._shift = _contiguous(scale), _contiguous(shift)
        self._lookahead = 64
        super().__init__(machine.library, "stream", stage.handle, kept=stage)

    def step(self, x: Floats, source: Floats, last: bool, halt: Halt) -> Floats:
        """x [inputs, n] and the source due [22, h] to what becomes complete [channels, m]."""
        x, source = _contiguous(x), _contiguous(source)
        room = (x.shape[1] + self._lookahead) * self._factor + 1
        y = np.empty(self._channels * room, np.float32)
        count = ctypes.c_long(0)
        with _Stop(halt) as stop:
            status = self._machine.library.onset_stream_step(
                *(self._machine.handle, self.handle, _address(x), x.shape[1]),
                *(_address(source), source.shape[1], _address(self._scale)),
                *(_address(self._shift), last, _address(y), room),
                *(ctypes.addressof(count), stop.address),
            )
        _check(status)
        return y[: self._channels * count.value].reshape(self._channels, count.value)
