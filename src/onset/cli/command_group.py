"""The command line by Typer: all commands, each of whose modules is imported when it runs."""

import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from onset import __version__

if TYPE_CHECKING:  # Typer brings its own copy of Click, and exports these two types nowhere else
    from typer._click import Command, Context

COMMANDS: dict[str, list[str]] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "commands.toml").read_text("utf-8")
)
"""The module of each command, where it is a function of its name or an `app`; and its help."""


def load(name: str) -> "Command":
    """The command `name`, which must be in COMMANDS; imports its module."""
    path, summary = COMMANDS[name]
    module, holder = import_module(path), typer.Typer(add_completion=False)
    if function := getattr(module, name, None):
        holder.command(name, help=function.__doc__ or summary)(function)
    else:
        holder.add_typer(module.app, name=name)
    return typer.main.get_group(holder).commands[name]


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


def run() -> None:
    """Read the command line and do what it says; exits."""
    typer.main.get_command(app).main(prog_name="onset")
