"""`onset top`: what the page at `/` shows, in a terminal, and notices of alerts on the desktop."""

import sys
from time import sleep
from typing import Annotated

import httpx
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.live import Live

from onset.cli.local_server import server_key, server_url
from onset.cli.observation.desktop_notices import DesktopNotices
from onset.cli.observation.terminal_page import terminal_page, unreachable
from onset.config import load_settings
from onset.errors import ServerError
from onset.protocol.performance_api import TTFA_PATH, PerformanceSnapshot

TIMEOUT = 5.0
"""Seconds to wait for an answer of a server that computes on all cores."""


def top(
    url: Annotated[str | None, typer.Option(help="Where the server is; else as set.")] = None,
    every: Annotated[float, typer.Option(min=0.5, max=60, help="Seconds between two looks.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Show it once, and end.")] = False,
    notices: Annotated[bool, typer.Option(help="Whether alerts are told on the desktop.")] = True,
) -> None:
    """Watch a server in this terminal.

    It shows what the server's page shows, once a second, until Ctrl-C. Alerts that begin or end
    meanwhile are told on the desktop (notify-send, osascript). The key is that of ONSET_API_KEY.
    """
    settings = load_settings()
    address, key = url or server_url(settings), server_key(settings)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    console = Console()
    if once or not console.is_terminal:
        console.print(terminal_page(snapshot(address, headers), console.width, None))
        return
    desktop = DesktopNotices() if notices else None
    _watch(console, address, headers, every, desktop)


def snapshot(url: str, headers: dict[str, str]) -> PerformanceSnapshot:
    """What the server knows now. Raises ServerError if it is not there, or not one of ours."""
    try:
        answer = httpx.get(url.rstrip("/") + TTFA_PATH, headers=headers, timeout=TIMEOUT)
        answer.raise_for_status()
        return PerformanceSnapshot.model_validate_json(answer.content)
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        hint = ": it asks for a key (ONSET_API_KEY)" if status == 401 else ""
        raise ServerError(f"{url} answers {status}{hint}.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ServerError(f"{url} does not answer: {error or type(error).__name__}.") from error
    except ValidationError as error:
        raise ServerError(f"{url} is no server of this version of Onset.") from error


def _watch(
    console: Console,
    url: str,
    headers: dict[str, str],
    every: float,
    desktop: DesktopNotices | None,
) -> None:
    shown: PerformanceSnapshot | None = None
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            try:
                shown = snapshot(url, headers)
                if desktop is not None:
                    desktop.look(shown.alerts)
                page = terminal_page(shown, console.width, console.height)
            except ServerError as error:
                page = unreachable(str(error), shown, console.width, console.height)
            live.update(page, refresh=True)
            try:
                sleep(every)
            except KeyboardInterrupt:
                sys.exit(0)
