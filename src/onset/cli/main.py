"""The command `onset`: which commands there are, and how errors are shown to a person.

A command's module is imported only when that command runs, so `onset --help` needs no model.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from onset import __version__
from onset.errors import InvalidRequest, OnsetError

if TYPE_CHECKING:  # Typer brings its own copy of Click, and exports these two types nowhere else
    from typer._click import Command, Context

FAILURE, USAGE = 1, 2
"""Exit codes: something went wrong; the command was asked for what cannot be."""

COMMANDS = {
    "serve": ("onset.cli.serve", "Start the speech server."),
    "say": ("onset.cli.say", "Speak a text, or write it to a WAV file."),
    "play": ("onset.cli.play", "Run the playback daemon."),
    "stop": ("onset.cli.control", "Fall silent, and forget what waits."),
    "pause": ("onset.cli.control", "Fall silent, and keep the place."),
    "resume": ("onset.cli.control", "Go on where it was paused."),
    "skip": ("onset.cli.control", "Go on with what waits."),
    "back": ("onset.cli.control", "Go back a sentence."),
    "replay": ("onset.cli.control", "Hear it again from the beginning."),
    "tempo": ("onset.cli.control", "Hear everything faster or slower."),
    "volume": ("onset.cli.control", "Hear everything louder or softer."),
    "voice": ("onset.cli.control", "Keep a voice for a caller."),
    "status": ("onset.cli.control", "Tell what is playing and what waits."),
    "service": ("onset.cli.service", "Run the playback daemon at every login."),
    "voices": ("onset.cli.voices", "List the voices."),
    "bench": ("onset.bench.commands.root", "Measure what a listener hears."),
    "calibrate": ("onset.cli.calibrate", "Fit the statistics of voices and write them."),
    "quality": (
        "onset.cli.quality",
        "Judge streaming against exact decoding, on texts never used for fitting.",
    ),
    "doctor": ("onset.cli.doctor", "Tell what is installed, fast and broken."),
}
"""The module of each command, and its line in `onset --help`.

In the module the command is a function of its name, or a Typer app called `app`. The modules are
text because they are imported late; a test loads each of them.
"""


def load(name: str) -> "Command":
    """The command `name`, which must be in COMMANDS; imports its module."""
    module = import_module(COMMANDS[name][0])
    holder = typer.Typer(add_completion=False)
    if hasattr(module, name):
        holder.command(name)(getattr(module, name))
    else:
        holder.add_typer(module.app, name=name)
    command = typer.main.get_command(holder)
    return command.commands[name] if isinstance(command, TyperGroup) else command


class CommandGroup(TyperGroup):
    """A group that lists its commands by their summaries, and loads the one that is to run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (_, summary) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=summary))

    def resolve_command(
        self, ctx: "Context", args: list[str]
    ) -> "tuple[str | None, Command | None, list[str]]":
        """As TyperGroup's, with the command itself in place of its summary."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else load(name), rest


app = typer.Typer(cls=CommandGroup, no_args_is_help=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"onset {__version__}")
        raise typer.Exit


@app.callback()
def onset(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Text to speech that starts speaking before the sentence is synthesised.

    Every setting is also an environment variable ONSET_*.
    """


def main() -> None:
    """Run the command line and exit: 0, 1 (failed), 2 (refused), or 130 (Ctrl-C)."""
    try:
        typer.main.get_command(app).main(prog_name="onset")
    except OnsetError as error:
        typer.echo(f"onset: {' '.join(str(error).split())}", err=True)
        sys.exit(USAGE if isinstance(error, InvalidRequest) else FAILURE)
