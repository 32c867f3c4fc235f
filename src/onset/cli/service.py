"""`onset service`: the playback daemon at every login. Knows nothing of service managers."""

import sys
from pathlib import Path

import typer

from onset.cli.progress import tell
from onset.playback import login_service as services

app = typer.Typer(no_args_is_help=True, help="Run the playback daemon at every login.")


@app.command()
def install() -> None:
    """Start the daemon now and at every login."""
    wanted = services.service(sys.platform, Path.home())
    services.install(wanted, services.run_command)
    tell(f"{wanted.path}: installed and running.")


@app.command()
def uninstall() -> None:
    """Stop the daemon, and start it no more."""
    wanted = services.service(sys.platform, Path.home())
    was = services.uninstall(wanted, services.run_command)
    tell(f"{wanted.path}: {'removed' if was else 'was not installed'}.")


@app.command()
def status() -> None:
    """Tell whether the service is installed and running."""
    wanted = services.service(sys.platform, Path.home())
    typer.echo(services.status(wanted, services.run_command))
