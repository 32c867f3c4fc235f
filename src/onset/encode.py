"""Samples to bytes: one encoder per answer, fed chunk by chunk.

A format is an `Encoder` and a row in ENCODERS. Knows nothing of requests, threads or sockets.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from onset.errors import InvalidRequest
from onset.types import SAMPLE_RATE, Floats

DEFAULT_FORMAT = "wav"
"""What an absent `response_format` means. OpenAI's mp3 is to become it once we can make it."""

UNKNOWN_LENGTH = 0xFFFFFFFF
"""RIFF and data size of a WAV whose end is not known yet: read until the stream ends."""

LOUDEST = 32767
"""The 16-bit value of 1.0. -1.0 becomes -32767, so that no rounding can wrap around."""


class Encoder(ABC):
    """One answer in one format. The bytes of every `feed` and of `finish` make the whole file."""

    media_type: ClassVar[str]

    @abstractmethod
    def feed(self, samples: Floats) -> bytes:
        """Bytes for samples, float32 [n] at 24 kHz; may be empty if the format waits for more."""

    @abstractmethod
    def finish(self) -> bytes:
        """The last bytes; nothing may be fed afterwards."""


class Pcm(Encoder):
    """Bare samples: 24 kHz, signed 16-bit little-endian, mono."""

    media_type = "audio/pcm"

    def feed(self, samples: Floats) -> bytes:
        """Two bytes a sample, rounded to the nearest step and clipped at full scale."""
        return np.rint(np.clip(samples, -1.0, 1.0) * LOUDEST).astype("<i2").tobytes()

    def finish(self) -> bytes:
        """Nothing: PCM has no end mark."""
        return b""


class Wav(Pcm):
    """Pcm behind a header of unknown length, which comes with the first samples."""

    media_type = "audio/wav"

    def __init__(self) -> None:
        self._header = wav_header()

    def feed(self, samples: Floats) -> bytes:
        """As Pcm, the first time behind the header."""
        header, self._header = self._header, b""
        return header + super().feed(samples)

    def finish(self) -> bytes:
        """Nothing, or the header of a file without samples."""
        header, self._header = self._header, b""
        return header


ENCODERS: Mapping[str, type[Encoder]] = MappingProxyType({"pcm": Pcm, "wav": Wav})
"""Every format by its name in `response_format`."""


def encoder(name: str | None) -> Encoder:
    """A new encoder of a format, DEFAULT_FORMAT if None. Raises InvalidRequest with the choices."""
    kind = ENCODERS.get(DEFAULT_FORMAT if name is None else name)
    if kind is None:
        choices = ", ".join(ENCODERS)
        raise InvalidRequest(f"Unknown format {name!r}. Choices: {choices}.", "response_format")
    return kind()


def wav_header() -> bytes:
    """44 bytes: RIFF, a PCM `fmt ` chunk and the head of a `data` chunk, sizes unknown."""
    rate, width = SAMPLE_RATE, 2
    shape = struct.pack("<HHIIHH", 1, 1, rate, rate * width, width, 8 * width)
    return b"".join(
        [
            struct.pack("<4sI4s", b"RIFF", UNKNOWN_LENGTH, b"WAVE"),
            struct.pack("<4sI", b"fmt ", len(shape)) + shape,
            struct.pack("<4sI", b"data", UNKNOWN_LENGTH),
        ]
    )
