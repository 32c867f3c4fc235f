"""Where `onset say` puts its audio: the sound device, a WAV file, or standard output.

Each is a block that gives a function to write 24 kHz 16-bit mono samples with; that it cannot be
written is an error before anything is synthesised. Knows nothing of who speaks.
"""

import os
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

from onset.assets import replacing
from onset.commands.terminal import tell
from onset.encode import wav_header
from onset.errors import AssetError, InvalidRequest, Unavailable
from onset.player import SAMPLE_BYTES, Device, Player
from onset.types import SAMPLE_RATE

Write: TypeAlias = Callable[[bytes], None]

STANDARD_OUTPUT = "-"

FOREIGN = frozenset({".mp3", ".ogg", ".opus", ".flac", ".aac", ".m4a", ".raw", ".pcm"})
"""Names that promise a format we do not write."""


def destination(output: str | None) -> AbstractContextManager[Write]:
    """What `--output` means. Raises InvalidRequest if it cannot be meant."""
    if output is None:
        return speakers()
    if output == STANDARD_OUTPUT:
        return pipe(sys.stdout.buffer)
    return wav_file(Path(output))


@contextmanager
def speakers(device: Device | None = None) -> Iterator[Write]:
    """Play on the default device, or another. Leaving waits for the end; an exception stops it.

    Raises Unavailable without a device.
    """
    try:
        player = Player(device)
    except Unavailable as error:
        hint = "Write the speech to a file instead: onset say ... --output speech.wav"
        raise Unavailable(f"{error} {hint}", error.retry_after) from error
    with player:
        yield player.feed
    if player.underruns:
        tell(
            f"Gaps: {player.underruns}. The speech was made more slowly than it is spoken. "
            "onset doctor tells how fast this machine is."
        )


@contextmanager
def pipe(out: BinaryIO) -> Iterator[Write]:
    """A WAV stream of unknown length. Raises InvalidRequest for a terminal."""
    if out.isatty():
        raise InvalidRequest(
            "Standard output is a terminal. Pipe it: onset say ... --output - | aplay", "output"
        )

    def write(pcm: bytes) -> None:
        out.write(pcm)
        out.flush()

    write(wav_header())
    yield write


@contextmanager
def wav_file(path: Path) -> Iterator[Write]:
    """A WAV file that appears under its name when it is whole, or not at all.

    Raises InvalidRequest for a name of another format, AssetError if it cannot be written.
    """
    if path.suffix.lower() in FOREIGN:
        raise InvalidRequest(
            f"{path}: only WAV is written, as in {path.with_suffix('.wav')}. For others: "
            f"onset say ... --output - | ffmpeg -i - {path}",
            "output",
        )
    if path.exists() and not path.is_file() and not path.is_dir():
        with _written(path), path.open("wb") as device, pipe(device) as write:
            yield write  # /dev/null, a named pipe: nothing that may be replaced by a file
        return
    with _written(path):
        _check(path)
        # To the end of a link, which is to stay one.
        with replacing(path.resolve()) as file, wave.open(file, "wb") as out:
            out.setparams((1, SAMPLE_BYTES, SAMPLE_RATE, 0, "NONE", ""))
            yield out.writeframesraw


def _check(path: Path) -> None:
    """What replacing a file would not notice, or would say in words of its own."""
    if path.is_dir():
        raise AssetError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise AssetError(f"There is no folder {path.parent} to write {path.name} to.")
    if path.exists() and not os.access(path, os.W_OK):
        raise AssetError(f"{path} may not be written.")


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AssetError(f"Cannot write {path}: {error.strerror or error}.") from error
