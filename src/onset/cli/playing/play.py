"""`onset play`: runs the playback daemon, here or in the background, or measures it."""

import asyncio
import json
import re
import resource
import secrets
import signal
from contextlib import suppress
from typing import Annotated, Any

import typer
import uvloop

from onset.cli.local_server import server_key
from onset.cli.progress import tell
from onset.cli.speaking.through_daemon import start_daemon
from onset.config import Settings, load_settings
from onset.errors import AssetError, InvalidRequest
from onset.playback.benchmark import PlaybackCost, measure
from onset.playback.daemon import Daemon, alone
from onset.playback.player.player import Player
from onset.protocol.playback_bodies import Say
from onset.stats.quantiles import median

DEVICES = re.compile(r"default|sound|null(:[1-9][0-9]?)?")

PROSE = " ".join(
    f"{count} ships left the harbour before the morning, and nobody asked where they went. "
    "The old clerk wrote their names into the book, closed it, and walked home along the quay."
    for count in ("Three", "Seven", "Twelve", "Twenty", "Forty", "A hundred")
)
"""What a server is asked to say while its playing is measured."""

SLOWEST_SOURCE = 0.9
"""Times real time. With a server that is slower, a run shows nothing of the daemon."""


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
        choices = "default, sound, null, null:2 to null:99 (so many times as fast)"
        message = f"Unknown device {settings.device!r}. Choices: {choices}."
        raise InvalidRequest(message, "device")
    if detach:
        start_daemon(settings)
    elif measured is not None:
        _measure(settings, measured, server, pace, load / 100)
    else:
        with alone(settings.socket), suppress(KeyboardInterrupt, asyncio.CancelledError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not write what was said
            uvloop.run(_serve(settings, websocket, idle_exit))  # less of a core than asyncio's


async def _serve(settings: Settings, websocket: int | None, idle_exit: float | None) -> None:
    daemon = Daemon(Player(settings.device))
    running = asyncio.create_task(daemon.run(idle_exit=idle_exit))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup
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


def _measure(
    settings: Settings, seconds: float, server: str | None, pace: int, load: float
) -> None:
    """Measure and print. Raises typer.Exit with code 1 if a promise was missed, and OnsetError."""
    say = None if server is None else Say(text=PROSE, url=server, key=server_key(settings))
    cost = measure(seconds, settings.device, say, pace=pace, load=load)
    verdicts = cost.verdicts()
    for promise, held in verdicts.items():
        typer.echo(f"{'held' if held else 'MISSED':7}{promise}")
    received, silent = cost.counters["received_s"], cost.counters["stalled_s"]
    if server is not None and received < SLOWEST_SOURCE * cost.seconds:
        tell(
            f"The server gave {received:.1f} s of audio in {cost.seconds:.0f} s, slower than "
            f"it is spoken: {silent:.1f} s were silent. That is the server's, or its machine's."
        )
    typer.echo(json.dumps(_figures(cost, server) | {"verdicts": verdicts}))
    if not all(verdicts.values()):
        raise typer.Exit(1)


def _figures(cost: PlaybackCost, server: str | None) -> dict[str, Any]:
    return {
        "schema": 1,
        "measure": "playback",
        "source": server or "sound at twice the pace",
        "device": cost.device,
        "pace": cost.pace,
        "seconds": round(cost.seconds, 1),
        "cpu_percent": _scaled(100, cost.cpu),
        "others_percent_of_each_core": _scaled(100, cost.load),
        "rss_first_mb": _scaled(1e-6, cost.rss[0][1] if cost.rss else None),
        "rss_last_mb": _scaled(1e-6, cost.rss[-1][1] if cost.rss else None),
        "rss_growth_mb_per_hour": _scaled(1e-6, cost.growth),
        "received_seconds": round(cost.counters["received_s"], 1),
        "stalled_seconds": round(cost.counters["stalled_s"], 2),
        "starts": len(cost.starts),
        "heard_later_ms": _scaled(1e3, median(cost.after)),
        "heard_later_worst_ms": _scaled(1e3, max(cost.after, default=None)),
        "heard_after_first_samples_ms": median(
            [start["heard_ms"] - start["first_ms"] for start in cost.starts]
        ),
        "prebuffer_chosen_ms": _scaled(1e3, median(cost.prebuffers)),
        "prebuffer_chosen_most_ms": _scaled(1e3, max(cost.prebuffers, default=None)),
        "counters": cost.counters,
    }


def _scaled(factor: float, value: float | None) -> float | None:
    return None if value is None else round(factor * value, 2)
