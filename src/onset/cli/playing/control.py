"""`onset stop`, `pause`, `resume` and the like: commands that have no options.

Imports the standard library only, as what it imports of ours does: people wait for the silence.
"""

from collections.abc import Callable
from typing import Any

from onset.playback.remote_control import RemoteControl, connected
from onset.protocol.playback_frames import Action
from onset.socket_path import socket_path


def control(action: Action, caller: str = "onset", **fields: Any) -> dict[str, Any]:
    """Have the daemon do something; its report after it. Raises OnsetError."""
    with RemoteControl(connected(socket_path()), caller) as daemon:
        return daemon.control(action, **fields)


def _command(action: Action) -> Callable[[], None]:
    """A command that sends one action. Its help is in the table of commands."""

    def command() -> None:
        control(action)

    return command


stop = _command("stop")
pause = _command("pause")
resume = _command("resume")
skip = _command("skip")
back = _command("back")
replay = _command("replay")

IMMEDIATE: dict[str, Callable[[], None]] = {
    "stop": stop,
    "pause": pause,
    "resume": resume,
    "skip": skip,
    "back": back,
    "replay": replay,
}
"""Commands that are done at once, without what reads options, where nothing else was typed."""
