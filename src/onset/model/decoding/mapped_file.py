"""Arrays of a file that is mapped as a whole: mapped one by one, each would hold a descriptor."""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class MappedFile:
    """A file in memory that processes share; its arrays are views, and cannot be written."""

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, np.uint8, "r")

    def array(
        self, offset: int, shape: Sequence[int], kind: npt.DTypeLike = np.float32
    ) -> npt.NDArray[Any]:
        """The array that begins at that byte."""
        end = offset + prod(shape) * np.dtype(kind).itemsize
        return self._bytes[offset:end].view(kind).reshape(tuple(shape))
