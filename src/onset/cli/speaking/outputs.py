"""Where `onset say` writes its audio; refused at once, before synthesis, if it cannot be."""

import os
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from onset.errors import AssetError, InvalidRequest
from onset.model.assets import replacing
from onset.protocol.wav import wav_header
from onset.types import SAMPLE_BYTES, SAMPLE_RATE

Write: TypeAlias = Callable[[bytes], None]
"""Writes 24 kHz 16-bit mono samples."""

STANDARD_OUTPUT = "-"

OTHER_FORMATS = frozenset({".mp3", ".ogg", ".opus", ".flac", ".aac", ".m4a", ".raw", ".pcm"})
"""Endings of names that promise a format which is not written here."""


def open_output(output: str) -> AbstractContextManager[Write]:
    """What `--output` names. Raises InvalidRequest, on entering, for what cannot be written to."""
    return pipe(sys.stdout.buffer) if output == STANDARD_OUTPUT else wav_file(Path(output))


@contextmanager
def pipe(out: BinaryIO) -> Iterator[Write]:
    """A WAV stream of unknown length. Raises InvalidRequest for a terminal."""
    if out.isatty():
        hint = "Pipe it: onset say ... --output - | aplay"
        raise InvalidRequest(f"Standard output is a terminal. {hint}", "output")

    def write(pcm: bytes) -> None:
        out.write(pcm)
        out.flush()

    write(wav_header())
    yield write


@contextmanager
def wav_file(path: Path) -> Iterator[Write]:
    """A WAV file that appears complete or not at all. Raises InvalidRequest or AssetError."""
    if path.suffix.lower() in OTHER_FORMATS:
        hint = f"For others: onset say ... --output - | ffmpeg -i - {path}"
        message = f"{path}: only WAV is written, as in {path.with_suffix('.wav')}. {hint}"
        raise InvalidRequest(message, "output")
    with _write_errors(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as device, pipe(device) as write:
                yield write  # /dev/null or a named pipe, which no file may replace
            return
        check_writable(path)
        # Through a link to its target: the link is to stay one.
        with replacing(path.resolve()) as file, wave.open(file, "wb") as out:
            out.setparams((1, SAMPLE_BYTES, SAMPLE_RATE, 0, "NONE", ""))
            yield out.writeframesraw


def write_text(path: Path, text: str) -> None:
    """Write a whole file or none. Raises AssetError if it cannot be written."""
    with _write_errors(path):
        check_writable(path)
        with replacing(path.resolve()) as file:
            file.write(text.encode())


def check_writable(path: Path) -> None:
    """Raise AssetError where replacing a file would not fail, or would not say clearly why."""
    if path.is_dir():
        raise AssetError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise AssetError(f"There is no folder {path.parent} to write {path.name} to.")
    if path.exists() and not os.access(path, os.W_OK):
        raise AssetError(f"{path} may not be written.")


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AssetError(f"Cannot write {path}: {error.strerror or error}.") from error
