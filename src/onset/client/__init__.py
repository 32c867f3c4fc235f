"""Clients of a speech server, blocking and async: text in, samples out as they arrive.

Part of the listening side: it imports `protocol` and the top's modules only. Start with
`http_client`. `narrate` loads its module, and a WebSocket library, when it is first named.

Public: `http_client`, `timed_speech`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from onset.client.http_client import (
    Arrival,
    AsyncSpeech,
    Speech,
    health,
    save,
    speak,
    speak_async,
    voices,
    wait_ready,
)

if TYPE_CHECKING:
    from onset.client.websocket_client import narrate, narrate_async

__all__ = [
    "Arrival",
    "AsyncSpeech",
    "Speech",
    "health",
    "narrate",
    "narrate_async",
    "save",
    "speak",
    "speak_async",
    "voices",
    "wait_ready",
]

if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """`narrate` or `narrate_async`, at its first use (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("onset.client.websocket_client"), name)
