"""Onset: text to speech that starts before the sentence is finished, on an ordinary CPU.

Names that need a library load it when first used: a model's libraries take 2 s.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from onset.errors import (
    AssetError,
    Halted,
    InvalidRequest,
    ModelError,
    OnsetError,
    ServerError,
    Unavailable,
)

if TYPE_CHECKING:
    from onset.config import Settings
    from onset.engine.engine import Engine
    from onset.types import SAMPLE_RATE, Chunk

__version__ = "0.1.0"

# ONNX Runtime sends reports of its use, with an id it keeps in the home, unless told not to before
# it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = [
    "SAMPLE_RATE",
    "AssetError",
    "Chunk",
    "Engine",
    "Halted",
    "InvalidRequest",
    "ModelError",
    "OnsetError",
    "ServerError",
    "Settings",
    "Unavailable",
    "__version__",
]

_LAZY = {"Chunk": "types", "Engine": "engine.engine", "SAMPLE_RATE": "types", "Settings": "config"}
"""The module of each name that is loaded at its first use."""

if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """A public name, from its module, at its first use (PEP 562)."""
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(import_module(f"onset.{_LAZY[name]}"), name))

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
