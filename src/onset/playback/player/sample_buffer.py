"""A stream's samples in order, kept for a while so that one can go back.

Pieces may come late, twice, out of order or never: what is missing when it is needed is silence
with soft edges, and counted. Nothing is written to any disk.
Knows nothing of sockets, devices or time.
"""

from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from onset.errors import InvalidRequest
from onset.types import Floats

SAMPLE_BYTES = 2

KEPT_SECONDS = 300.0
"""How far back one can go; more is forgotten."""

PENDING_PIECES = 64
"""Pieces that may wait for an earlier one."""

EDGE_SECONDS = 0.005
"""Of the fades around what was lost."""

LARGEST_GAP = 10.0
"""Seconds that may be missing in one place; more is no loss but a wrong position."""

PAUSE_SECONDS = 0.12
QUIET = 10 ** (-45 / 20)
"""A pause between sentences: so long below -45 dBFS, in frames of 10 ms."""

FRAME_SECONDS = 0.01

NEAR_SECONDS = 1.0
"""Whoever goes back this soon after a beginning means the one before."""


BLOCK = 1 << 17
"""Bytes that are forgotten at once: 2.7 s at 24 kHz."""


class StreamFault(NamedTuple):
    """Something wrong with what came. kind: duplicate, late, lost, overlap. In samples."""

    kind: str
    position: int
    samples: int


