"""`onset turn`: what a coding agent runs at the end of its turn, to have it read aloud."""

import sys
from typing import Annotated

import typer

from onset.cli.integration.speech_tools import SpeechTools
from onset.cli.integration.turn_text import last_message
from onset.config import load_settings
from onset.errors import OnsetError
from onset.protocol.playback_frames import Policy


def turn(
    event: Annotated[
        str | None, typer.Argument(help="JSON of the agent; on standard input if not given.")
    ] = None,
    most: Annotated[
        int, typer.Option(min=20, help="Characters, cut behind the last whole sentence.")
    ] = 600,
    voice: Annotated[str | None, typer.Option(help="A voice or a mix.")] = None,
    speed: Annotated[float, typer.Option(min=0.5, max=2.0, help="1 is the voice's pace.")] = 1.0,
    when: Annotated[Policy, typer.Option(help="If something is playing.")] = "queue",
    caller: Annotated[str, typer.Option(help="Whose voice, as the daemon keeps it.")] = "agent",
) -> None:
    """Read aloud what a coding agent said last.

    For agents that run a command at the end of a turn. Code is announced, not spelled out. It
    returns at once and never fails, so that no agent is held up: what went wrong is told on
    standard error.
    """
    try:
        message = last_message(sys.stdin.read() if event is None else event)
        SpeechTools(load_settings(), caller).speak(message, when, voice, speed, most=most)
    except OnsetError as error:
        typer.echo(f"onset: {error}", err=True)
