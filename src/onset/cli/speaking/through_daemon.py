"""`onset say` without a file: speaks through the playback daemon, or one of its own.

The daemon fetches from a server itself; what an engine in this process makes is sent to it.
Knows nothing of devices, nor of how anything is played.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from onset.cli.play import start
from onset.cli.progress import tell
from onset.cli.speaking.speakers import REFUSED, ServerSpeaker
from onset.config import Settings
from onset.errors import Halted, InvalidRequest, ServerError, Unavailable
from onset.playback.daemon import InProcessDaemon
from onset.playback.daemon_client import DaemonClient, DaemonStream, connect
from onset.playback.player.player import Player
from onset.protocol.playback_frames import Policy, Say
from onset.types import Request


@dataclass
class UtteranceEvents:
    """What the daemon told of one utterance."""

    failed: dict[str, Any] | None = None
    started: dict[str, Any] | None = None

    def note(self, event: dict[str, Any]) -> None:
        """Keep an event that matters."""
        match event["event"]:
            case "failed":
                self.failed = event
            case "started":
                self.started = event


@contextmanager
def daemon(
    settings: Settings, listening: UtteranceEvents, caller: str, wanted: bool
) -> Iterator[DaemonClient]:
    """A connection to the daemon that runs, or `wanted` is started; else to one of our own."""
    if wanted:
        start(settings)
    try:
        remote = connect(settings.socket, caller, listening.note)
    except Unavailable:
        with private(settings, listening, caller) as remote:
            yield remote
        return
    with remote:
        yield remote


@contextmanager
def private(settings: Settings, listening: UtteranceEvents, caller: str) -> Iterator[DaemonClient]:
    """A daemon for this process alone. Without a device it would speak to nobody: Unavailable."""
    device = "sound" if settings.device == "default" else settings.device
    own = InProcessDaemon(lambda: Player(device))
    try:
        yield DaemonClient(own.end, caller, listening.note)
    except Unavailable as error:
        hint = "Write the speech to a file instead: onset say ... --output speech.wav"
        raise Unavailable(f"{error} {hint}", error.retry_after) from error
    finally:
        own.close()


def fetched(
    remote: DaemonClient, server: ServerSpeaker, request: Request, voice: str | None, policy: Policy
) -> DaemonStream:
    """Let the daemon fetch the speech of a server."""
    return remote.say(
        Say(
            text=request.text,
            url=server.address,
            key=server.key,
            voice=voice,
            speed=request.speed,
            lang=request.lang,
            exact=request.exact,
            policy=policy,
        )
    )


def heard(playing: DaemonStream, listening: UtteranceEvents) -> None:
    """Wait until all was heard. Raises what went wrong."""
    outcome = playing.wait()
    failed = listening.failed
    if failed is not None:
        status = failed.get("status")
        message = str(failed["message"])
        if status in REFUSED:
            raise InvalidRequest(message.removeprefix(f"{status}: "))
        raise ServerError(message, status)
    if outcome["event"] == "stopped":
        raise Halted(f"The speech was {outcome['reason']}.")
    if outcome["stalls"]:
        tell(
            f"Gaps: {outcome['stalls']}, {outcome['stalled_s']:.2f} s. The speech was made more "
            "slowly than it is spoken. onset doctor tells how fast this machine is."
        )
    started = listening.started
    if started is not None and not started["audible"]:
        tell("There is no sound device: nobody heard it.")
