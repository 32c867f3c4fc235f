"""The harmonic source (NSF): an F0 curve to the short-time spectrum that excites the generator.

Nine sine harmonics of F0, mixed and passed through tanh, then a 20-point STFT in hops of 5 samples.
The same arithmetic as the published graph (hexgrad/kokoro istftnet.py, SineGen and
SourceModuleHnNSF, without its noise), which computes the phase increments 300 times too often and
takes four times as long.
"""

from dataclasses import dataclass

import numpy as np

from onset.types import SAMPLE_RATE, Floats

UPSAMPLE = 300
"""Samples for one F0 value (80 Hz)."""

VOICED_HZ = 10.0
"""F0 above this is voiced (SineGen `voiced_threshold`)."""

AMPLITUDE = 0.1
"""Amplitude of each harmonic (SineGen `sine_amp`)."""

WINDOW, HOP = 20, 5
"""Points and hop of the STFT (config.json: gen_istft_n_fft, gen_istft_hop_size)."""


@dataclass(frozen=True, slots=True)
class HarmonicSource:
    """weight [9] and bias of the layer that mixes the harmonics (SourceModuleHnNSF `l_linear`)."""

    weight: Floats
    bias: float

    def __call__(self, f0: Floats, turns: float = 0.0) -> Floats:
        """f0 in Hz, float32 [2F] -> magnitudes and phases, float32 [1, 22, 120F + 1].

        turns: the phase of the fundamental at the first sample, in turns (0 as published).
        """
        padded = np.pad(self.excitation(f0, turns), WINDOW // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
        parts = frames @ _BASIS
        half = WINDOW // 2 + 1
        real, imaginary = parts[:, :half], parts[:, half:]
        magnitude = np.sqrt(real * real + imaginary * imaginary)
        # + 0.0 makes -0.0 positive: the bias of a silent source then has phase pi, as published.
        phase = np.arctan2(imaginary + np.float32(0.0), real)
        return np.ascontiguousarray(np.concatenate([magnitude, phase], axis=1).T[None])

    def excitation(self, f0: Floats, turns: float = 0.0) -> Floats:
        """The mixed harmonics at 24 kHz, float32 [600F]."""
        mixed = np.zeros(len(f0) * UPSAMPLE, np.float32)
        for harmonic, weight in enumerate(self.weight, 1):
            mixed += np.float32(AMPLITUDE * weight) * np.sin(_phase(f0, harmonic, turns))
        mixed *= np.repeat(f0 > VOICED_HZ, UPSAMPLE)
        limited: Floats = np.tanh(mixed + np.float32(self.bias))
        return limited


def phase_at(f0: Floats, frame: int) -> float:
    """The phase of the fundamental where `frame` begins, in turns from that of the first sample.

    f0: Hz, float32 [2F]. It follows the arithmetic of the source, whose phase is linear between
    the centres of the frames.
    """
    before = f0[:frame].sum(dtype=np.float64) + f0[frame : frame + 1].sum(dtype=np.float64) / 2
    return float(before * UPSAMPLE / SAMPLE_RATE % 1.0)


def _phase(f0: Floats, harmonic: int, start: float) -> Floats:
    """Phase of a harmonic in radians, linear between the centres of the frames, [600F].

    The published graph accumulates in float32 and drifts by 0.06 rad in ten seconds; this does not.
    """
    turns = f0.astype(np.float64) * harmonic / SAMPLE_RATE % 1.0
    slopes = UPSAMPLE * np.append(turns[1:], 0.0)  # none after the last centre
    starts = (UPSAMPLE * np.cumsum(turns) + harmonic * start) % 1.0
    slopes = np.append(0.0, slopes)  # nor before the first one
    starts = np.append(starts[:1], starts)
    share = ((np.arange(UPSAMPLE) + 0.5) / UPSAMPLE).astype(np.float32)
    phase = starts.astype(np.float32)[:, None] + slopes.astype(np.float32)[:, None] * share
    half = UPSAMPLE // 2
    return phase.reshape(-1)[half:-half] * np.float32(2 * np.pi)


def _basis() -> Floats:
    """The DFT of a Hann-windowed frame as a matrix [20, 22]: cosines, then negative sines."""
    n = np.arange(WINDOW)
    angle = 2 * np.pi * np.outer(n, np.arange(WINDOW // 2 + 1)) / WINDOW
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / WINDOW)
    basis = np.concatenate([np.cos(angle), -np.sin(angle)], axis=1) * window[:, None]
    return basis.astype(np.float32)


_BASIS = _basis()
