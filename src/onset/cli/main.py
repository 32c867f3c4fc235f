"""The command `onset`: which commands there are, and how errors are told to a person.

A command's module is imported only when that command runs, so `onset --help` needs no model.
Knows nothing of what the commands do.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from onset import __version__
from onset.errors import InvalidRequest, OnsetError

if TYPE_CHECKING:  # Typer names these types nowhere in public
    from typer._click import Command, Context

FAILURE, USAGE = 1, 2
"""Exit codes: something went wrong; the command was asked for what cannot be."""


class CommandEntry(NamedTuple):
    """Where a command is: a function or a Typer app. summary: its line in `onset --help`."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "serve": CommandEntry("onset.cli.serve", "serve", "Start the speech server."),
    "say": CommandEntry("onset.cli.say", "say", "Speak a text, or write it to a WAV file."),
    "play": CommandEntry("onset.cli.play", "play", "Run the playback daemon."),
    "stop": CommandEntry("onset.cli.control", "stop", "Fall silent, and forget what waits."),
    "pause": CommandEntry("onset.cli.control", "pause", "Fall silent, and keep the place."),
    "resume": CommandEntry("onset.cli.control", "resume", "Go on where it was paused."),
    "skip": CommandEntry("onset.cli.control", "skip", "Go on with what waits."),
    "back": CommandEntry("onset.cli.control", "back", "Go back a sentence."),
    "replay": CommandEntry("onset.cli.control", "replay", "Hear it again from the beginning."),
    "tempo": CommandEntry("onset.cli.control", "tempo", "Hear everything faster or slower."),
    "volume": CommandEntry("onset.cli.control", "volume", "Hear everything louder or softer."),
    "voice": CommandEntry("onset.cli.control", "voice", "Keep a voice for a caller."),
    "status": CommandEntry("onset.cli.control", "status", "Tell what is playing and what waits."),
    "service": CommandEntry("onset.cli.service", "app", "Run the playback daemon at every login."),
    "voices": CommandEntry("onset.cli.voices", "voices", "List the voices."),
    "bench": CommandEntry("onset.bench.commands.root", "app", "Measure what a listener hears."),
    "calibrate": CommandEntry(
        "onset.cli.calibrate", "calibrate", "Fit the statistics of voices and write them."
    ),
    "quality": CommandEntry(
        "onset.cli.quality",
        "quality",
        "Judge streaming against exact decoding, on texts never used for fitting.",
    ),
    "doctor": CommandEntry(
        "onset.cli.doctor", "doctor", "Tell what is installed, fast and broken."
    ),
}


def load(name: str) -> "Command":
    """The command `name`, which must be in COMMANDS; imports its module."""
    module, attribute, _ = COMMANDS[name]
    target = getattr(import_module(module), attribute)
    holder = typer.Typer(add_completion=False)
    if isinstance(target, typer.Typer):
        holder.add_typer(target, name=name)
    else:
        holder.command(name)(target)
    command = typer.main.get_command(holder)
    return command.commands[name] if isinstance(command, TyperGroup) else command


class CommandGroup(TyperGroup):
    """A group that knows its commands by their summaries, and loads one when it is to run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, entry in COMMANDS.items():
            self.add_command(TyperCommand(name, help=entry.summary))

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
