"""The decoder's weights as the native library multiplies them, kept beside the graphs.

They are packed once, into one file that is mapped, so that processes share its memory.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from onset.model.decoding.mapped_file import MappedFile
from onset.model.graph.decoder_weights import TRUNK, DecoderWeights
from onset.model.graph.graph_folder import made
from onset.model.graph.istftnet import DILATIONS, STAGES, stage_blocks
from onset.model.graph.onnx_graph import OnnxGraph
from onset.model.graph.streaming_layers import kernel_names
from onset.native.packing import PackedConvolution, pack
from onset.types import Floats

VERSION = 1
"""Raised whenever the packed files change."""

ALIGNMENT = 4096
"""Of an array in the file: a page."""

TRUNK_BLOCKS = ("encode", *(f"decode.{k}" for k in range(4)))

_ARRAYS = ("weights", "scales", "bias", "relative")

_ROOT = np.float32(np.sqrt(0.5))
"""What a residual block of the trunk multiplies its sum by."""


@dataclass(frozen=True, slots=True)
class PackedWeights:
    """Convolutions of trunk and generator by their place, and other constants of the trunk.

    gamma, beta: weight [128, 9482] and bias [9482] over its AdaIN. f0, energy: weight [3], bias
    [1]. pool: weight [1090, 3], bias [1090].
    """

    convolutions: dict[str, PackedConvolution]
    constants: dict[str, Floats]
    snakes: dict[str, Floats]


def packed_weights(folder: Path, integer: bool) -> PackedWeights:
    """The weights for the library, packed now if that was not done before, or is damaged.

    folder: what `graph.export` wrote. integer: in int16 rather than float32.
    """
    kept = made(
        folder / f"native-{'int16' if integer else 'float32'}-v{VERSION}",
        lambda scratch: _build(folder, scratch, integer),
    )
    with np.load(kept / "constants.npz", allow_pickle=False) as constants:
        trunk = dict(constants)
    with np.load(kept / "snakes.npz", allow_pickle=False) as values:
        snakes = dict(values)
    return PackedWeights(_load(kept), trunk, snakes)


def _build(folder: Path, scratch: Path, integer: bool) -> None:
    values = _generator_weights(folder)
    trunk = DecoderWeights(OnnxGraph(onnx.load(str(folder / "trunk.onnx"))), TRUNK)
    _save([*_generator(values, integer), *_trunk(trunk, integer)], scratch)
    np.savez(scratch / "constants.npz", allow_pickle=False, **_trunk_constants(trunk))
    alphas = {name: value for name, value in values.items() if name.endswith(".alpha")}
    np.savez(scratch / "snakes.npz", allow_pickle=False, **alphas)


def _generator_weights(folder: Path) -> dict[str, Floats]:
    """The generator's weights by name, mapped from generator.bin."""
    places = json.loads((folder / "weights.json").read_text())
    file = MappedFile(folder / "generator.bin")
    return {name: file.array(offset, shape) for name, (offset, shape) in places.items()}


def _generator(values: dict[str, Floats], integer: bool) -> Iterator[tuple[str, PackedConvolution]]:
    def kernel(place: str) -> tuple[Floats, Floats]:
        weight, bias = (values[name] for name in kernel_names(place))
        return weight[:, :, 0], bias

    for number, stage in enumerate(STAGES):
        yield f"ups.{number}", _upsampling(*kernel(f"ups.{number}"), stage.factor, integer)
        weight, bias = kernel(f"noise_convs.{number}")
        yield f"noise_convs.{number}", _in_columns(weight, bias, integer)
        for block, (i, dilation), n in product(stage_blocks(number), enumerate(DILATIONS), (1, 2)):
            place = f"{block}/convs{n}.{i}"
            dilation = dilation if n == 1 else 1
            yield place, pack(*kernel(place), dilation=dilation, integer=integer)
    # Floats: its outputs are logarithms and phases, and half a percent of the work.
    yield "conv_post", pack(*kernel("conv_post"), integer=False, fused=not integer)


def _upsampling(weight: Floats, bias: Floats, factor: int, integer: bool) -> PackedConvolution:
    """A transposed convolution [in, out, 2 * factor] as one of two taps with factor * out outputs.

    Its output i are the positions from i * factor on, of which the input before has the second half
    of the weights.
    """
    inputs, outputs, _ = weight.shape
    taps = weight.reshape(inputs, outputs, 2, factor)[:, :, ::-1]
    unrolled = taps.transpose(3, 1, 0, 2).reshape(factor * outputs, inputs, 2)
    return pack(unrolled, np.tile(bias, factor), before=1, integer=integer)


def _in_columns(weight: Floats, bias: Floats, integer: bool) -> PackedConvolution:
    """A convolution [out, in, taps] as one of a single tap over taps * in inputs."""
    columns = weight.transpose(0, 2, 1).reshape(len(weight), -1, 1)
    return pack(columns, bias, integer=integer)


def _trunk(weights: DecoderWeights, integer: bool) -> Iterator[tuple[str, PackedConvolution]]:
    yield "asr_res", pack(*weights.conv("asr_res/asr_res.0"), integer=integer)
    for block in TRUNK_BLOCKS:
        weight, bias = weights.conv(f"{block}/conv1")
        yield f"{block}/conv1", pack(weight, bias, integer=integer)
        for name in ("conv2", "conv1x1"):
            weight, bias = weights.conv(f"{block}/{name}")
            packed = pack(weight * _ROOT, bias * _ROOT, integer=integer)
            yield f"{block}/{name}", packed


def _trunk_constants(weights: DecoderWeights) -> dict[str, Floats]:
    keys = [f"{block}/norm{n}" for block in TRUNK_BLOCKS for n in (1, 2)]
    affines = [weights.style_affine(key) for key in keys]
    constants: dict[str, Floats] = {}
    for k, name in enumerate(("gamma", "beta")):
        halves = [np.split(weight, 2, axis=1)[k] for weight, _ in affines]
        constants[f"{name}_weight"] = np.concatenate(halves, 1)
        constants[f"{name}_bias"] = np.concatenate([np.split(bias, 2)[k] for _, bias in affines])
    for name, place in (("f0", "F0_conv"), ("energy", "N_conv")):
        weight, bias = weights.conv(place)
        constants |= {f"{name}_weight": weight.ravel(), f"{name}_bias": bias}
    weight, bias = weights.conv(f"{TRUNK_BLOCKS[-1]}/pool", "ConvTranspose")
    return constants | {"pool_weight": weight[:, 0], "pool_bias": bias}


def _save(convolutions: Iterable[tuple[str, PackedConvolution]], folder: Path) -> None:
    described: dict[str, dict[str, Any]] = {}
    with (folder / "weights.bin").open("wb") as file:
        for place, packed in convolutions:
            numbers: dict[str, Any] = asdict(packed)
            for name in _ARRAYS:
                array = numbers[name]
                file.seek(-(-file.tell() // ALIGNMENT) * ALIGNMENT)
                numbers[name] = file.tell(), array.dtype.name, list(array.shape)
                file.write(array.tobytes())
            described[place] = numbers
    (folder / "places.json").write_text(json.dumps(described))


def _load(folder: Path) -> dict[str, PackedConvolution]:
    file = MappedFile(folder / "weights.bin")
    described = json.loads((folder / "places.json").read_text())
    for numbers in described.values():
        for name in _ARRAYS:
            offset, kind, shape = numbers[name]
            numbers[name] = file.array(offset, shape, kind)
    return {place: PackedConvolution(**numbers) for place, numbers in described.items()}
