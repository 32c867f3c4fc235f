"""`onset doctor`: shows what the checks found, for people or as JSON."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from onset.cli.checks import Check, run_checks
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
    results = []
    for result in run_checks(load_settings(), ASSET):
        results.append(result)
        if not as_json:
            console.print(result_line(result))
    ok = all(result.ok is not False for result in results)
    if as_json:
        typer.echo(json.dumps({"ok": ok, "checks": [asdict(result) for result in results]}))
    if not ok:
        raise typer.Exit(1)


def result_line(result: Check) -> Text:
    """A result for people: mark, name, detail, and under it what to do."""
    word, colour = MARKS[result.ok]
    line = Text.assemble((f"{word:7}", colour), f"{result.name:11}{result.detail}")
    if result.remedy is not None:
        line.append(f"\n{'':18}{result.remedy}", "bold")
    return line
