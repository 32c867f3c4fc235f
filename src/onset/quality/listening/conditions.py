"""The conditions: ways to speak a sentence that are held against the one-shot reading.

A package may add conditions, such as another model: entry points of the group GROUP, each a
function of text and voice that returns samples. Their names are what the tally calls them.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

import numpy as np

from onset.engine.engine import Engine
from onset.errors import AssetError
from onset.quality.renditions.fragments import FragmentSource
from onset.trace import Trace
from onset.types import Chunk, Floats, Halt, Request

REFERENCE, STREAMING, CONTROL = "one-shot", "streaming", "old cut"
"""What all others are held against; what a listener gets; what a listener has to notice."""

GROUP = "onset.listening"
"""Entry points of installed packages that are conditions too."""

Rendering = Callable[[str, str], Floats]
"""Text and voice -> float32 [n], 24 kHz."""


def conditions(engine: Engine) -> dict[str, Rendering]:
    """All conditions by name, the reference first.

    Raises AssetError if an installed condition has the name of another or cannot be loaded.
    """
    found: dict[str, Rendering] = {
        REFERENCE: lambda text, voice: engine.render(text, voice=voice, exact=True),
        STREAMING: lambda text, voice: _streaming(engine, text, voice),
        CONTROL: lambda text, voice: _old_cut(engine, text, voice),
    }
    for name, rendering in installed().items():
        if name in found:
            raise AssetError(f"An installed condition is called {name!r}, as one of ours.")
        found[name] = rendering
    return found


def installed() -> Mapping[str, Rendering]:
    """The conditions of installed packages. Raises AssetError for one that cannot be loaded."""
    found: dict[str, Rendering] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            found[point.name] = point.load()
        except (ImportError, AttributeError) as error:
            raise AssetError(f"The condition {point.name!r} cannot be loaded: {error}") from error
    return found


def _streaming(engine: Engine, text: str, voice: str) -> Floats:
    """As a listener gets it. Raises AssetError if that would be the reference itself."""
    if engine.is_exact(Request(text, voice)):
        raise AssetError(f"{voice} has no statistics to stream with; see `onset calibrate`.")
    return engine.render(text, voice=voice)


def _old_cut(engine: Engine, text: str, voice: str) -> Floats:
    request = Request(text, voice)
    fragments = FragmentSource(engine.readings(request))
    turns = engine.turns(request, Trace(), Halt(), source=fragments)
    return np.concatenate([turn.samples for turn in turns if isinstance(turn, Chunk)])
