"""The generator over a whole segment, normalised with the segment's own statistics.

It runs one residual pair at a time and yields in between, so that other requests get their turns
and none waits for all the convolutions of a long segment.
"""

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnxruntime as ort

from onset.model.adain import AdainAffine
from onset.model.backend import AdainStatistics
from onset.model.graph.istftnet import (
    ADAIN_LAYERS,
    DILATIONS,
    KERNELS,
    STAGES,
    residual_pair_constants,
    stage_blocks,
)
from onset.model.onnx_session import OnnxSession, ort_value
from onset.types import Floats, Halt

CooperativeTask: TypeAlias = Generator[None, None, Floats]
"""Yields after each piece of work and returns the result, so that other work can go between."""

_PAIR_OUTPUTS = ("y", "mean1", "std1", "mean2", "std2")


class FullDecoder:
    """The graphs of a whole segment that `graph.export` wrote to `folder`."""

    def __init__(self, folder: Path, threads: int) -> None:
        stages = range(len(STAGES))
        self._inputs = [OnnxSession(folder / f"entrance{stage}.onnx", threads) for stage in stages]
        self._pairs = {d: OnnxSession(folder / f"pair{d}.onnx", threads) for d in DILATIONS}
        self._conv_post = OnnxSession(folder / "departure.onnx", threads)
        self._constants = _pair_constants(folder)

    def stage(
        self,
        number: int,
        x: Floats,
        source: Floats,
        affine: AdainAffine,
        statistics: AdainStatistics,
        halt: Halt,
    ) -> CooperativeTask:
        """A stage's output [1, C, t]. Writes the statistics it measures. Raises Halted."""
        feeds = {"x": x, "source": source}
        up, noise = self._inputs[number].run(("up", "noise"), feeds, halt, forget=True)
        yield
        noise_block, *blocks = stage_blocks(number)
        up += yield from self._block(noise_block, noise, affine, statistics, halt)
        total = np.zeros_like(up)
        for block in blocks:
            last = block == blocks[-1]
            total += yield from self._block(block, up, affine, statistics, halt, last)
        total *= np.float32(1 / len(KERNELS))
        return total

    def spectrum(self, x: Floats, halt: Halt) -> Floats:
        """Stage 1's output to spectrum frames [1, 22, t]."""
        (spectrum,) = self._conv_post.run(("y",), {"x": x}, halt, forget=True)
        return spectrum

    def _block(
        self,
        block: str,
        x: Floats,
        affine: AdainAffine,
        statistics: AdainStatistics,
        halt: Halt,
        last: bool = False,
    ) -> CooperativeTask:
        """A residual block. last: nothing follows, so the runtime need not keep its memory."""
        for i, dilation in enumerate(DILATIONS):
            keys = [f"{block}/adain{n}.{i}" for n in (1, 2)]
            feeds = {"x": ort_value(x), **self._constants[block, i]}
            for n, key in enumerate(keys, start=1):
                gamma, beta = affine.layer(key)
                feeds |= {f"gamma{n}": ort_value(gamma), f"beta{n}": ort_value(beta)}
            y, *moments = self._pairs[dilation].run_values(_PAIR_OUTPUTS, feeds, halt, forget=last)
            x = y.numpy()
            for key, mean, std in zip(keys, moments[::2], moments[1::2], strict=True):
                place = ADAIN_LAYERS[key].statistics
                statistics.mean[place] = mean.numpy().ravel()
                statistics.std[place] = std.numpy().ravel()
            yield
        return x


def _pair_constants(folder: Path) -> dict[tuple[str, int], Mapping[str, ort.OrtValue]]:
    """What each residual pair's graph is fed besides its input, mapped from generator.bin."""
    places = json.loads((folder / "weights.json").read_text())
    values = {
        name: ort_value(np.memmap(folder / "generator.bin", np.float32, "r", offset, tuple(shape)))
        for name, (offset, shape) in places.items()
    }
    return {
        (block, i): {
            name: values[constant] for name, constant in residual_pair_constants(block, i).items()
        }
        for stage in range(len(STAGES))
        for block in stage_blocks(stage)
        for i in range(len(DILATIONS))
    }
