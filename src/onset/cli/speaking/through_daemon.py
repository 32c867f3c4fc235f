"""`onset say` without a file: speaks through the playback daemon, or one of its own.

The daemon fetches from a server itself; what an engine in this process makes is sent to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from onset.cli.progress import tell
from onset.cli.speaking.daemon_process import start_daemon
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
    """The daemon's events of one utterance that matter to `onset say`."""

    failed: dict[str, Any] | None = None
    started: dict[str, Any] | None = None

    def note(self, event: dict[str, Any]) -> None:
        """Keep the event if it is one of them."""
        match event["event"]:
            case "failed":
                self.failed = event
            case "started":
                self.started = event


@contextmanager
def connected_daemon(
    settings: Settings, events: UtteranceEvents, caller: str
) -> Iterator[DaemonClient]:
    """A connection to the daemon that runs or, by the settings, is started; else to one in here."""
    if settings.daemon:
        start_daemon(settings)
    try:
        daemon = connect(settings.socket, caller, events.note)
    except Unavailable:
        with _in_process_daemon(settings, events, caller) as daemon:
            yield daemon
        return
    with daemon:
        yield daemon


@contextmanager
def _in_process_daemon(
    settings: Settings, events: UtteranceEvents, caller: str
) -> Iterator[DaemonClient]:
    """A daemon for this process alone. Raises Unavailable if there is no sound device."""
    device = "sound" if settings.device == "default" else settings.device
    own = InProcessDaemon(lambda: Player(device))
    try:
        yield DaemonClient(own.end, caller, events.note)
    except Unavailable as error:
        hint = "Write the speech to a file instead: onset say ... --output speech.wav"
        raise Unavailable(f"{error} {hint}", error.retry_after) from error
    finally:
        own.close()


def say_from_server(
    daemon: DaemonClient, server: ServerSpeaker, request: Request, voice: str | None, policy: Policy
) -> DaemonStream:
    """Let the daemon fetch the speech of a server. voice: None means the caller's own."""
    return daemon.say(
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


def wait_until_heard(stream: DaemonStream, events: UtteranceEvents) -> None:
    """Wait until all was heard. Raises what went wrong."""
    outcome = stream.wait()
    failed = events.failed
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
    started = events.started
    if started is not None and not started["audible"]:
        tell("There is no sound device: nobody heard it.")
