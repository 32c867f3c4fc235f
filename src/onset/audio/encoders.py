"""Samples to bytes: one encoder per answer, fed chunk by chunk; here those of PCM and WAV.

Those of FFmpeg stand in `compressed`: it takes a tenth of a second to load.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from onset.protocol.wav import wav_header
from onset.types import Floats

LOUDEST = 32767
"""The 16-bit value of 1.0. -1.0 becomes -32767, so that no rounding can wrap around."""


class Encoder(ABC):
    """One answer in one format. The bytes of every `feed` and of `finish` make the whole file."""

    computes: ClassVar[bool]
    """Whether `feed` computes so long that an event loop should leave it to a thread."""

    @abstractmethod
    def feed(self, samples: Floats) -> bytes:
        """Bytes for samples, float32 [n] at 24 kHz; may be empty if the format waits for more."""

    @abstractmethod
    def finish(self) -> bytes:
        """The last bytes; nothing may be fed afterwards."""


class PcmEncoder(Encoder):
    """Bare samples: 24 kHz, signed 16-bit little-endian, mono, rounded and clipped."""

    computes = False

    def feed(self, samples: Floats) -> bytes:
        return np.rint(np.clip(samples, -1.0, 1.0) * LOUDEST).astype("<i2").tobytes()

    def finish(self) -> bytes:
        return b""


class WavEncoder(PcmEncoder):
    """PCM behind a header of unknown length, which comes with the first samples or the end."""

    def __init__(self) -> None:
        self._header = wav_header()

    def feed(self, samples: Floats) -> bytes:
        header, self._header = self._header, b""
        return header + super().feed(samples)

    def finish(self) -> bytes:
        header, self._header = self._header, b""
        return header
