"""From a Kokoro ONNX file to the files the engine loads, made once and kept in the cache.

front.onnx     tokens, style, speed -> durations, asr, f0, energy   (as published, int8 if it is)
trunk.onnx     asr, f0, energy, style -> trunk, with statistics true or given (float)
trunk_entrance.onnx   the same -> the first AdaIN of the trunk

The generator, float, all sharing the weights in generator.bin:
step0.onnx     one streaming step of stage 0; step1.onnx
states.json    shapes of the states of each step
entrance0.onnx the upsampling and the source convolution of stage 0, full; entrance1.onnx
pair1.onnx     any residual pair with dilation 1, full; pair3.onnx, pair5.onnx
departure.onnx the last convolution, full
weights.json   where in generator.bin each of its weights is
constants.npz  constants for NumPy: the harmonic source, the style's affines, the inverse STFT

"full": for a whole reading in one piece.
"""

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
from onnx import ModelProto, TensorProto
from onnx.external_data_helper import set_external_data

from onset.errors import ModelError
from onset.model.backend import SOURCE_CHANNELS
from onset.model.graph import istftnet, trunk
from onset.model.graph.decoder_weights import DecoderWeights
from onset.model.graph.graph_folder import made
from onset.model.graph.onnx_graph import CutPoints, OnnxGraph, cut, dequantise, locate, port, read
from onset.model.harmonic_source import HOP, WINDOW
from onset.model.voice_styles import STYLE
from onset.types import Floats

VERSION = 6
"""Raised whenever the files made from the same model change."""

PAGE = 4096
"""Alignment of a weight in generator.bin, so that it can be mapped rather than copied."""

Report: TypeAlias = Callable[[str], None]
"""Called with the step that begins, for a person to read."""


def export(model: Path, digest: str, cache: Path, report: Report = lambda _: None) -> Path:
    """The folder with the engine's files for `model`, whose sha256 is `digest`.

    Built if it is not there, or damaged.

    Two processes that start together build it once. Errors: ModelError if the file is not a Kokoro
    graph, AssetError if the cache folder cannot be written.
    """
    return made(folder_of(digest, cache), lambda folder: build(model, folder, report))


def folder_of(digest: str, cache: Path) -> Path:
    """Where the files are for the model with that sha256."""
    return cache / "graphs" / f"{digest[:16]}-v{VERSION}"


def build(model: Path, folder: Path, report: Report = lambda _: None) -> None:
    """Write the engine's files for `model` into the existing `folder`."""
    report("Reading the model")
    graph = read(model)
    points = locate(graph)
    output = graph.model.graph.output[0].name
    _save(_front(graph, points), folder / "front.onnx")
    report("Undoing the quantisation of the decoder")
    dequantise(graph, (points.asr, points.f0, points.energy, "style"), (output,))
    report("Cutting the decoder")
    _save(trunk.trunk(graph, points), folder / "trunk.onnx")
    _save(trunk.entrance(graph, points), folder / "trunk_entrance.onnx")
    report("Building the streaming generator")
    weights, models, states = DecoderWeights(graph), {}, []
    for stage in range(len(istftnet.STAGES)):
        models[f"step{stage}"], layer_states = istftnet.streaming_step(weights, stage)
        states.append(layer_states)
        models[f"entrance{stage}"] = istftnet.full_upsampling(weights, stage)
    models["departure"] = istftnet.full_conv_post(weights)
    models |= {f"pair{d}": istftnet.full_residual_pair(d) for d in istftnet.DILATIONS}
    (folder / "states.json").write_text(json.dumps(states))
    pairs = [name for pair in istftnet.RESIDUAL_PAIRS.values() for name in pair.values()]
    places = _save_sharing(models, [*pairs, *istftnet.other_kernels()], folder)
    (folder / "weights.json").write_text(json.dumps(places))
    constants = _constants(graph, weights) | _source(graph, points)
    np.savez(folder / "constants.npz", allow_pickle=False, **constants)


