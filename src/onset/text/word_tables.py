"""Tables of words, marks and phonemes, which are data: `onset/data/NAME.toml`."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The content of one file, read when it is first asked for."""
    return tomllib.loads((resources.files("onset") / "data" / f"{name}.toml").read_text("utf-8"))
