"""Reading .npz files that may be damaged, or small files of gigabytes."""

import zipfile
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np

LARGEST = 256 << 20
"""Bytes of all arrays together; ours have a tenth of it."""


def read_npz(path: Path | Traversable) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays. Raises OSError, and ValueError for whatever is wrong inside."""
    with path.open("rb") as opened:
        try:
            with zipfile.ZipFile(opened) as archive:
                size = sum(member.file_size for member in archive.infolist())
                if size > LARGEST:
                    raise ValueError(f"it holds {size} bytes, more than {LARGEST}")
            opened.seek(0)
            with np.load(opened, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except Exception as error:  # zipfile, lzma, zlib, NumPy: each has errors of its own
            raise ValueError(str(error) or type(error).__name__) from error
