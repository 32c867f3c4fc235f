"""`onset service`: has the playback daemon run at every login."""

import sys
from pathlib import Path

import typer

from onset.cli.progress import tell
from onset.playback import login_service

app = typer.Typer(no_args_is_help=True, help="Run the playback daemon at every login.")


@app.command()
def install() -> None:
    """Start the daemon now and at every login."""
    service = login_service.service(sys.platform, Path.home())
    login_service.install(service, login_service.run_command)
    tell(f"{service.path}: installed and running.")


@app.command()
def uninstall() -> None:
    """Stop the daemon, and start it no more."""
    service = login_service.service(sys.platform, Path.home())
    was_installed = login_service.uninstall(service, login_service.run_command)
    tell(f"{service.path}: {'removed' if was_installed else 'was not installed'}.")


@app.command()
def status() -> None:
    """Tell whether the service is installed and running."""
    service = login_service.service(sys.platform, Path.home())
    typer.echo(login_service.status(service, login_service.run_command))