class ByteBlocks:
    """Bytes whose oldest can be forgotten: nothing is moved for it, and memory stays as it is.

    (One array of all would be copied as it grows, and leave holes of its size in the heap.)
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
        """Up to `size` bytes from `at` bytes behind the oldest."""
        return b"".join(
            bytes(self._blocks[index][max(0, at - BLOCK * index) : at + size - BLOCK * index])
            for index in range(at // BLOCK, min(len(self._blocks), -(-(at + size) // BLOCK)))
        )

    def write(self, at: int, data: bytes) -> None:
        """Put others where there are bytes already."""
        for offset, byte in enumerate(data, at):
            self._blocks[offset // BLOCK][offset % BLOCK] = byte

    def forget(self, size: int) -> int:
        """Let go of whole blocks among the oldest `size` bytes; how many bytes those were."""
        count = max(0, size) // BLOCK
        for _ in range(count):
            self._blocks.popleft()
        return count * BLOCK


class SampleBuffer:
    """The samples [begin, end) of a stream. total: where it ends, None until that is known.

    lost: samples that never came and were concealed.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.begin = self.end = 0
        self.total: int | None = None
        self.lost = 0
        self._data = ByteBlocks()
        self._pending: dict[int, bytes] = {}
        self._holes: list[tuple[int, int]] = []
        self._marks: list[int] = []

    @property
    def complete(self) -> bool:
        """Whether all of it has come."""
        return self.total is not None and self.end >= self.total

    @property
    def waiting(self) -> bool:
        """Whether something has come that is not next."""
        return bool(self._pending)

    def put(self, position: int, pcm: bytes) -> list[StreamFault]:
        """Take whole 16-bit samples that begin at `position`; what was wrong with them.

        Raises InvalidRequest for half a sample, or for samples after the end.
        """
        if len(pcm) % SAMPLE_BYTES:
            raise InvalidRequest(f"{len(pcm)} bytes are not whole 16-bit samples.", "size")
        count = len(pcm) // SAMPLE_BYTES
        if self.total is not None and position + count > self.total:
            raise InvalidRequest(f"Samples after the end, {self.total}.", "position")
        if position + count <= self.end:
            concealed = any(b <= position < e for b, e in self._holes)
            return (
                [StreamFault("late" if concealed else "duplicate", position, count)]
                if count
                else []
            )
        if position > self.end:
            self._check(position)
            if position in self._pending and len(self._pending[position]) >= len(pcm):
                return [StreamFault("duplicate", position, count)]
            self._pending[position] = pcm
            return self.conceal() if len(self._pending) > PENDING_PIECES else []
        faults = []
        if position < self.end:
            known = self.end - position
            faults.append(StreamFault("overlap", position, known))
            pcm = pcm[known * SAMPLE_BYTES :]
        self._append(pcm)
        return faults + self._join()

    def finish(self, total: int) -> None:
        """Say where it ends. Raises InvalidRequest if more than that has come."""
        reached = max([self.end, *(p + len(d) // SAMPLE_BYTES for p, d in self._pending.items())])
        if total < reached:
            raise InvalidRequest(f"The end is {total}, but {reached} samples came.", "position")
        self._check(total, reached)
        self.total = total

    def cut(self) -> None:
        """End where the samples end, softly: the rest will never come."""
        if not self.complete:
            self._pending.clear()
            self._fade_end()
            self.total = self.end

    def conceal(self) -> list[StreamFault]:
        """Give up what is missing before the next piece that came, or the end."""
        until = min(self._pending, default=self.total)
        if until is None or until <= self.end:
            return []
        missing = StreamFault("lost", self.end, until - self.end)
        self._holes.append((self.end, until))
        self._fade_end()
        self.lost += missing.samples
        self._append(bytes(missing.samples * SAMPLE_BYTES))
        if until in self._pending:
            self._pending[until] = self._faded(self._pending[until], out=False)
        return [missing, *self._join()]

    def read(self, position: int, count: int) -> Floats:
        """float32 [up to count] from `position`, which must not be forgotten; full scale 1.0."""
        found = np.frombuffer(self.pcm(position, count), "<i2").astype(np.float32)
        found *= np.float32(1 / 32768)
        return found

    def pcm(self, position: int, count: int) -> bytes:
        """As `read`, as 16-bit samples."""
        at = max(0, position - self.begin) * SAMPLE_BYTES
        return self._data.read(at, count * SAMPLE_BYTES)

    def forget(self, position: int) -> None:
        """Let go of what lies more than KEPT_SECONDS before `position`."""
        old = position - self.begin - round(KEPT_SECONDS * self.rate)
        forgotten = self._data.forget(old * SAMPLE_BYTES) // SAMPLE_BYTES
        if forgotten:
            self.begin += forgotten
            self._marks = [mark for mark in self._marks if mark >= self.begin]
            self._holes = [hole for hole in self._holes if hole[1] > self.begin]

    def mark(self, position: int) -> None:
        """Note that a sentence begins there, as its maker knows. Raises InvalidRequest."""
        if self._marks and position < self._marks[-1]:
            raise InvalidRequest("Marks must come in order.", "position")
        if len(self._marks) < 100_000 and position not in self._marks[-1:]:
            self._marks.append(position)

    def sentence(self, position: int) -> int:
        """Where the sentence begins that one means who goes back from `position`.

        It is the one being heard, or within NEAR_SECONDS of its beginning the one before.
        """
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

    def _check(self, position: int, after: int | None = None) -> None:
        gap = position - (self.end if after is None else after)
        if gap > LARGEST_GAP * self.rate:
            raise InvalidRequest(f"{gap} samples are missing before {position}.", "position")

    def _append(self, pcm: bytes) -> None:
        self._data.append(pcm)
        self.end += len(pcm) // SAMPLE_BYTES

    def _join(self) -> list[StreamFault]:
        """Append what came early and is next now."""
        faults = []
        while self._pending and (first := min(self._pending)) <= self.end:
            pcm = self._pending.pop(first)
            known = self.end - first
            if known:
                faults.append(StreamFault("overlap", first, known))
            self._append(pcm[known * SAMPLE_BYTES :])
        return faults

    def _fade_end(self) -> None:
        """Fade out the last samples there are."""
        count = min(round(EDGE_SECONDS * self.rate), self.end - self.begin)
        at = (self.end - self.begin - count) * SAMPLE_BYTES
        self._data.write(at, self._faded(self._data.read(at, count * SAMPLE_BYTES), out=True))

    def _faded(self, pcm: bytes, *, out: bool) -> bytes:
        """The samples with their end faded out, or their beginning in."""
        samples = np.frombuffer(pcm, "<i2").astype(np.float64)
        count = min(round(EDGE_SECONDS * self.rate), len(samples))
        ramp = (np.arange(count) + 0.5) / max(count, 1)
        if out:
            samples[len(samples) - count :] *= ramp[::-1]
        else:
            samples[:count] *= ramp
        return samples.astype("<i2").tobytes()
