"""Loading the model that the settings name, and how fast this machine runs it."""

from collections.abc import Callable
from typing import TypeAlias

from onset.config import Settings
from onset.model.assets import known_sha256, model_file
from onset.model.backend import Backend
from onset.model.graph.export import export
from onset.model.kokoro import KokoroBackend

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes of the whole file."""

PACES = (0.25, 0.4, 0.7)
"""What a measured pace is rounded up to, so that one machine's is the same every time."""

MARGIN = 1.05
"""How much slower than measured the machine is taken to be: no work may cost more than counted."""


def load_backend(settings: Settings, progress: Progress | None = None) -> KokoroBackend:
    """The model of `settings`; its graphs are built if this is the first time."""
    path = model_file(settings, progress)
    digest = known_sha256(path, settings.cache_dir)
    return KokoroBackend(export(path, digest, settings.cache_dir), digest, settings.threads)


def measured_pace(backend: Backend) -> float:
    """Seconds of work for a second of audio: one of PACES, or 1, with which nothing is refined."""
    measured = MARGIN * backend.pace()
    return next((pace for pace in PACES if measured <= pace), 1.0)
