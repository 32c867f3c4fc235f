"""A finished run as a file: raw trials and what they were made with; every figure is re-derived.

Knows nothing of what is made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from onset.bench.run import Trial
from onset.bench.texts import TextClass
from onset.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Result:
    """One `bench ttfa`. floor_seconds: the harness's own share of every latency."""

    schema: Literal[1]
    environment: Mapping[str, object]
    seed: int
    texts_sha256: Mapping[TextClass, str]
    floor_seconds: float | None
    trials: tuple[Trial, ...]


_RESULT = TypeAdapter(Result)


def write(result: Result, path: Path) -> None:
    """Write a result as JSON."""
    path.write_bytes(_RESULT.dump_json(result, indent=1))


def read(path: Path) -> Result:
    """Read a result. Raises InvalidRequest when the file is none."""
    try:
        return _RESULT.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidRequest(f"{path} holds no result of `onset bench ttfa`: {error}") from error
