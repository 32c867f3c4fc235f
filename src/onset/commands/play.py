"""`onset play`: the playback daemon. Knows nothing of what it plays."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import Annotated

import typer

from onset.commands.terminal import tell
from onset.config import Settings, load_settings
from onset.errors import AssetError, InvalidRequest, Unavailable
from onset.playback.daemon import Daemon, alone
from onset.playback.deck import Deck
from onset.playback.frames import Say
from onset.playback.measure import measure
from onset.playback.remote import connect

DEVICES = ("default", "sound", "null")

PROSE = " ".join(
    f"{count} ships left the harbour before the morning, and nobody asked where they went. "
    "The old clerk wrote their names into his book, closed it, and walked home along the quay."
    for count in ("Three", "Seven", "Twelve", "Twenty", "Forty", "A hundred")
)
"""What a server is asked to say while its playing is measured."""

START_SECONDS = 10.0
"""Longest wait for a daemon that was started."""

DETACHED_IDLE = 1800.0
"""Seconds after which a daemon goes that was started by the way."""


def play(
    device: Annotated[
        str | None,
        typer.Option(help="default: the machine's, or none; sound: the machine's; null: none."),
    ] = None,
    websocket: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Also listen on this port of 127.0.0.1."),
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="ONSET_PLAY_TOKEN", help="What WebSocket callers show.")
    ] = None,
    idle_exit: Annotated[
        float | None, typer.Option(min=0, help="Leave after so many seconds without callers.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Go on in the background; leave when not needed.")
    ] = False,
    measured: Annotated[
        float | None,
        typer.Option("--measure", min=2, help="Play so many seconds and tell what it costs."),
    ] = None,
    server: Annotated[
        str | None, typer.Option(help="URL of the server whose speech is measured.")
    ] = None,
) -> None:
    """Run the playback daemon.

    It owns the sound device and speaks for whoever asks. onset say uses it while it runs; onset
    stop, pause, resume, skip, back and replay control it.
    """
    settings = load_settings(device=device)
    if settings.device not in DEVICES:
        choices = ", ".join(DEVICES)
        raise InvalidRequest(f"Unknown device {settings.device!r}. Choices: {choices}.", "device")
    if detach:
        start(settings)
        return
    if measured is not None:
        _measure(settings, measured, server)
        return
    with alone(settings.socket), suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_run(settings, websocket, token, idle_exit))


def _measure(settings: Settings, seconds: float, server: str | None) -> None:
    """With the speech of a server, else with a sound made here."""
    say = None if server is None else Say(text=PROSE, url=server, policy="queue")
    cost = measure(seconds, settings.device, say)
    rss = cost.rss or (0,)
    typer.echo(
        json.dumps(
            {
                "schema": 1,
                "measure": "playback",
                "source": server or "sound at twice the pace",
                "device": cost.device,
                "seconds": round(cost.seconds, 1),
                "cpu_percent": None if cost.cpu is None else round(100 * cost.cpu, 2),
                "rss_first_mb": round(rss[0] / 1e6, 2),
                "rss_last_mb": round(rss[-1] / 1e6, 2),
                "heard_after_first_samples_ms": _milliseconds(cost.after),
                "prebuffer_chosen_ms": _milliseconds(cost.prebuffer),
                "counters": cost.counters,
            }
        )
    )


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 1)


def start(settings: Settings) -> None:
    """Have a daemon run in the background. Raises Unavailable if it does not come."""
    with suppress(Unavailable):
        connect(settings.socket).close()
        return
    subprocess.Popen(
        [sys.executable, "-m", "onset", "play", "--idle-exit", str(DETACHED_IDLE)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env=os.environ | {"ONSET_SOCKET": str(settings.socket), "ONSET_DEVICE": settings.device},
    )
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        with suppress(Unavailable):
            connect(settings.socket).close()
            return
        sleep(0.02)
    raise Unavailable("The playback daemon did not start. Try: onset play", 1.0)


async def _run(
    settings: Settings, websocket: int | None, token: str | None, idle_exit: float | None
) -> None:
    daemon = Daemon(Deck(settings.device))
    running = asyncio.create_task(daemon.run(idle_exit=idle_exit))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        async with await daemon.listen(settings.socket):
            tell(f"Playing for whoever calls at {settings.socket}.")
            if websocket is not None:
                shown = token or secrets.token_urlsafe(24)
                port = await daemon.listen_websocket(websocket, shown)
                made = "" if token else f", token {shown}"
                tell(f"Also at ws://127.0.0.1:{port}{made}.")
            await running
    except OSError as error:
        raise AssetError(f"Cannot listen: {error.strerror or error}.") from error
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
