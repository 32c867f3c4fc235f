"""The generator in the native library."""

from collections.abc import Generator as Coroutine
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from onset.model.backend import SOURCE_CHANNELS, AdainStatistics, Prosody
from onset.model.decoding.generator import (
    AdainAffine,
    CooperativeTask,
    Generator,
    StageStream,
)
from onset.model.graph.istftnet import ADAIN_LAYERS, DILATIONS, KERNELS, STAGES, stage_blocks
from onset.model.graph.streaming_layers import EPSILON
from onset.native.library import (
    Activation,
    Convolution,
    Machine,
    NativeStream,
    Stage,
    in_blocks,
    of_blocks,
)
from onset.types import Floats, Halt

SOURCE_PADDING = 3
"""Of noise_convs.0, whose stride is 6; noise_convs.1 has none."""

ENTERING, LEAVING = Activation(slope=0.1), Activation(slope=0.01)
"""Of what is upsampled, and before the last convolution (hexgrad/kokoro istftnet.py, Generator)."""


class NativeStageStream(StageStream):
    """A stream of the library."""

    def __init__(self, stream: NativeStream) -> None:
        self._stream = stream

    def step(self, x: Floats, source: Floats, last: bool, halt: Halt) -> Floats:
        return self._stream.step(x[0], source[0], last, halt)[None]


