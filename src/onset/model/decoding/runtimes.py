"""What the decoder runs on: the native library where there is one, else ONNX Runtime."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal, TypeAlias

import numpy as np

from onset.errors import ModelError
from onset.model.backend import NATIVE_SHARES, ONNX_SHARES, Shares
from onset.model.decoding.batched_generator import BatchedGenerator
from onset.model.decoding.generator import Generator
from onset.model.decoding.native_generator import NativeGenerator
from onset.model.decoding.native_trunk import NativeTrunk
from onset.model.decoding.onnx_generator import OnnxGenerator
from onset.model.decoding.onnx_trunk import OnnxTrunk
from onset.model.decoding.packed_weights import packed_weights
from onset.model.decoding.providers import Provider, installed
from onset.model.decoding.trunks import Trunk
from onset.native.library import (
    Activation,
    Convolution,
    LibraryMissing,
    Machine,
    in_blocks,
    kinds,
    load,
)
from onset.types import Halt

Choice: TypeAlias = Literal["auto", "native", "onnx"]

FLOAT_KINDS = ("neon",)
"""Kinds whose products of int16 are no faster than those of floats."""

TIMED, TIMED_POSITIONS = "resblocks.1/convs1.0", 160
"""The convolution that tells kinds apart, 256 channels and 7 taps, and how much of it: as in a step
of 33 ms."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The two halves of the decoder. name: what runs them. lacking: why it is not native.

    batch: of how many streams steps are computed together, at most.
    """

    generator: Generator
    trunk: Trunk
    name: str
    shares: Shares
    lacking: str | None = None
    batch: int = 1


def make_runtime(
    folder: Path, choice: Choice, threads: int, provider: Provider = "cpu", batch: int = 1
) -> Runtime:
    """folder: what `graph.export` wrote. Raises ModelError if what was asked for is not there."""
    if provider != "cpu" or batch > 1:
        return _provided(folder, choice, threads, provider, batch)
    if choice == "onnx":
        return _onnx(folder, threads)
    try:
        return native_runtime(folder, None, threads)
    except LibraryMissing as error:
        if choice == "native":
            raise ModelError(f"{error} Install a C compiler, then: {COMPILE}") from error
        return _onnx(folder, threads, str(error))


COMPILE = "python -m onset.native.compiling"
"""The command that makes the library."""


def native_runtime(
    folder: Path, kind: str | None, threads: int, integer: bool | None = None
) -> Runtime:
    """On kernels of one kind, None: of the fastest. integer: by default where that is faster.

    Raises LibraryMissing if there are none for this machine.
    """
    library, names = load(), [kind] if kind else kinds()
    if not names:
        raise LibraryMissing("This processor is older than the native kernels.")
    integer = names[0] not in FLOAT_KINDS if integer is None else integer
    weights = packed_weights(folder, integer)
    convolutions = {
        place: Convolution(library, packed) for place, packed in weights.convolutions.items()
    }
    kind = names[0] if len(names) == 1 else fastest(names, convolutions[TIMED])
    machine = Machine(library, kind, threads)
    generator = NativeGenerator(folder, machine, convolutions, weights.snakes)
    trunk = NativeTrunk(machine, convolutions, weights.constants)
    name = f"native, {kind}, {'int16' if integer else 'float32'}"
    return Runtime(generator, trunk, name, NATIVE_SHARES)


def _onnx(folder: Path, threads: int, lacking: str | None = None) -> Runtime:
    generator, trunk = OnnxGenerator(folder, threads), OnnxTrunk(folder, threads)
    return Runtime(generator, trunk, "ONNX Runtime", ONNX_SHARES, lacking)


def _provided(
    folder: Path, choice: Choice, threads: int, provider: Provider, batch: int
) -> Runtime:
    """On a provider of ONNX Runtime: an error if it runs no node, for then the CPU does."""
    if choice == "native":
        asked = f"ONSET_BATCH is {batch}" if provider == "cpu" else f"ONSET_PROVIDER is {provider}"
        raise ModelError(
            f"{asked}, which ONNX Runtime has, and ONSET_GENERATOR is native: unset one of them."
        )
    place = installed(provider)
    generator = (
        BatchedGenerator(folder, threads, batch, place)
        if batch > 1
        else OnnxGenerator(folder, threads, place)
    )
    trunk = OnnxTrunk(folder, threads, place)
    counts = [session.placed(place.name) for session in (*generator.step_sessions, trunk.session)]
    placed, nodes = (sum(column) for column in zip(*counts, strict=True))
    if not placed:
        raise ModelError(
            f"ONSET_PROVIDER is {provider}, which can run no node of the decoder here."
        )
    name = f"ONNX Runtime, {100 * placed / nodes:.0f} % of its nodes on {provider}"
    name += f", steps of {batch} streams" if batch > 1 else ""
    return Runtime(generator, trunk, name, ONNX_SHARES, batch=batch)


def fastest(names: Sequence[str], convolution: Convolution) -> str:
    """The kind that is fastest here: what a processor can run may be slow on it.

    The best of three runs of one convolution of the generator, 5 ms for each kind.
    """
    library, inputs = load(), convolution.packed.inputs
    x = in_blocks(np.random.default_rng(0).standard_normal((inputs, TIMED_POSITIONS), np.float32))
    times = {}
    for name in names:
        machine, seconds = Machine(library, name, 1), []
        for _ in range(3):
            begin = perf_counter()
            machine.convolve(convolution, Activation(), x, TIMED_POSITIONS, Halt())
            seconds.append(perf_counter() - begin)
        times[name] = min(seconds)
    return min(times, key=times.__getitem__)
