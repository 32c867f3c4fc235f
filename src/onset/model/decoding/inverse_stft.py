"""The inverse STFT at the end of the generator, as a stream."""

import numpy as np

from onset.model.harmonic_source import HOP, WINDOW
from onset.types import Floats


class InverseSTFT:
    """The inverse STFT as a stream: overlap-add of frames of 20 samples in hops of 5.

    basis [22, 20]: the transform of one frame. edge [20]: what the export divides the very first
    samples by, or None when the audio does not begin at the utterance's first frame.
    """

    def __init__(self, basis: Floats, edge: Floats | None) -> None:
        self._basis = basis
        self._edge = edge
        self._tail = np.zeros(WINDOW - HOP, np.float32)
        self._begun = False

    def push(self, spectrum: Floats, last: bool) -> Floats:
        """Log magnitudes and phases [22, t] to the samples complete now; `last`: all that remain.

        The generator gives the sine of its last rows as the phase.
        """
        half = WINDOW // 2
        magnitude, phase = np.exp(spectrum[: half + 1]), np.sin(spectrum[half + 1 :])
        parts = np.concatenate([magnitude * np.cos(phase), magnitude * np.sin(phase)])
        frames = parts.T @ self._basis
        count = len(frames)
        total = np.zeros(count * HOP + WINDOW - HOP, np.float32)
        total[: WINDOW - HOP] = self._tail
        for k in range(WINDOW // HOP):
            piece = frames[:, k * HOP : (k + 1) * HOP].reshape(-1)
            total[k * HOP : k * HOP + count * HOP] += piece
        self._tail = total[count * HOP :].copy()
        samples = total[: len(total) - half] if last else total[: count * HOP]
        if self._begun:
            return samples
        # The half window that reflects the edge goes, and the rest is scaled as the export does.
        self._begun = True
        if self._edge is not None:
            gain = np.where(self._edge > np.finfo(np.float32).tiny, self._edge, 1.0)
            count = min(len(gain), len(samples))
            samples[:count] /= gain[:count]
        return samples[half:]
