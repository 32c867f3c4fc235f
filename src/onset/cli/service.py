"""`onset service`: has the playback daemon, or the speech server, run at every login."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from onset.cli.progress import tell
from onset.playback import login_service
from onset.playback.login_service import LoginService, Program
from onset.screen_reader import speechd_setup

app = typer.Typer(no_args_is_help=True, help="Run the daemon or the server at every login.")

What: TypeAlias = Literal["daemon", "server"]

PROGRAMS: Mapping[What, Program] = {"daemon": "play", "server": "serve"}

Wanted: TypeAlias = Annotated[
    What, typer.Argument(help="The playback daemon, or the speech server.")
]


def _service(what: What) -> LoginService:
    return login_service.service(sys.platform, Path.home(), name=PROGRAMS[what])


SPEECHD = Annotated[
    bool, typer.Option("--speechd", help="Instead: our module of speech-dispatcher.")
]


@app.command()
def install(what: Wanted = "daemon", speechd: SPEECHD = False) -> None:
    """Start it now and at every login.

    With --speechd, screen readers can speak with Onset: choose the synthesizer "onset" in Orca, or
    try spd-say -o onset. A speech-dispatcher that runs already must be ended once.
    """
    if speechd:
        for path in speechd_setup.install_module(Path.home(), os.environ, sys.executable):
            tell(f"{path}: written.")
        return
    service = _service(what)
    login_service.install(service, login_service.run_command)
    tell(f"{service.path}: installed and running.")


@app.command()
def uninstall(what: Wanted = "daemon", speechd: SPEECHD = False) -> None:
    """Stop it, and start it no more."""
    if speechd:
        was_there = speechd_setup.uninstall_module(Path.home(), os.environ)
        tell(f"The module of speech-dispatcher {'is removed' if was_there else 'was not there'}.")
        return
    service = _service(what)
    was_installed = login_service.uninstall(service, login_service.run_command)
    tell(f"{service.path}: {'removed' if was_installed else 'was not installed'}.")


@app.command()
def status(what: Wanted = "daemon") -> None:
    """Tell whether it is installed and running."""
    typer.echo(login_service.status(_service(what), login_service.run_command))