class NativeGenerator(Generator):
    """convolutions: by their place in the network. alphas: snake's, by the name of its AdaIN."""

    def __init__(
        self,
        folder: Path,
        machine: Machine,
        convolutions: dict[str, Convolution],
        alphas: dict[str, Floats],
    ) -> None:
        super().__init__(folder)
        self._machine, self._convolutions = machine, convolutions
        self._snakes = {key: _snake(alphas[f"{key}.alpha"]) for key in ADAIN_LAYERS}
        self._stages = [self._stage(number) for number in range(len(STAGES))]

    def _stage(self, number: int) -> Stage:
        shape, final = STAGES[number], number == len(STAGES) - 1
        source = self._convolutions[f"noise_convs.{number}"]
        numbers = (
            *(shape.channels, shape.channels_in, shape.factor, shape.source_stride),
            *(source.packed.inputs // SOURCE_CHANNELS, final),
        )
        halves = list(_halves(number))
        convolutions = [
            self._convolutions[f"ups.{number}"],
            source,
            self._convolutions["conv_post"] if final else None,
            *(self._convolutions[f"{block}/convs{n}.{i}"] for block, i, n in halves),
        ]
        keys = (f"{block}/adain{n}.{i}" for block, i, n in halves)
        snakes = [values for key in keys for values in self._snakes[key]]
        return Stage(self._machine.library, numbers, convolutions, snakes)

    def stream(self, stage: int, scale: Floats, shift: Floats) -> StageStream:
        final = stage == len(STAGES) - 1
        channels = SOURCE_CHANNELS if final else STAGES[stage].channels
        shape = channels, STAGES[stage].factor
        stream = NativeStream(self._machine, self._stages[stage], shape, scale, shift)
        return NativeStageStream(stream)

    def full_stage(
        self, number: int, x: Floats, prosody: Prosody, statistics: AdainStatistics, halt: Halt
    ) -> CooperativeTask:
        affine = self.affine(prosody.style)
        up = self._upsampled(number, x, halt)
        yield
        noise, moments = self._source(number, prosody.source, up.shape[1], halt)
        yield
        spare = SpareTensors(up.shape)
        noise_block, *blocks = stage_blocks(number)
        x, moments = yield from self._full_block(
            noise_block, noise, moments, affine, statistics, halt, spare, add=up
        )
        spare.give(up, noise)
        total: Floats | None = None
        for block in blocks:
            before = total
            total, _ = yield from self._full_block(
                block, x, moments, affine, statistics, halt, spare, add=before
            )
            if before is not None:
                spare.give(before)
        assert total is not None
        total *= np.float32(1 / len(KERNELS))
        if number < len(STAGES) - 1:
            return of_blocks(total, STAGES[number].channels)[None]
        return self._samples(total, halt)

    def _upsampled(self, number: int, x: Floats, halt: Halt) -> Floats:
        """A stage's input [1, C, n] at its rate, in blocks."""
        factor, convolution = STAGES[number].factor, self._convolutions[f"ups.{number}"]
        count = x.shape[2] + 1
        y, _ = self._machine.convolve(
            convolution, ENTERING, in_blocks(x[0]), count, halt, factor=factor
        )
        up = y[:, factor // 2 : -(factor // 2)]
        reflected = [up[:, 1:2]] if number == len(STAGES) - 1 else []
        return np.concatenate([*reflected, up], axis=1)

    def _source(self, number: int, source: Floats, count: int, halt: Halt) -> tuple[Floats, Floats]:
        """The source at a stage's rate in blocks, and its mean and variance [2, C]."""
        stage, convolution = STAGES[number], self._convolutions[f"noise_convs.{number}"]
        pad = SOURCE_PADDING if stage.source_stride > 1 else 0
        rows = np.ascontiguousarray(np.pad(source[0], ((0, 0), (pad, pad))).T)
        columns = np.lib.stride_tricks.as_strided(
            rows,
            (count, convolution.packed.inputs),
            (stage.source_stride * rows.strides[0], rows.itemsize),
            writeable=False,
        )
        noise, moments = self._machine.convolve(
            convolution, Activation(), columns, count, halt, moments=True
        )
        assert moments is not None
        return noise, moments

    def _full_block(
        self,
        block: str,
        x: Floats,
        moments: Floats,
        affine: AdainAffine,
        statistics: AdainStatistics,
        halt: Halt,
        spare: "SpareTensors",
        *,
        add: Floats | None,
    ) -> Coroutine[None, None, tuple[Floats, Floats]]:
        """A residual block plus `add`. moments: mean and variance [2, C], of x and the result."""
        for i in range(len(DILATIONS)):
            y = x
            for n in (1, 2):
                convolution = self._convolutions[f"{block}/convs{n}.{i}"]
                key, last = f"{block}/adain{n}.{i}", n == 2
                activation, before = self._measured(key, moments, affine, statistics), y
                y, found = self._machine.convolve(
                    *(convolution, activation, before, x.shape[1], halt),
                    residual=x if last else None,
                    add=add if last and i == len(DILATIONS) - 1 else None,
                    moments=True,
                    into=spare.take(),
                )
                assert found is not None
                moments = found
                if last:
                    spare.give(before)
                yield
            if i:
                spare.give(x)
            x = y
        return x, moments

    def _measured(
        self, key: str, moments: Floats, affine: AdainAffine, statistics: AdainStatistics
    ) -> Activation:
        """AdaIN with the true statistics, which are noted, and snake."""
        mean, std = moments[0], np.sqrt(moments[1] + np.float32(EPSILON))
        place = ADAIN_LAYERS[key].statistics
        statistics.mean[place], statistics.std[place] = mean, std
        gamma, beta = affine.layer(key)
        scale = gamma / std
        return Activation(scale, beta - scale * mean, *self._snakes[key])

    def _samples(self, x: Floats, halt: Halt) -> Floats:
        """The last stage's output for the whole reading, in blocks, to its samples."""
        convolution = self._convolutions["conv_post"]
        spectrum, _ = self._machine.convolve(convolution, LEAVING, x, x.shape[1], halt)
        return self.inverse_stft(0).push(of_blocks(spectrum, SOURCE_CHANNELS), last=True)


class SpareTensors:
    """Tensors of one shape, each used again: fresh memory costs a page fault for every 4 KB."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape, self._spare = shape, list[Floats]()

    def take(self) -> Floats:
        """One whose numbers are anything."""
        return self._spare.pop() if self._spare else np.empty(self._shape, np.float32)

    def give(self, *tensors: Floats) -> None:
        """Nothing needs these any more."""
        self._spare += tensors


def _halves(number: int) -> Iterator[tuple[str, int, int]]:
    """Block, pair and half of a stage's residual convolutions, in the order of their AdaIN."""
    return product(stage_blocks(number), range(len(DILATIONS)), (1, 2))


def _snake(alpha: Floats) -> tuple[Floats, Floats]:
    """alpha / pi and 1 / alpha, [C] each."""
    values = np.asarray(alpha, np.float64).ravel()
    return (values / np.pi).astype(np.float32), (1 / values).astype(np.float32)
