"""The generator over a whole segment, one residual pair at a time, with the segment's statistics.

In pieces, so that others can have their turns in between and nobody waits for a book's worth of
convolutions. Knows nothing of what is done with the output.
"""

import json
from collections.abc import Generator, Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort

from onset.model.backend import AdainStatistics
from onset.model.graph import istftnet
from onset.model.graph.istftnet import DILATIONS, KERNELS, STAGES
from onset.model.onnx_session import OnnxSession, value
from onset.types import Floats, Halt

Work = Generator[None, None, Floats]
"""Pauses after each piece of work; what it was for is its value."""


class AdainAffines:
    """gamma (the 1 included) and beta of every AdaIN for one style: float32 [9216] each."""

    def __init__(self, gamma: Floats, beta: Floats) -> None:
        self.gamma, self.beta = gamma, beta

    def of(self, key: str) -> tuple[Floats, Floats]:
        """gamma and beta [1, C, 1] of one AdaIN."""
        place = _PLACES[key]
        return self.gamma[place].reshape(1, -1, 1), self.beta[place].reshape(1, -1, 1)


class FullDecoder:
    """Runs the graphs of a whole segment that onset.export wrote to `folder`."""

    def __init__(self, folder: Path, threads: int) -> None:
        stages = range(len(STAGES))
        self._enter = [OnnxSession(folder / f"entrance{stage}.onnx", threads) for stage in stages]
        self._pairs = {d: OnnxSession(folder / f"pair{d}.onnx", threads) for d in DILATIONS}
        self._leave = OnnxSession(folder / "departure.onnx", threads)
        self._weights = _weights(folder)

    def stage(
        self,
        number: int,
        x: Floats,
        source: Floats,
        affines: AdainAffines,
        found: AdainStatistics,
        halt: Halt,
    ) -> Work:
        """A stage's output [1, C, t]; its statistics are written into `found`. Raises Halted."""
        feeds = {"x": x, "source": source}
        up, noise = self._enter[number].run(("up", "noise"), feeds, halt, forget=True)
        yield
        block = f"noise_res.{number}"
        up += yield from self._block(block, noise, affines, found, halt)
        total = np.zeros_like(up)
        blocks = istftnet.resblocks(number)
        for block in blocks:
            total += yield from self._block(block, up, affines, found, halt, block == blocks[-1])
        total *= np.float32(1 / len(KERNELS))
        return total

    def spectrum(self, x: Floats, halt: Halt) -> Floats:
        """Stage 1's output to spectrum frames [1, 22, t]."""
        (spectrum,) = self._leave.run(("y",), {"x": x}, halt, forget=True)
        return spectrum

    def _block(
        self,
        block: str,
        x: Floats,
        affines: AdainAffines,
        found: AdainStatistics,
        halt: Halt,
        last: bool = False,
    ) -> Work:
        """last: nothing follows for now, so the runtime need not keep its memory."""
        for i, dilation in enumerate(DILATIONS):
            keys = [f"{block}/adain{n}.{i}" for n in (1, 2)]
            feeds = {"x": value(x), **self._weights[block, i]}
            for n, key in enumerate(keys, start=1):
                gamma, beta = affines.of(key)
                feeds |= {f"gamma{n}": value(gamma), f"beta{n}": value(beta)}
            y, *moments = self._pairs[dilation].run_values(_OUTPUTS, feeds, halt, forget=last)
            x = y.numpy()
            for key, mean, std in zip(keys, moments[::2], moments[1::2], strict=True):
                found.mean[_SLOTS[key]] = mean.numpy().ravel()
                found.std[_SLOTS[key]] = std.numpy().ravel()
            yield
        return x


_OUTPUTS = ("y", "mean1", "std1", "mean2", "std2")


def _places() -> dict[str, slice]:
    """Where each AdaIN's channels are among the 9216."""
    ends = np.cumsum([norm.channels for norm in istftnet.norms()]).tolist()
    return {
        norm.key: slice(end - norm.channels, end)
        for norm, end in zip(istftnet.norms(), ends, strict=True)
    }


def _slots() -> dict[str, slice]:
    """Where each AdaIN's statistics are among the 8448."""
    ends = np.cumsum(istftnet.slot_channels()).tolist()
    return {
        norm.key: slice(ends[norm.slot] - norm.channels, ends[norm.slot])
        for norm in istftnet.norms()
    }


_PLACES, _SLOTS = _places(), _slots()


def _weights(folder: Path) -> dict[tuple[str, int], Mapping[str, ort.OrtValue]]:
    """What each pair's graph is fed besides its input, mapped from generator.bin."""
    places = json.loads((folder / "weights.json").read_text())
    values = {
        name: value(np.memmap(folder / "generator.bin", np.float32, "r", offset, tuple(shape)))
        for name, (offset, shape) in places.items()
    }
    blocks = [f"noise_res.{stage}" for stage in range(len(STAGES))]
    blocks += [block for stage in range(len(STAGES)) for block in istftnet.resblocks(stage)]
    return {
        (block, i): {name: values[tensor] for name, tensor in feeds.items()}
        for block in blocks
        for i in range(len(DILATIONS))
        if (feeds := istftnet.pair_feeds(block, i))
    }
