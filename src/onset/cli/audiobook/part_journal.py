"""What was made of an audiobook so far: samples and words on the disk, safe after each paragraph.

A folder beside the file, for its owner alone, removed when the file is whole. `audio.pcm` has the
samples; `journal.jsonl` a line for each paragraph whose samples are all there. A process may be
killed at any moment: what is behind the last whole line is cut off, and made again.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from zlib import crc32

from filelock import FileLock, Timeout

from onset.errors import AssetError
from onset.types import SAMPLE_BYTES, SpokenWord

BLOCK = 1 << 20
"""Bytes of samples read at once."""


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A paragraph that was made. chapter: its number. end: samples of the book up to its end.

    crc: CRC-32 of its samples. words: their times are samples of the book.
    """

    chapter: int
    end: int
    crc: int
    words: tuple[SpokenWord, ...]


class PartJournal:
    """The folder of a half-made book, locked by whoever makes it."""

    def __init__(self, output: Path, fingerprint: str) -> None:
        """fingerprint: of everything that decides how the book sounds.

        Raises AssetError if another process makes it, or if what is there is of another book.
        """
        self.folder = output.with_name(f"{output.name}.part")
        self._log, self._pcm = self.folder / "journal.jsonl", self.folder / "audio.pcm"
        with _told(self.folder):
            self.folder.mkdir(mode=0o700, exist_ok=True)
        self._lock = FileLock(self.folder / "lock", timeout=0)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise AssetError(f"{output} is being made by another process. Wait for it.") from error
        try:
            self.count, self.samples = self._resume(fingerprint)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> "PartJournal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
        if not self.count:
            self.remove()  # nothing was made: leave nothing

    def add(
        self, chapter: int, audio: Iterable[bytes], words: Callable[[], Sequence[SpokenWord]]
    ) -> None:
        """Keep a paragraph. words: asked when its samples are there; times are samples of it."""
        crc, end = 0, self.samples
        with _told(self.folder), self._pcm.open("ab") as pcm:
            for piece in audio:
                pcm.write(piece)
                crc, end = crc32(piece, crc), end + len(piece) // SAMPLE_BYTES
            _sync(pcm)
        told = [[w.text, w.space, self.samples + w.start, self.samples + w.end] for w in words()]
        self._write([chapter, end, crc, told])
        self.count, self.samples = self.count + 1, end

    def records(self) -> Iterator[PartRecord]:
        """What was made, in order."""
        with self._log.open("rb") as log:
            next(log)
            yield from filter(None, map(_record, log))

    def audio(self) -> Iterator[bytes]:
        """All samples, block by block."""
        with self._pcm.open("rb") as pcm:
            while block := pcm.read(BLOCK):
                yield block

    def remove(self) -> None:
        """Delete the folder: the book is whole."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, line: object) -> None:
        with _told(self.folder), self._log.open("ab") as log:
            log.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            _sync(log)

    def _resume(self, fingerprint: str) -> tuple[int, int]:
        """Cut off what is not whole; how many paragraphs and samples there are."""
        with _told(self.folder):
            self._pcm.touch(mode=0o600)
            self._log.touch(mode=0o600)
            if not self._log.stat().st_size:
                self._write(fingerprint)
                return 0, 0
            if self._first() != fingerprint:
                message = f"{self.folder} holds a half-made book of another text or voice."
                raise AssetError(f"{message} Finish that one, or remove the folder.")
            whole, count, end = self._whole()
            os.truncate(self._log, whole)
            os.truncate(self._pcm, end * SAMPLE_BYTES)
        return count, end

    def _first(self) -> object:
        with self._log.open("rb") as log, suppress(ValueError):
            return json.loads(log.readline())
        return None

    def _whole(self) -> tuple[int, int, int]:
        """(bytes of the log, paragraphs, samples) up to the last paragraph that is whole."""
        with self._log.open("rb") as log, self._pcm.open("rb") as pcm:
            whole, count, end = len(log.readline()), 0, 0
            for line in log:
                record = _record(line) if line.endswith(b"\n") else None
                if record is None or _crc(pcm, record.end - end) != record.crc:
                    break
                whole, count, end = whole + len(line), count + 1, record.end
        return whole, count, end


def _record(line: bytes) -> PartRecord | None:
    """What a line tells, None if it is none of ours."""
    try:
        chapter, end, crc, words = json.loads(line)
        return PartRecord(chapter, end, crc, tuple(SpokenWord(*word) for word in words))
    except (ValueError, TypeError):
        return None


def _crc(pcm: BinaryIO, samples: int) -> int | None:
    """The CRC-32 of the next samples of a file, None if there are fewer."""
    crc, left = 0, samples * SAMPLE_BYTES
    while left > 0:
        block = pcm.read(min(left, BLOCK))
        if not block:
            return None
        crc, left = crc32(block, crc), left - len(block)
    return crc


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Raise what goes wrong with files as AssetError."""
    try:
        yield
    except OSError as error:
        raise AssetError(f"Cannot write {folder}: {error.strerror or error}.") from error
