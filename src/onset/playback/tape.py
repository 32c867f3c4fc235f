"""A stream's samples in order, kept for a while so that one can go back.

Pieces may come late, twice, out of order or never: what is missing when it is needed is silence
with soft edges, and counted. Nothing is written to any disk.
Knows nothing of sockets, devices or time.
"""

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


class Fault(NamedTuple):
    """Something wrong with what came. kind: duplicate, late, lost, overlap. In samples."""

    kind: str
    position: int
    samples: int


class Tape:
    """The samples [begin, end) of a stream. total: where it ends, None until that is known.

    lost: samples that never came and were concealed.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.begin = self.end = 0
        self.total: int | None = None
        self.lost = 0
        self._data = bytearray()
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

    def put(self, position: int, pcm: bytes) -> list[Fault]:
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
            return [Fault("late" if concealed else "duplicate", position, count)] if count else []
        if position > self.end:
            self._check(position)
            if position in self._pending and len(self._pending[position]) >= len(pcm):
                return [Fault("duplicate", position, count)]
            self._pending[position] = pcm
            return self.conceal() if len(self._pending) > PENDING_PIECES else []
        faults = []
        if position < self.end:
            known = self.end - position
            faults.append(Fault("overlap", position, known))
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
            self._fade(self._data, out=True)
            self.total = self.end

    def conceal(self) -> list[Fault]:
        """Give up what is missing before the next piece that came, or the end."""
        until = min(self._pending, default=self.total)
        if until is None or until <= self.end:
            return []
        missing = Fault("lost", self.end, until - self.end)
        self._holes.append((self.end, until))
        self._fade(self._data, out=True)
        self.lost += missing.samples
        self._append(bytes(missing.samples * SAMPLE_BYTES))
        if until in self._pending:
            piece = bytearray(self._pending[until])
            self._fade(piece, out=False)
            self._pending[until] = bytes(piece)
        return [missing, *self._join()]

    def read(self, position: int, count: int) -> Floats:
        """float32 [up to count] from `position`, which must not be forgotten; full scale 1.0."""
        found = np.frombuffer(self.pcm(position, count), "<i2").astype(np.float32)
        found *= np.float32(1 / 32768)
        return found

    def pcm(self, position: int, count: int) -> bytes:
        """As `read`, as 16-bit samples."""
        at = max(0, position - self.begin) * SAMPLE_BYTES
        return bytes(self._data[at : at + count * SAMPLE_BYTES])

    def forget(self, position: int) -> None:
        """Let go of what lies more than KEPT_SECONDS before `position`."""
        old = position - self.begin - round(KEPT_SECONDS * self.rate)
        if old > 10 * self.rate:  # not a little every time: the rest is moved
            del self._data[: old * SAMPLE_BYTES]
            self.begin += old
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
        self._data += pcm
        self.end += len(pcm) // SAMPLE_BYTES

    def _join(self) -> list[Fault]:
        """Append what came early and is next now."""
        faults = []
        while self._pending and (first := min(self._pending)) <= self.end:
            pcm = self._pending.pop(first)
            known = self.end - first
            if known:
                faults.append(Fault("overlap", first, known))
            self._append(pcm[known * SAMPLE_BYTES :])
        return faults

    def _fade(self, data: bytearray, *, out: bool) -> None:
        """Fade the end of the samples out, or their beginning in, in place."""
        count = min(round(EDGE_SECONDS * self.rate), len(data) // SAMPLE_BYTES)
        ramp = (np.arange(count) + 0.5) / max(count, 1)
        at = len(data) - count * SAMPLE_BYTES if out else 0
        part = np.frombuffer(bytes(data[at : at + count * SAMPLE_BYTES]), "<i2")
        faded = part * (ramp[::-1] if out else ramp)
        data[at : at + count * SAMPLE_BYTES] = faded.astype("<i2").tobytes()
