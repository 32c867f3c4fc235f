"""Clients of a speech server, blocking and async: text in, samples out as they arrive.

`speak` sends a whole text over HTTP, `narrate` one that is still being written over the WebSocket.
Part of the listening side: it imports `protocol` and `audio` only.
"""

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
