"""The trunk in the native library.

Source of the architecture: hexgrad/kokoro istftnet.py (Decoder, AdainResBlk1d).
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from onset.model.backend import TRUNK_OUTPUTS, AdainStatistics, FrontOutput
from onset.model.decoding.packed_weights import TRUNK_BLOCKS
from onset.model.decoding.trunks import Trunk, curves
from onset.model.graph.streaming_layers import EPSILON
from onset.model.voice_styles import DECODER_STYLE
from onset.native.library import Activation, Convolution, Machine, in_blocks, of_blocks
from onset.types import Floats, Halt

SLOPE = 0.2
"""Of the leaky rectifiers."""

_NONE = Activation()


class Tensor(NamedTuple):
    """Channels in blocks [C / 32, t, 32], and their mean and variance over time [2, C]."""

    values: Floats
    moments: Floats


@dataclass(slots=True)
class _Normalisation:
    """Scale and shift of the AdaIN in turn, with the true statistics or those given."""

    gamma: Floats
    beta: Floats
    given: AdainStatistics | None
    means: list[Floats] = field(default_factory=list)
    stds: list[Floats] = field(default_factory=list)
    _position: int = 0

    def next(self, moments: Floats) -> tuple[Floats, Floats]:
        """Of the next AdaIN, whose input has these moments: scale and shift [C]."""
        place = slice(self._position, self._position + moments.shape[1])
        self._position = place.stop
        if self.given is None:
            mean, std = moments[0], np.sqrt(moments[1] + np.float32(EPSILON))
            self.means.append(mean)
            self.stds.append(std)
        else:
            mean, std = self.given.mean[place], self.given.std[place]
        scale = self.gamma[place] / std
        return scale, self.beta[place] - scale * mean

    def statistics(self) -> AdainStatistics:
        """Those that were used."""
        if self.given is not None:
            return self.given
        return AdainStatistics(np.concatenate(self.means), np.concatenate(self.stds))


class NativeTrunk(Trunk):
    """convolutions: by their place in the trunk. constants: as `packed_weights` has them."""

    def __init__(
        self,
        machine: Machine,
        convolutions: dict[str, Convolution],
        constants: dict[str, Floats],
    ) -> None:
        self._machine, self._convolutions, self._constants = machine, convolutions, constants

    def run(
        self,
        front: FrontOutput,
        begin: int,
        end: int,
        statistics: AdainStatistics | None,
        halt: Halt,
    ) -> tuple[Floats, AdainStatistics]:
        asr, f0, energy = curves(front, begin, end)
        normalisation = self._normalisation(front.style, statistics)
        halved = np.concatenate([self._halved("f0", f0[0]), self._halved("energy", energy[0])])
        x = _measured(np.concatenate([asr[0], halved]))
        residual, _ = self._convolve("asr_res", _NONE, in_blocks(asr[0]), halt)
        fixed = _measured(np.concatenate([of_blocks(residual, 64), halved]))
        *blocks, last = TRUNK_BLOCKS
        for block in blocks:
            x = _joined(self._block(block, x, normalisation, halt), fixed)
        trunk = self._last_block(last, x, normalisation, halt)
        return of_blocks(trunk, TRUNK_OUTPUTS)[None], normalisation.statistics()

    def _normalisation(self, style: Floats, given: AdainStatistics | None) -> _Normalisation:
        c, half = self._constants, style[0, :DECODER_STYLE]
        gamma = half @ c["gamma_weight"] + c["gamma_bias"] + np.float32(1)
        return _Normalisation(gamma, half @ c["beta_weight"] + c["beta_bias"], given)

    def _halved(self, name: str, curve: Floats) -> Floats:
        """A curve [2n] at half the rate, by its convolution of three taps: [1, n]."""
        padded, weight = np.pad(curve, 1), self._constants[f"{name}_weight"]
        parts = (weight[j] * padded[j : j + len(curve) : 2] for j in range(3))
        total: Floats = sum(parts, self._constants[f"{name}_bias"])
        return total[None]

    def _convolve(
        self,
        place: str,
        activation: Activation,
        x: Floats,
        halt: Halt,
        residual: Floats | None = None,
    ) -> Tensor:
        y, moments = self._machine.convolve(
            self._convolutions[place],
            activation,
            x,
            x.shape[1],
            halt,
            residual=residual,
            moments=True,
        )
        assert moments is not None
        return Tensor(y, moments)

    def _block(self, block: str, x: Tensor, normalisation: _Normalisation, halt: Halt) -> Tensor:
        """AdainResBlk1d; the division by the root of two is in the weights."""
        activation = Activation(*normalisation.next(x.moments), slope=SLOPE)
        middle = self._convolve(f"{block}/conv1", activation, x.values, halt)
        shortcut = self._convolve(f"{block}/conv1x1", _NONE, x.values, halt)
        activation = Activation(*normalisation.next(middle.moments), slope=SLOPE)
        return self._convolve(f"{block}/conv2", activation, middle.values, halt, shortcut.values)

    def _last_block(
        self, block: str, x: Tensor, normalisation: _Normalisation, halt: Halt
    ) -> Floats:
        """The same, at twice the rate."""
        shortcut = self._convolve(f"{block}/conv1x1", _NONE, x.values, halt)
        doubled = self._doubled(x.values, *normalisation.next(x.moments))
        middle = self._convolve(f"{block}/conv1", _NONE, doubled, halt)
        activation = Activation(*normalisation.next(middle.moments), slope=SLOPE)
        repeated = np.repeat(shortcut.values, 2, axis=1)
        return self._convolve(f"{block}/conv2", activation, middle.values, halt, repeated).values

    def _doubled(self, x: Floats, scale: Floats, shift: Floats) -> Floats:
        """Activated, and upsampled by a transposed convolution of three taps for each channel."""
        normal = x * _of_channels(scale, x) + _of_channels(shift, x)
        active = np.where(normal < 0, normal * np.float32(SLOPE), normal)
        before, here, after = (
            _of_channels(self._constants["pool_weight"][:, j], x) for j in range(3)
        )
        following = np.concatenate([active[:, 1:], np.zeros_like(active[:, :1])], axis=1)
        doubled = np.empty((len(x), 2 * x.shape[1], x.shape[2]), np.float32)
        doubled[:, ::2] = active * here
        doubled[:, 1::2] = active * after + following * before
        doubled += _of_channels(self._constants["pool_bias"], x)
        return doubled


def _measured(x: Floats) -> Tensor:
    """[C, t] with its moments."""
    mean = x.mean(1, dtype=np.float64)
    variance = np.square(x - mean[:, None]).mean(1)
    return Tensor(in_blocks(x), np.stack([mean, variance]).astype(np.float32))


def _joined(a: Tensor, b: Tensor) -> Tensor:
    """The channels of both."""
    values = np.concatenate([a.values, b.values])
    return Tensor(values, np.concatenate([a.moments, b.moments], axis=1))


def _of_channels(values: Floats, x: Floats) -> Floats:
    """[C] as [C / 32, 1, 32], padded to the blocks of x."""
    blocks, _, width = x.shape
    padded: Floats = np.pad(values, (0, blocks * width - len(values)))
    return padded.reshape(blocks, 1, width)
