"""`onset play`: runs the playback daemon, here or in the background, or measures it."""

import asyncio
import re
import resource
import secrets
import signal
from contextlib import suppress
from typing import Annotated

import typer
import uvloop

from onset.cli.playback_cost import MeasureOptions, measure_playback
from onset.cli.progress import tell
from onset.cli.speaking.daemon_process import start_daemon
from onset.config import Settings, load_settings
from onset.errors import AssetError, InvalidRequest
from onset.playback.daemon import Daemon, alone
from onset.playback.player.player import Player

DEVICES = re.compile(r"default|sound|null(:[1-9][0-9]?)?")


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
        str | None, typer.Option(help="What its callers show; made up if not given.")
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
    load: Annotated[
        float,
        typer.Option(min=0, max=100, help="Percent of each core that others take while measured."),
    ] = 0.0,
    pace: Annotated[
        int,
        typer.Option(min=1, max=99, help="Measure on a null device whose clock goes so fast."),
    ] = 1,
) -> None:
    """Run the playback daemon.

    It owns the sound device and speaks for whoever asks. onset say uses it while it runs; onset
    stop, pause, resume, skip, back and replay control it.
    """
    settings = load_settings(device=device, play_token=token)
    if not DEVICES.fullmatch(settings.device):
        raise InvalidRequest(
            f"Unknown device {settings.device!r}. Choices: default, sound, null, null:2 to null:99 "
            "(so many times as fast).",
            "device",
        )
    if detach:
        start_daemon(settings)
    elif measured is not None:
        measure_playback(settings, MeasureOptions(measured, server, pace, load / 100))
    else:
        _run(settings, websocket, idle_exit)


def _run(settings: Settings, websocket: int | None, idle_exit: float | None) -> None:
    """Run the daemon until it is stopped. Raises OnsetError, also if another one runs."""
    with alone(settings.socket), suppress(KeyboardInterrupt, asyncio.CancelledError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not write what was said
        uvloop.run(_serve(settings, websocket, idle_exit))  # less of a core than asyncio's


async def _serve(settings: Settings, websocket: int | None, idle_exit: float | None) -> None:
    daemon = Daemon(Player(settings.device))
    running = asyncio.create_task(daemon.run(idle_exit=idle_exit))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        async with await daemon.listen(settings.socket):
            tell(f"Playing for whoever calls at {settings.socket}.")
            if websocket is not None:
                chosen = settings.play_token
                token = chosen.get_secret_value() if chosen else secrets.token_urlsafe(24)
                port = await daemon.listen_websocket(websocket, token)
                tell(f"Also at ws://127.0.0.1:{port}{'' if chosen else f', token {token}'}.")
            await running
    except OSError as error:
        raise AssetError(f"Cannot listen: {error.strerror or error}.") from error
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
