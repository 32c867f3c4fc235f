"""The folder of the engine's files: whole, readable, as it was written, or made again.

Beside the folder lies a manifest with the size and the CRC-32 of each file, which is compared at
every start: 0.05 s for 243 MB, and a damaged weight is spoken as silence or noise otherwise.
"""

import json
import logging
import mmap
import os
import re
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from onset.errors import AssetError

LOCK_SECONDS = 300.0
"""How long to wait for another process that builds the same files."""

TELL_SECONDS = 2.0
"""After so many it is told."""

STALE_SECONDS = 3600.0
"""A build of another model in which nothing was made for so long was killed."""

_log = logging.getLogger("onset.server")


def made(folder: Path, build: Callable[[Path], None]) -> Path:
    """The folder with what `build` writes into an empty one; made unless it is there, undamaged.

    Two processes that start together build it once. Raises AssetError if it cannot be written, or
    another process builds for too long.
    """
    if is_intact(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            if not is_intact(folder):  # another process may have made it meanwhile
                _replace(folder, build)
    except Timeout as error:
        raise AssetError(
            f"Another process has held {error.lock_file} for {LOCK_SECONDS:.0f} s: stop it."
        ) from error
    except OSError as error:
        raise AssetError(
            f"Cannot write the graphs to {folder.parent}: {error}. "
            "Set ONSET_CACHE_DIR to a folder with room that you may write to."
        ) from error
    return folder


def is_intact(folder: Path) -> bool:
    """Whether every file in the folder's manifest is there, as it was written."""
    try:
        files = json.loads(_manifest(folder).read_bytes())
        return all(_stamp(folder / name) == stamp for name, stamp in files.items())
    except (OSError, ValueError, AttributeError):
        return False


def _replace(folder: Path, build: Callable[[Path], None]) -> None:
    """Build beside and rename, so that a power cut leaves all of it or nothing. Under the lock."""
    _sweep(folder)
    if folder.exists():
        _log.warning("%s is damaged or from an older version: it is made again.", folder)
    scratch = folder.with_name(f".build-{folder.name}")
    scratch.mkdir()  # not from `tempfile`, which makes folders that no other user can read
    try:
        build(scratch)
        readable = scratch.stat().st_mode & 0o666
        stamps = {path.name: _stamp(path) for path in sorted(scratch.iterdir())}
        for path in scratch.iterdir():
            path.chmod(readable)
            _sync(path)
        _sync(scratch)
        shutil.rmtree(folder, ignore_errors=True)
        manifest = _manifest(folder)
        manifest.write_text(json.dumps(stamps))
        _sync(manifest)
        os.rename(scratch, folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed builds left, and what older versions of the program made."""
    name, _, version = folder.name.rpartition("-v")
    for other in folder.parent.iterdir():
        old = re.fullmatch(r"[0-9a-f]{16}-v(\d+)(?:\.lock|\.json)?", other.name)
        killed = other.name.startswith(".build-") and (
            other.name == f".build-{folder.name}"
            or time.time() - other.stat().st_mtime > STALE_SECONDS
        )
        if killed or (old and version.isdecimal() and int(old[1]) < int(version)):
            if other.is_dir():
                shutil.rmtree(other, ignore_errors=True)
            else:
                other.unlink(missing_ok=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The lock on the folder. Raises Timeout, which is an OSError."""
    lock = FileLock(folder.with_suffix(".lock"))
    try:
        lock.acquire(timeout=TELL_SECONDS)
    except Timeout:
        _log.warning("Another process builds the graphs: waiting for %s.", lock.lock_file)
        lock.acquire(timeout=LOCK_SECONDS)
    try:
        yield
    finally:
        lock.release()


def _manifest(folder: Path) -> Path:
    return folder.with_suffix(".json")


def _stamp(path: Path) -> list[int]:
    """Size and CRC-32. Raises OSError."""
    # Mapped: of each block read, a thread that starts beside others would wait for its turn.
    with path.open("rb") as file:
        if not (size := os.fstat(file.fileno()).st_size):
            return [0, 0]
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return [size, zlib.crc32(whole)]


def _sync(path: Path) -> None:
    """Have it on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
