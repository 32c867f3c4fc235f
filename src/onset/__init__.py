"""Onset: text to speech that starts before the sentence is finished, on an ordinary CPU.

The names load their modules when first used, so that a command which speaks through a running
server need not load a model's libraries (2 s).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onset.config import Settings
    from onset.engine.engine import Engine
    from onset.errors import (
        AssetError,
        Halted,
        InvalidRequest,
        ModelError,
        OnsetError,
        ServerError,
        Unavailable,
    )
    from onset.types import SAMPLE_RATE, Chunk

__version__ = "0.1.0"

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

_HOMES = {
    "SAMPLE_RATE": "onset.types",
    "AssetError": "onset.errors",
    "Chunk": "onset.types",
    "Engine": "onset.engine.engine",
    "Halted": "onset.errors",
    "InvalidRequest": "onset.errors",
    "ModelError": "onset.errors",
    "OnsetError": "onset.errors",
    "ServerError": "onset.errors",
    "Settings": "onset.config",
    "Unavailable": "onset.errors",
}
"""The module of each public name."""

if not TYPE_CHECKING:  # a checker that saw it would take any name at all for ours

    def __getattr__(name: str) -> object:
        """A public name, from its module, at its first use (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
