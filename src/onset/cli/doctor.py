"""`onset doctor`: what is installed, cached, fast and broken. Knows nothing of the checks."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from onset.cli.checks import Check, examine
from onset.config import load_settings
from onset.model.adain_predictor import ASSET

MARKS = {True: ("ok", "green"), False: ("broken", "red"), None: ("-", "yellow")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Tell what is installed, fast and broken.

    Speaks a sentence to know. Ends with exit code 1 if something needed is broken.
    """
    console = Console(soft_wrap=True)
    found = []
    for check in examine(load_settings(), ASSET):
        found.append(check)
        if not as_json:
            console.print(line(check))
    sound = all(check.ok is not False for check in found)
    if as_json:
        typer.echo(json.dumps({"ok": sound, "checks": [asdict(check) for check in found]}))
    if not sound:
        raise typer.Exit(1)


def line(check: Check) -> Text:
    """A check for people: mark, name, detail, and under it what to do."""
    word, colour = MARKS[check.ok]
    told = Text.assemble((f"{word:7}", colour), f"{check.name:11}{check.detail}")
    if check.remedy is not None:
        told.append(f"\n{'':18}{check.remedy}", "bold")
    return told