def _front(graph: OnnxGraph, points: CutPoints) -> ModelProto:
    inputs = {
        "tokens": port("tokens", [1, "n"], TensorProto.INT64),
        "style": port("style", [1, STYLE]),
        "speed": port("speed", [1]),
    }
    outputs = {points.durations: "durations", points.asr: "asr"}
    return cut(graph, inputs, outputs | {points.f0: "f0", points.energy: "energy"})


def _source(graph: OnnxGraph, points: CutPoints) -> dict[str, Floats]:
    """The layer that mixes the harmonics: source_weight [9] and source_bias, before a Tanh."""
    limits = [node for node in graph.upstream([points.source]) if node.op_type == "Tanh"]
    layers = [graph.producer[node.input[0]] for node in limits]
    if [layer.op_type for layer in layers] != ["Add"]:
        raise ModelError("Not a Kokoro graph: its harmonic source has not one linear layer.")
    names = {graph.shape(name): name for name in layers[0].input if name in graph.initializers}
    product = next(graph.producer[n] for n in layers[0].input if n in graph.producer)
    return {
        "source_weight": graph.array(product.input[1]).ravel(),
        "source_bias": graph.array(names[(1,)]),
    }


def _constants(graph: OnnxGraph, weights: DecoderWeights) -> dict[str, Floats]:
    """Constants of the style's affines and of the inverse STFT.

    gamma, beta: weight [128, C] and bias [C] over the 48 AdaIN, C = 9216. basis [22, 20]: one
    inverse STFT frame. edge [20]: the export divides the first frame's samples by these.
    """
    affines = [weights.style_affine(key) for key in istftnet.ADAIN_LAYERS]
    constants: dict[str, Floats] = {}
    for k, name in enumerate(("gamma", "beta")):
        halves = [np.split(weight, 2, axis=1)[k] for weight, _ in affines]
        constants[f"{name}_weight"] = np.concatenate(halves, 1)
        constants[f"{name}_bias"] = np.concatenate([np.split(bias, 2)[k] for _, bias in affines])
    nodes = {graph.shape(n.input[1]): n for n in graph.nodes if n.op_type == "ConvTranspose"}
    node = nodes.get((SOURCE_CHANNELS, 1, WINDOW))
    sums = [name for name in graph.initializers if name.endswith("window_sum")]
    if node is None or len(sums) != 1:
        raise ModelError("Not a Kokoro export that can be streamed: unknown inverse STFT.")
    basis = graph.array(node.input[1])[:, 0, :] * (WINDOW / HOP)
    constants["basis"] = basis.astype(np.float32)
    constants["edge"] = graph.array(sums[0]).astype(np.float32)
    return constants


def _save(model: ModelProto, path: Path) -> None:
    """Save a model; weights of more than a page go to a file beside, which the runtime maps."""
    weights = path.with_suffix(".bin").name
    onnx.save(model, path, save_as_external_data=True, location=weights, size_threshold=PAGE)


def _save_sharing(
    models: dict[str, ModelProto], always: Collection[str], folder: Path
) -> dict[str, tuple[int, list[int]]]:
    """Save models with one file for the weights they share: large ones, and those in `always`.

    Returns where in the file the latter are: offset in bytes, shape.
    """
    places: dict[str, tuple[int, list[int]]] = {}
    with (folder / "generator.bin").open("wb") as file:
        for model in models.values():
            for tensor in model.graph.initializer:
                raw = tensor.raw_data
                if len(raw) < PAGE and tensor.name not in always:
                    continue
                if tensor.name not in places:
                    file.seek(-(-file.tell() // PAGE) * PAGE)
                    places[tensor.name] = file.tell(), list(tensor.dims)
                    file.write(raw)
                if len(raw) >= PAGE:
                    offset, _ = places[tensor.name]
                    set_external_data(tensor, "generator.bin", offset=offset, length=len(raw))
                    tensor.ClearField("raw_data")
    for name, model in models.items():
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    return {name: places[name] for name in always}
