"""`onset say` without a file: speaks through the playback daemon, or one of its own."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from time import monotonic, sleep
from typing import Any

from rich.text import Text

from onset.cli.progress import tell
from onset.cli.speaking.speakers import server_error
from onset.config import Settings
from onset.errors import AssetError, Halted, Unavailable
from onset.playback.daemon import InProcessDaemon
from onset.playback.daemon_client import DaemonClient, DaemonStream, OnEvent, connect
from onset.playback.player.player import Player

START_SECONDS = 10.0
"""Longest wait for a daemon that was started."""

IDLE_SECONDS = 1800.0
"""Seconds without callers after which a daemon that was started in the background ends."""

BAR_WIDTH = 60
"""Characters of the whole bar of `--timing`."""

BAR_COLORS = ("cyan", "magenta", "yellow", "green", "blue", "red")

OUTER_STAGES = ("headers", "total")
"""Durations that contain others."""


def start_daemon(settings: Settings) -> None:
    """Have a daemon run that stays when we end. Raises Unavailable if it does not start in time."""
    if _answers(settings):
        return
    subprocess.Popen(
        [sys.executable, "-P", "-m", "onset", "play", "--idle-exit", str(IDLE_SECONDS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env=os.environ | {"ONSET_SOCKET": str(settings.socket), "ONSET_DEVICE": settings.device},
    )
    deadline = monotonic() + START_SECONDS
    while not _answers(settings):
        if monotonic() > deadline:
            raise Unavailable("The playback daemon did not start. Try: onset play", 1.0)
        sleep(0.02)


def _answers(settings: Settings) -> bool:
    with suppress(Unavailable):
        connect(settings.socket).close()
        return True
    return False


def connected_daemon(
    settings: Settings, caller: str, on_event: OnEvent
) -> AbstractContextManager[DaemonClient]:
    """A connection to the daemon that runs or, by the settings, is started; else to one in here."""
    if settings.daemon:
        start_daemon(settings)
    try:
        return connect(settings.socket, caller, on_event)
    except AssetError as error:
        tell(f"Speaking without the playback daemon. {error}")
    except Unavailable:
        pass
    return _in_process_daemon(settings, caller, on_event)


@contextmanager
def _in_process_daemon(
    settings: Settings, caller: str, on_event: OnEvent
) -> Iterator[DaemonClient]:
    """A daemon for this process alone. Raises Unavailable if there is no sound device."""
    device = "sound" if settings.device == "default" else settings.device
    own = InProcessDaemon(lambda: Player(device))
    try:
        yield DaemonClient(own.end, caller, on_event)
    except Unavailable as error:
        hint = "Write the speech to a file instead: onset say ... --output speech.wav"
        raise Unavailable(f"{error} {hint}", error.retry_after) from error
    finally:
        own.close()


def wait_until_heard(stream: DaemonStream, events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Wait until all was heard; the "started" event, or nothing. Raises what went wrong."""
    outcome = stream.wait()
    last = {event["event"]: event for event in events}
    if "failed" in last:
        raise server_error(last["failed"]["message"], last["failed"].get("status"))
    if outcome["event"] == "stopped":
        raise Halted(f"The speech was {outcome['reason']}.")
    tell_stalls(outcome["stalls"], outcome["stalled_s"])
    started = last.get("started", {})
    if not started.get("audible", True):
        tell("There is no sound device: nobody heard it.")
    return started


def tell_stalls(count: int, seconds: float) -> None:
    """Tell of gaps, if there were any."""
    if count:
        tell(
            f"Gaps: {count}, {seconds:.2f} s. The speech was made more slowly than it is spoken. "
            "onset doctor tells how fast this machine is."
        )


def stages(started: dict[str, Any], begun_ns: int) -> list[tuple[str, float]]:
    """For `--timing`: (stage, milliseconds) from `begun_ns` to the first sound, from "started".

    call: until the daemon was asked. Then the server's own stages. wire: between them and the
    first samples. silence: the leading silence of the speech, or the wait for its first audible
    sample. buffer: until the device took it. device: until it was heard.
    """
    server = [
        (n, ms)
        for n, ms in started["stages_ms"].items()
        if n not in OUTER_STAGES and ms is not None
    ]
    first = started["first_ms"]
    onset = max(first + (started.get("lead_ms") or 0.0), started.get("onset_ms") or first)
    taken, heard = started["taken_ms"], started["heard_ms"]
    all_stages = [
        ("call", (started["asked_ns"] - begun_ns) / 1e6),
        *server,
        ("wire" if server else "speech", first - sum(ms for _, ms in server)),
        ("silence", min(onset, taken) - first),
        ("buffer", max(0.0, taken - onset)),
        ("device", heard - taken),
    ]
    return [(name, ms) for name, ms in all_stages if ms >= 0.05]


def bar(parts: list[tuple[str, float]]) -> Text:
    """A bar in the proportions of the parts, and under it what they are."""
    total = sum(ms for _, ms in parts)
    drawn, legend = Text(), Text()
    for number, (name, ms) in enumerate(parts):
        color = BAR_COLORS[number % len(BAR_COLORS)]
        drawn.append("█" * max(1, round(BAR_WIDTH * ms / total)), color)
        legend.append(f"{name} {ms:.0f}  ", color)
    return Text.assemble(drawn, f" heard after {total:.0f} ms\n", legend)
