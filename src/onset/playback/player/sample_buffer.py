"""The samples of one stream, kept in memory for a while so that a listener can go back."""

from collections import deque

import numpy as np
import numpy.typing as npt

from onset.errors import InvalidRequest
from onset.types import SAMPLE_BYTES, Floats

KEPT_SECONDS = 300.0
"""How far back a listener can go; older samples are forgotten."""

EDGE_SECONDS = 0.005
"""Seconds of the fade out where a stream breaks off."""

PAUSE_SECONDS = 0.12
QUIET = 10 ** (-45 / 20)
FRAME_SECONDS = 0.01
"""A pause between sentences: so long below -45 dBFS, in frames of 10 ms."""

NEAR_SECONDS = 1.0
"""A listener who goes back this soon after a sentence began means the one before."""

BLOCK = 1 << 17
"""Bytes that are forgotten at once: 2.7 s at 24 kHz."""


class ByteBlocks:
    """Bytes whose oldest can be forgotten without moving the others.

    One array of all would be copied as it grows, and leave holes of its size in the heap.
    """

    def __init__(self) -> None:
        self._blocks: deque[bytearray] = deque()

    def append(self, data: bytes) -> None:
        """Add at the end."""
        while data:
            if not self._blocks or len(self._blocks[-1]) == BLOCK:
                self._blocks.append(bytearray())
            last = self._blocks[-1]
            room = BLOCK - len(last)
            last += data[:room]
            data = data[room:]

    def read(self, at: int, size: int) -> bytes:
        """Up to `size` bytes, from `at` bytes after the oldest on."""
        return b"".join(
            bytes(self._blocks[index][max(0, at - BLOCK * index) : at + size - BLOCK * index])
            for index in range(at // BLOCK, min(len(self._blocks), -(-(at + size) // BLOCK)))
        )

    def write(self, at: int, data: bytes) -> None:
        """Overwrite bytes that are there already."""
        for offset, byte in enumerate(data, at):
            self._blocks[offset // BLOCK][offset % BLOCK] = byte

    def forget(self, size: int) -> int:
        """Drop the whole blocks among the oldest `size` bytes; how many bytes those were."""
        count = max(0, size) // BLOCK
        for _ in range(count):
            self._blocks.popleft()
        return count * BLOCK


class SampleBuffer:
    """The samples [begin, end) of a stream. complete: no more will come."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.begin = self.end = 0
        self.complete = False
        self._data = ByteBlocks()
        self._marks: list[int] = []

    def append(self, pcm: bytes) -> None:
        """Take the next samples. Raises InvalidRequest for half a sample, and after the end."""
        if len(pcm) % SAMPLE_BYTES:
            raise InvalidRequest(f"{len(pcm)} bytes are not whole 16-bit samples.", "size")
        if self.complete:
            raise InvalidRequest(f"Samples after the end, {self.end}.", "position")
        self._data.append(pcm)
        self.end += len(pcm) // SAMPLE_BYTES

    def cut(self) -> None:
        """End here with a fade out: the rest will never come."""
        if self.complete:
            return
        self.complete = True
        count = min(round(EDGE_SECONDS * self.rate), self.end - self.begin)
        at = (self.end - self.begin - count) * SAMPLE_BYTES
        samples = np.frombuffer(self._data.read(at, count * SAMPLE_BYTES), "<i2").astype(np.float64)
        samples *= ((np.arange(count) + 0.5) / max(count, 1))[::-1]
        self._data.write(at, samples.astype("<i2").tobytes())

    def read(self, position: int, count: int) -> Floats:
        """float32 [up to count] from `position`, which must not be forgotten; full scale 1.0."""
        samples = np.frombuffer(self.pcm(position, count), "<i2").astype(np.float32)
        samples *= np.float32(1 / 32768)
        return samples

    def pcm(self, position: int, count: int) -> bytes:
        """As `read`, as 16-bit samples."""
        at = max(0, position - self.begin) * SAMPLE_BYTES
        return self._data.read(at, count * SAMPLE_BYTES)

    def forget(self, position: int) -> None:
        """Drop samples that lie more than KEPT_SECONDS before `position`."""
        old = position - self.begin - round(KEPT_SECONDS * self.rate)
        forgotten = self._data.forget(old * SAMPLE_BYTES) // SAMPLE_BYTES
        if forgotten:
            self.begin += forgotten
            self._marks = [mark for mark in self._marks if mark >= self.begin]

    def mark(self, position: int) -> None:
        """Note that a sentence begins there, as the sender knows. Raises InvalidRequest."""
        if self._marks and position < self._marks[-1]:
            raise InvalidRequest("Marks must come in order.", "position")
        if len(self._marks) < 100_000 and position not in self._marks[-1:]:
            self._marks.append(position)

    def sentence(self, position: int) -> int:
        """Where the sentence heard at `position` begins, or just after that the one before."""
        near = position - round(NEAR_SECONDS * self.rate)
        starts = [self.begin, *(self._marks or self._pauses(position))]
        return max((start for start in starts if start <= near), default=self.begin)

    def _pauses(self, until: int) -> list[int]:
        """Where speech begins again after a pause, before `until`."""
        frame = round(FRAME_SECONDS * self.rate)
        samples = self.read(self.begin, until - self.begin)
        whole = samples[: len(samples) // frame * frame].reshape(-1, frame)
        quiet = np.sqrt(np.mean(whole**2, axis=1)) < QUIET
        edges: npt.NDArray[np.int8] = np.diff(quiet.astype(np.int8), prepend=0, append=0)
        begins, ends = np.nonzero(edges == 1)[0], np.nonzero(edges == -1)[0]
        long = (ends - begins) * FRAME_SECONDS >= PAUSE_SECONDS
        return [self.begin + int(end) * frame for end in ends[long] if end < len(quiet)]
