"""The playback daemon: from samples that arrive to sound at the device, and its controls.

Programs use `connect` and `DaemonClient`, which load their modules when first used. May import
`client`, `protocol`, `audio` and `stats`, and nothing of the side that makes speech. Start reading
with `connection` for what a caller can do, then `player`; `daemon` holds the sockets.

Public: `benchmark`, `daemon`, `daemon_client`, `device`, `login_service`,
`remote_control`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onset.playback.daemon_client import DaemonClient, connect

__all__ = ["DaemonClient", "connect"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """A public name at its first use (PEP 562): the HTTP client takes a second to load."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("onset.playback.daemon_client"), name)
