"""WAV as it is streamed: the header before 16-bit samples, written and read."""

import struct

from onset.errors import ServerError
from onset.protocol.playback_bodies import RATES
from onset.types import SAMPLE_BYTES, SAMPLE_RATE

UNKNOWN_LENGTH = 0xFFFFFFFF
"""RIFF and data size of a WAV whose end is not known yet: read until the stream ends."""

LONGEST_HEADER = 1 << 20
"""Bytes before the first sample; what is beyond is no speech."""

LARGEST_SIZE = 0x7FFF0000
"""Data sizes from here on, and 0, are what streaming writers put, not knowing the length."""


def wav_header(rate: int = SAMPLE_RATE, size: int = UNKNOWN_LENGTH, channels: int = 1) -> bytes:
    """44 bytes: RIFF, a PCM `fmt ` chunk and the head of a `data` chunk of `size` bytes."""
    block = SAMPLE_BYTES * channels
    layout = 16, 1, channels, rate, rate * block, block, 8 * SAMPLE_BYTES
    head = b"RIFF", min(size + 36, UNKNOWN_LENGTH), b"WAVE"
    return struct.pack("<4sI4s4sIHHIIHH4sI", *head, b"fmt ", *layout, b"data", size)


class PcmReader:
    """Bytes as received -> whole 16-bit samples. A RIFF/WAVE header is read and left out."""

    def __init__(self, sample_rate: int = SAMPLE_RATE) -> None:
        """Raises ServerError for a rate that nothing plays."""
        self.sample_rate = _checked(sample_rate)
        self._pending = b""
        self._in_header = True
        self._left: int | None = None

    def feed(self, received: bytes) -> bytes:
        """Whole samples now available, perhaps none. Raises ServerError for other WAV formats."""
        data = self._pending + received
        if self._in_header:
            start = self._data_start(data)
            if start is None:
                if len(data) > LONGEST_HEADER:
                    raise ServerError(f"The WAV has no samples in its first {LONGEST_HEADER} bytes")
                self._pending = data
                return b""
            self._in_header = False
            data = data[start:]
        if self._left is not None:
            data = data[: self._left]
        whole = len(data) - len(data) % SAMPLE_BYTES
        if self._left is not None:
            self._left -= whole
        self._pending = data[whole:]
        return data[:whole]

    def finish(self) -> None:
        """Say that the answer is over. Raises ServerError if that is within a sample or header."""
        if self._pending:
            raise ServerError(f"The audio ended {len(self._pending)} bytes into a header or sample")

    def _data_start(self, data: bytes) -> int | None:
        """Offset of the first sample: 0 without a header, None while the header is incomplete."""
        if not (b"RIFF".startswith(data[:4]) and b"WAVE".startswith(data[8:12])):
            return 0
        at = 12
        while len(data) >= at + 8:
            name, size = struct.unpack_from("<4sI", data, at)
            if name == b"data":
                self._left = size if 0 < size < LARGEST_SIZE else None
                return at + 8
            if name == b"fmt " and len(data) >= at + 24:
                self._read_format(data, at + 8)
            at += 8 + size + size % 2
        return None

    def _read_format(self, data: bytes, at: int) -> None:
        tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
        if tag not in (1, 0xFFFE) or channels != 1 or bits != 16:
            format_found = f"WAV of format {tag}, {channels} channels, {bits} bits"
            raise ServerError(f"{format_found}; need 1, 1, 16")
        self.sample_rate = _checked(rate)


def _checked(rate: int) -> int:
    """The rate. Raises ServerError if it is none that can be played."""
    if not RATES[0] <= rate <= RATES[1]:
        raise ServerError(f"{rate} samples a second are not between {RATES[0]} and {RATES[1]}")
    return rate
